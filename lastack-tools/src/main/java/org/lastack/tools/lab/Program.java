package org.lastack.tools.lab;

import static java.nio.charset.StandardCharsets.US_ASCII;

import org.jspecify.annotations.Nullable;
import org.lastack.bsd.BsdSockets;
import org.lastack.bsd.Linux;
import org.lastack.bsd.SockAddr;
import org.lastack.core.Errno;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.Msg;
import org.lastack.core.socket.OptionBytes;
import org.lastack.core.socket.Owner;
import org.lastack.core.socket.SocketOptions;
import org.lastack.host.Host;

/// A program on a host: it makes socket calls, and each call and its result become a line of the story.
final class Program {
    private static final int ROOM = 1 << 16;
    final BsdSockets calls;
    final String name;
    private final Stage stage;
    private boolean quiet;

    Program(Stage stage, Host host, String name, int uid, int pid) {
        this.stage = stage;
        this.name = name;
        calls = new BsdSockets(host, new Owner(uid, pid, name));
    }

    /// Calls are not written from now on, for the many that are alike.
    void quiet(boolean on) {
        quiet = on;
    }

    private int told(String call, int result) {
        if (!quiet) {
            stage.call(name + "  " + call + " = " + (result < 0 ? "-1 " + Errno.name(result) + " (" + Errno.text(-result) + ")" : String.valueOf(result)));
        }
        return result;
    }

    int tcp() {
        return calls.socket(InetSocket.AF_INET, Linux.SOCK_STREAM, 0);
    }

    int udp() {
        return calls.socket(InetSocket.AF_INET, Linux.SOCK_DGRAM, 0);
    }

    int bind(int fd, String address, int port) {
        return told("bind(" + fd + ", " + address + ":" + port + ")", calls.bind(fd, SockAddr.of(address, port)));
    }

    int listen(int fd, int backlog) {
        return told("listen(" + fd + ", " + backlog + ")", calls.listen(fd, backlog));
    }

    /// A socket that listens on 0.0.0.0:9000, with SO_REUSEADDR or without.
    int server(boolean reuseAddress) {
        int fd = tcp();
        if (reuseAddress) {
            option(fd, SocketOptions.SO_REUSEADDR, "SO_REUSEADDR", 1);
        }
        bind(fd, "0.0.0.0", Stage.PORT);
        listen(fd, 5);
        return fd;
    }

    int connect(int fd, String address, int port) {
        return told("connect(" + fd + ", " + address + ":" + port + ")", calls.connect(fd, SockAddr.of(address, port)));
    }

    int accept(int fd) {
        return told("accept(" + fd + ")", calls.accept(fd, null));
    }

    int write(int fd, String text) {
        return told("write(" + fd + ", \"" + text + "\")", calls.write(fd, text.getBytes(US_ASCII), 0, text.length()));
    }

    int write(int fd, int octets) {
        return told("write(" + fd + ", " + octets + " octets)", calls.write(fd, new byte[octets], 0, octets));
    }

    int sendTo(int fd, String address, int port, int octets) {
        return told("sendto(" + fd + ", " + octets + " octets, " + address + ":" + port + ")",
                calls.sendto(fd, new byte[octets], 0, octets, 0, SockAddr.of(address, port)));
    }

    /// What one read gives: text, `EOF` or an errno.
    String read(int fd) {
        return receive(fd, ROOM, 0);
    }

    String readNow(int fd) {
        return receive(fd, ROOM, Msg.DONTWAIT);
    }

    String receive(int fd, int room, int flags) {
        byte[] buffer = new byte[room];
        int octets = calls.recv(fd, buffer, 0, room, flags);
        String got = octets == 0 ? "EOF" : octets < 0 ? Errno.name(octets) : new String(buffer, 0, Math.min(octets, room), US_ASCII);
        if (!quiet) {
            String shown = octets > 0 ? octets + (octets <= 40 && buffer[0] != 0 ? " \"" + got + "\"" : "") : octets == 0 ? "0 (EOF)" : "-1 " + got;
            stage.call(name + "  recv(" + fd + (room == ROOM ? "" : ", room for " + room) + ") = " + shown);
        }
        return got;
    }

    int close(int fd) {
        return told("close(" + fd + ")", calls.close(fd));
    }

    int shutdown(int fd, int how, String word) {
        return told("shutdown(" + fd + ", " + word + ")", calls.shutdown(fd, how));
    }

    int dup(int fd) {
        return told("dup(" + fd + ")", calls.dup(fd));
    }

    int option(int fd, int option, String word, int value) {
        return told("setsockopt(" + fd + ", SOL_SOCKET, " + word + ", " + value + ")", calls.setsockopt(fd, SocketOptions.SOL_SOCKET, option, value));
    }

    int tcpOption(int fd, int option, String word, int value) {
        return told("setsockopt(" + fd + ", IPPROTO_TCP, " + word + ", " + value + ")", calls.setsockopt(fd, Linux.IPPROTO_TCP, option, value));
    }

    int linger(int fd, int seconds) {
        byte[] linger = new byte[8];
        OptionBytes.put32(linger, 0, 1);
        OptionBytes.put32(linger, 4, seconds);
        return told("setsockopt(" + fd + ", SOL_SOCKET, SO_LINGER, {on, " + seconds + " s})",
                calls.setsockopt(fd, SocketOptions.SOL_SOCKET, SocketOptions.SO_LINGER, linger, linger.length));
    }

    int nonBlocking(int fd) {
        return calls.fcntl(fd, Linux.F_SETFL, Linux.O_NONBLOCK);
    }

    int localPort(int fd) {
        @Nullable SockAddr[] found = new @Nullable SockAddr[1];
        calls.getsockname(fd, found);
        SockAddr name1 = found[0];
        return name1 == null ? 0 : name1.port();
    }

    /// Ends the program, as Ctrl-C does: all its descriptors are closed.
    void exit() {
        calls.close();
    }

    /// The same, told.
    void killed() {
        stage.call(name + "  ^C");
        exit();
    }

    static String errno(int result) {
        return result < 0 ? Errno.name(result) : "OK";
    }
}
