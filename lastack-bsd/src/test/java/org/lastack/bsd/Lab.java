package org.lastack.bsd;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.lastack.core.Errno;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.Msg;
import org.lastack.core.socket.OptionBytes;
import org.lastack.core.socket.Owner;
import org.lastack.core.socket.SocketOptions;
import org.lastack.core.tcp.SocketRow;
import org.lastack.host.Host;
import org.lastack.host.HostBuilder;
import org.lastack.host.VirtualDriver;
import org.lastack.link.MemoryLink;

/// A client host (10.0.0.1) and a server host (10.0.0.2 and 10.0.0.3) on one tapped cable, in virtual time, with a process each and short words for
/// what programs do.
final class Lab implements AutoCloseable {
    static final long SECOND = 1_000_000_000L;
    static final long MILLISECOND = 1_000_000L;
    static final String SERVER = "10.0.0.2";
    static final int PORT = 9000;

    final VirtualDriver time = new VirtualDriver();
    final Wiretap wire;
    final Host clientHost;
    final Host serverHost;
    final BsdSockets client;
    BsdSockets server;

    Lab() {
        this(builder -> { });
    }

    Lab(Consumer<HostBuilder> settings) {
        MemoryLink.Pair pair = MemoryLink.pair("c0", "s0");
        wire = new Wiretap(pair.left(), time::nowNs);
        HostBuilder one = Host.builder().name("client").driver(time).seed(11).rethrowFaults(true).link(wire, "10.0.0.1/24");
        HostBuilder two = Host.builder().name("server").driver(time).seed(22).rethrowFaults(true).link(pair.right(), "10.0.0.2/24", "10.0.0.3/24");
        settings.accept(one);
        settings.accept(two);
        clientHost = one.build();
        serverHost = two.build();
        client = new BsdSockets(clientHost, new Owner(0, 100, "telnet"));
        server = new BsdSockets(serverHost, new Owner(0, 200, "server"));
    }

    /// Ends the server's process, as Ctrl-C does, and starts another.
    void restartServer() {
        server.close();
        time.settle();
        server = new BsdSockets(serverHost, new Owner(0, 201, "server"));
    }

    static int tcp(BsdSockets process) {
        return process.socket(InetSocket.AF_INET, Linux.SOCK_STREAM, 0);
    }

    static void reuse(BsdSockets process, int fd) {
        assertThat(process.setsockopt(fd, SocketOptions.SOL_SOCKET, SocketOptions.SO_REUSEADDR, 1)).isZero();
    }

    static int bind(BsdSockets process, int fd, String address, int port) {
        return process.bind(fd, SockAddr.of(address, port));
    }

    /// A listener on the wildcard address; with SO_REUSEADDR or without.
    int listen(boolean reuseAddress) {
        int fd = tcp(server);
        if (reuseAddress) {
            reuse(server, fd);
        }
        assertThat(bind(server, fd, "0.0.0.0", PORT)).isZero();
        assertThat(server.listen(fd, 5)).isZero();
        return fd;
    }

    /// A new connection of the client to the server.
    int connect() {
        return connect(SERVER);
    }

    int connect(String address) {
        int fd = tcp(client);
        assertThat(name(client.connect(fd, SockAddr.of(address, PORT)))).isEqualTo("OK");
        return fd;
    }

    int accept(int listener) {
        int fd = server.accept(listener, null);
        assertThat(fd).as(name(fd)).isNotNegative();
        return fd;
    }

    static void write(BsdSockets process, int fd, String text) {
        assertThat(process.write(fd, text.getBytes(US_ASCII), 0, text.length())).isEqualTo(text.length());
    }

    /// What one blocking read gives: text, `EOF`, or an errno.
    static String read(BsdSockets process, int fd) {
        return receive(process, fd, 0);
    }

    static String receive(BsdSockets process, int fd, int flags) {
        byte[] room = new byte[70_000];
        int octets = process.recv(fd, room, 0, room.length, flags);
        return octets == 0 ? "EOF" : octets < 0 ? Errno.name(octets) : new String(room, 0, octets, US_ASCII);
    }

    static String readNow(BsdSockets process, int fd) {
        return receive(process, fd, Msg.DONTWAIT);
    }

    static String name(int result) {
        return result < 0 ? Errno.name(result) : "OK";
    }

    static void linger(BsdSockets process, int fd, int seconds) {
        byte[] linger = new byte[8];
        OptionBytes.put32(linger, 0, 1);
        OptionBytes.put32(linger, 4, seconds);
        assertThat(process.setsockopt(fd, SocketOptions.SOL_SOCKET, SocketOptions.SO_LINGER, linger, 8)).isZero();
    }

    static int error(BsdSockets process, int fd) {
        return process.getsockopt(fd, SocketOptions.SOL_SOCKET, SocketOptions.SO_ERROR);
    }

    /// States of the TCP table of a host, in netstat's order of making: `LISTEN`, `TIME_WAIT` ...
    static List<String> states(Host host) {
        return rows(host).stream().map(row -> row.state().name()).sorted().toList();
    }

    List<String> serverStates() {
        time.settle();
        return states(serverHost);
    }

    List<String> clientStates() {
        time.settle();
        return states(clientHost);
    }

    static List<SocketRow> rows(Host host) {
        List<SocketRow> rows = new ArrayList<>();
        host.run(() -> host.engine().tcp().rows(rows::add));
        return rows;
    }

    static int localPort(BsdSockets process, int fd) {
        @Nullable SockAddr[] name = new @Nullable SockAddr[1];
        assertThat(process.getsockname(fd, name)).isZero();
        SockAddr found = name[0];
        return found == null ? 0 : found.port();
    }

    @Override
    public void close() {
        client.close();
        server.close();
        clientHost.close();
        serverHost.close();
    }
}
