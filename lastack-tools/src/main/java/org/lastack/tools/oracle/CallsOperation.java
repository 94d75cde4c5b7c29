package org.lastack.tools.oracle;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lastack.bsd.BsdSockets;
import org.lastack.bsd.Linux;
import org.lastack.bsd.PollFd;
import org.lastack.bsd.SockAddr;
import org.lastack.core.Errno;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.Msg;
import org.lastack.core.socket.OptionBytes;
import org.lastack.core.socket.SocketOptions;
import org.lastack.wire.TcpHeader;

/// The calls of the oracle's column `op`, with their results in its words.
final class CallsOperation {
    private static final int QUIET = Msg.DONTWAIT | Msg.NOSIGNAL;
    private static final int TCP_NODELAY = 1;
    /// Shorter durations are not mentioned.
    private static final long WORTH_SAYING_NS = 50_000_000;
    private static final double NANOS_PER_SECOND = 1e9;

    private final CallsScene scene;
    private final BsdSockets process;
    private final int fd;
    private final List<String> results = new ArrayList<>();

    CallsOperation(CallsScene scene) {
        this.scene = scene;
        this.process = scene.process;
        this.fd = scene.fd;
    }

    /// Makes the calls of `operation` and returns their results. Operations can be strung together by `;`, also with what the peer does.
    ///
    /// @throws IllegalArgumentException if the operation has a name that is not known
    String run(String operation) {
        List<String> all = new ArrayList<>();
        for (String each : operation.split(";", -1)) {
            results.clear();
            runOne(each);
            all.addAll(results);
        }
        return String.join(" ", all);
    }

    private void runOne(String operation) {
        switch (operation) {
            case "poll" -> poll();
            case "recv16_x3" -> {
                receive(16, 0);
                receive(16, 0);
                receive(16, 0);
            }
            case "recv_peek" -> receive(16, Msg.PEEK);
            case "recv_len0" -> receive(0, 0);
            case "recv_oob" -> receive(1, Msg.OOB);
            case "send5_x2" -> {
                send(5, 0);
                send(5, 0);
            }
            case "send_len0" -> send(0, 0);
            case "send_oob1" -> send(1, Msg.OOB);
            case "write5_sigpipe" -> write();
            case "send_then_recv" -> {
                send(5, 0);
                receive(16, 0);
            }
            case "recv_then_send" -> {
                receive(16, 0);
                send(5, 0);
            }
            case "poll_after_recv" -> {
                receive(16, 0);
                results.clear();
                poll();
            }
            case "SO_ERROR_x2" -> {
                error();
                error();
            }
            case "SO_ERROR_then_recv" -> {
                error();
                receive(16, 0);
            }
            case "SO_ERROR_then_send" -> {
                error();
                send(1, 0);
            }
            case "poll_after_SO_ERROR" -> {
                error();
                results.clear();
                poll();
            }
            default -> runOther(operation);
        }
    }

    private void runOther(String operation) {
        switch (operation) {
            case "shutdown_RD" -> shutdown(InetSocket.SHUT_RD);
            case "shutdown_WR" -> shutdown(InetSocket.SHUT_WR);
            case "shutdown_RDWR" -> shutdown(InetSocket.SHUT_RDWR);
            case "shutdown_WR_x2" -> {
                shutdown(InetSocket.SHUT_WR);
                shutdown(InetSocket.SHUT_WR);
            }
            case "shutdown_RD_recv" -> {
                shutdown(InetSocket.SHUT_RD);
                receive(16, 0);
                receive(16, 0);
            }
            case "shutdown_WR_send" -> {
                shutdown(InetSocket.SHUT_WR);
                send(5, 0);
            }
            case "close" -> close(-1, false);
            case "close_linger0" -> close(0, false);
            case "close_linger1s" -> close(1, false);
            case "close_linger1s_nonblocking" -> close(1, true);
            case "connect_same" -> {
                say(process.connect(fd, scene.peerAddress()));
                say(process.connect(fd, scene.peerAddress()));
            }
            case "connect_other" -> say(process.connect(fd, SockAddr.of("10.77.0.3", 9001)));
            case "connect_AF_UNSPEC" -> say(process.connect(fd, SockAddr.UNSPEC));
            case "listen" -> say(process.listen(fd, 5));
            case "accept" -> say(process.accept(fd, null));
            case "bind" -> say(process.bind(fd, SockAddr.of("0.0.0.0", 0)));
            case "getsockname" -> localName();
            case "getpeername" -> peerName();
            case "SO_ACCEPTCONN" -> value(process.getsockopt(fd, SocketOptions.SOL_SOCKET, SocketOptions.SO_ACCEPTCONN));
            case "SO_REUSEADDR" -> say(process.setsockopt(fd, SocketOptions.SOL_SOCKET, SocketOptions.SO_REUSEADDR, 1));
            case "TCP_NODELAY" -> say(process.setsockopt(fd, 6, TCP_NODELAY, 1));
            case "FIONREAD" -> value(process.ioctl(fd, Linux.FIONREAD, 0));
            case "SIOCOUTQ" -> value(process.ioctl(fd, Linux.SIOCOUTQ, 0));
            default -> runPeer(operation);
        }
    }

    private void runPeer(String operation) {
        int acked = scene.peer.sent();
        switch (operation) {
            case "peer_FIN" -> scene.peer.segment(TcpHeader.FIN | TcpHeader.ACK, acked);
            case "peer_RST" -> scene.peer.segment(TcpHeader.RST, 0);
            case "peer_data" -> scene.peer.segment(TcpHeader.PSH | TcpHeader.ACK, acked, new byte[] {'h', 'e', 'l', 'l', 'o'});
            case "peer_ack" -> scene.peer.segment(TcpHeader.ACK, acked);
            default -> throw new IllegalArgumentException("unknown operation " + operation);
        }
        scene.step();
    }

    private void say(int result) {
        results.add(result < 0 ? Errno.name(result) : "OK");
    }

    private void value(int result) {
        results.add(result < 0 ? Errno.name(result) : Integer.toString(result));
    }

    private void receive(int octets, int flags) {
        int result = process.recv(fd, new byte[16], 0, octets, QUIET | flags);
        results.add(result == 0 ? "0(EOF)" : result < 0 ? Errno.name(result) : Integer.toString(result));
    }

    private void send(int octets, int flags) {
        value(process.send(fd, new byte[octets], 0, octets, QUIET | flags));
    }

    private void write() {
        process.ioctl(fd, Linux.FIONBIO, 1);
        int before = scene.sigpipes;
        value(process.write(fd, new byte[5], 0, 5));
        if (scene.sigpipes > before) {
            results.add("+SIGPIPE");
        }
    }

    private void error() {
        int pending = process.getsockopt(fd, SocketOptions.SOL_SOCKET, SocketOptions.SO_ERROR);
        results.add(pending == 0 ? "0" : Errno.name(pending));
    }

    private void poll() {
        PollFd one = new PollFd(fd, InetSocket.POLLIN | InetSocket.POLLPRI | InetSocket.POLLOUT | InetSocket.POLLRDHUP);
        process.poll(new PollFd[] {one}, 0);
        List<String> bits = new ArrayList<>();
        bit(bits, one.revents, InetSocket.POLLIN, "IN");
        bit(bits, one.revents, InetSocket.POLLPRI, "PRI");
        bit(bits, one.revents, InetSocket.POLLOUT, "OUT");
        bit(bits, one.revents, InetSocket.POLLRDHUP, "RDHUP");
        bit(bits, one.revents, InetSocket.POLLERR, "ERR");
        bit(bits, one.revents, InetSocket.POLLHUP, "HUP");
        results.add(bits.isEmpty() ? "0" : String.join("|", bits));
    }

    private static void bit(List<String> bits, int mask, int bit, String name) {
        if ((mask & bit) != 0) {
            bits.add(name);
        }
    }

    private void shutdown(int how) {
        say(process.shutdown(fd, how));
    }

    private void close(int lingerSeconds, boolean nonBlocking) {
        if (lingerSeconds >= 0) {
            byte[] linger = new byte[8];
            OptionBytes.put32(linger, 0, 1);
            OptionBytes.put32(linger, 4, lingerSeconds);
            process.setsockopt(fd, SocketOptions.SOL_SOCKET, SocketOptions.SO_LINGER, linger, linger.length);
        }
        process.ioctl(fd, Linux.FIONBIO, nonBlocking ? 1 : 0);
        long startNs = scene.time.nowNs();
        int result = process.close(fd);
        long tookNs = scene.time.nowNs() - startNs;
        say(result);
        if (tookNs > WORTH_SAYING_NS) {
            results.set(0, results.getFirst() + String.format(" after %.1fs", tookNs / NANOS_PER_SECOND));
        }
    }

    private void localName() {
        @Nullable SockAddr[] name = new @Nullable SockAddr[1];
        int result = process.getsockname(fd, name);
        SockAddr found = name[0];
        results.add(result < 0 || found == null ? Errno.name(result) : found.port() == 0 ? "unset" : "addr:port");
    }

    private void peerName() {
        @Nullable SockAddr[] name = new @Nullable SockAddr[1];
        int result = process.getpeername(fd, name);
        results.add(result < 0 ? Errno.name(result) : "addr");
    }
}
