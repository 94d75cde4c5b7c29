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
    private final Host host;
    private boolean quiet;

    Program(Stage stage, Host host, String name, int uid, int pid) {
        this.stage = stage;
        this.host = host;
        this.name = name;
        calls = new BsdSockets(host, new Owner(uid, pid, name));
        for (int terminal = 0; terminal < 3; terminal++) {
            // Descriptors 0 to 2 are a program's terminal.
            calls.socket(InetSocket.AF_INET, Linux.SOCK_STREAM, 0);
        }
    }

    /// Calls are not written from now on, for the many that are alike.
    void quiet(boolean on) {
        quiet = on;
    }

    private void tell(String text) {
        if (!quiet) {
            stage.call(host, name + "  " + text);
        }
    }

    private int told(String call, int result) {
        tell(call + " = " + (result < 0 ? stage.words.error(result) : String.valueOf(result)));
        return result;
    }

    private String octets(int count) {
        return count + stage.word(" octets", " 字节");
    }

    int tcp() {
        return told("socket(AF_INET, SOCK_STREAM)", calls.socket(InetSocket.AF_INET, Linux.SOCK_STREAM, 0));
    }

    int udp() {
        return told("socket(AF_INET, SOCK_DGRAM)", calls.socket(InetSocket.AF_INET, Linux.SOCK_DGRAM, 0));
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
        return told("write(" + fd + ", " + octets(octets) + ")", calls.write(fd, new byte[octets], 0, octets));
    }

    int sendTo(int fd, String address, int port, int octets) {
        return told("sendto(" + fd + ", " + octets(octets) + ", " + address + ":" + port + ")",
                calls.sendto(fd, new byte[octets], 0, octets, 0, SockAddr.of(address, port)));
    }

    int send(int fd, String text, int flags, String flagNames) {
        return told("send(" + fd + ", \"" + text + "\", " + flagNames + ")", calls.send(fd, text.getBytes(US_ASCII), 0, text.length(), flags));
    }

    /// What one read gives: text, `EOF` or an errno.
    String read(int fd) {
        return receive(fd, ROOM, 0, "");
    }

    String readNow(int fd) {
        return receive(fd, ROOM, Msg.DONTWAIT, "MSG_DONTWAIT");
    }

    /// @param flagNames as a program would write them
    String receive(int fd, int room, int flags, String flagNames) {
        byte[] buffer = new byte[room];
        int octets = calls.recv(fd, buffer, 0, room, flags);
        String got = octets == 0 ? "EOF" : octets < 0 ? Errno.name(octets) : new String(buffer, 0, Math.min(octets, room), US_ASCII);
        String shown = octets < 0 ? stage.words.error(octets) : octets == 0 ? "0 (EOF)" : octets + (octets <= 40 && buffer[0] != 0 ? " \"" + got + "\"" : "");
        tell("recv(" + fd + (room == ROOM ? "" : ", " + room) + (flagNames.isEmpty() ? "" : ", " + flagNames) + ") = " + shown);
        return got;
    }

    /// How many octets one read gives, or a negative errno.
    int receiveLength(int fd, int room, int flags, String flagNames) {
        return told("recv(" + fd + ", " + room + (flagNames.isEmpty() ? "" : ", " + flagNames) + ")", calls.recv(fd, new byte[room], 0, room, flags));
    }

    /// SO_ERROR by name; the call clears it.
    String pendingError(int fd) {
        int error = calls.getsockopt(fd, SocketOptions.SOL_SOCKET, SocketOptions.SO_ERROR);
        String text = error == 0 ? "0" : Errno.name(-error);
        tell("getsockopt(" + fd + ", SOL_SOCKET, SO_ERROR) = " + text);
        return text;
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

    /// Not told: it changes how the story is acted, not what it is about.
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
        stage.call(host, name + "  ^C");
        exit();
    }

    static String errno(int result) {
        return result < 0 ? Errno.name(result) : "OK";
    }
}
