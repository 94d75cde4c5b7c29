package org.lastack.tools.oracle;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lastack.bsd.BsdSockets;
import org.lastack.bsd.Linux;
import org.lastack.bsd.SockAddr;
import org.lastack.core.Sysctl;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.Msg;
import org.lastack.core.socket.Owner;
import org.lastack.core.socket.SocketOptions;
import org.lastack.core.tcp.SocketRow;
import org.lastack.core.tcp.TcpState;
import org.lastack.host.Host;
import org.lastack.host.HostTcpSocket;
import org.lastack.host.VirtualDriver;
import org.lastack.wire.TcpHeader;

/// One host in virtual time, one process, one scripted peer: brings a TCP socket into a state of the calls oracle.
final class CallsScene implements AutoCloseable {
    private static final long MILLISECOND = 1_000_000;
    /// How long the recorder waited after each step.
    private static final long STEP_NS = 20 * MILLISECOND;
    /// And before the call: a delayed ACK is out by then.
    private static final long SETTLE_NS = 60 * MILLISECOND;
    private static final int PEER_PORT = 9000;
    private static final byte[] FIVE = {'h', 'e', 'l', 'l', 'o'};
    private static final int ACK = TcpHeader.ACK;
    private static final int SYN = TcpHeader.SYN;
    private static final int FIN = TcpHeader.FIN;
    private static final int RST = TcpHeader.RST;
    private static final int TCP_KEEPIDLE = 4;
    private static final int TCP_KEEPINTVL = 5;
    private static final int TCP_KEEPCNT = 6;
    private static final int TCP_USER_TIMEOUT = 18;
    /// TCP_USER_TIMEOUT of the recorded set-ups in milliseconds.
    private static final int USER_TIMEOUT_MS = 300;

    final VirtualDriver time = new VirtualDriver();
    final ScriptedPeer peer = new ScriptedPeer();
    final Host host;
    final BsdSockets process;
    /// The socket whose calls are recorded.
    int fd = -1;
    int sigpipes;

    CallsScene(long seed) {
        host = Host.builder().name("oracle").driver(time).seed(seed).rethrowFaults(true).link(peer, ScriptedPeer.HOST + "/24").build();
        // The recording kernel had its defaults; ours protects TIME-WAIT where Linux does not.
        host.run(() -> host.engine().sysctls().set(Sysctl.TCP_RFC1337, 0));
        process = new BsdSockets(host, new Owner(0, 1, "oracle"));
        process.onSigpipe(() -> sigpipes++);
    }

    /// Lets a step take effect.
    void step() {
        time.runFor(STEP_NS);
    }

    SockAddr peerAddress() {
        return new SockAddr(InetSocket.AF_INET, ScriptedPeer.PEER, PEER_PORT);
    }

    /// Brings the socket into a state of the oracle.
    ///
    /// @throws IllegalArgumentException if the state has a name that is not known
    void reach(String state) {
        switch (state) {
            case "NEW" -> open();
            case "BOUND" -> {
                open();
                process.bind(fd, SockAddr.of(ScriptedPeer.HOST.toString(), 0));
            }
            case "LISTEN" -> listen();
            case "LISTEN_PENDING" -> pending();
            case "LISTEN_SHUT_RD" -> {
                listen();
                process.shutdown(fd, InetSocket.SHUT_RD);
            }
            case "SYN_SENT" -> synSent();
            case "SYN_RECV_SIMOPEN" -> {
                synSent();
                peer.segment(SYN, 0);
            }
            case "REFUSED" -> {
                synSent();
                peer.segment(RST | ACK, 1);
            }
            case "TIMEOUT_CONNECT" -> {
                open();
                process.setsockopt(fd, 6, TCP_USER_TIMEOUT, USER_TIMEOUT_MS);
                connect();
                untilClosed();
            }
            default -> reachFromEstablished(state);
        }
        time.runFor(SETTLE_NS);
    }

    private void reachFromEstablished(String state) {
        if (state.startsWith("RST_")) {
            reach(state.substring(4));
            peer.segment(RST, 0);
        } else if (state.startsWith("ICMP_")) {
            icmp(state.substring(5));
        } else if (state.startsWith("SHUT_")) {
            shut(state);
        } else if (state.startsWith("TIMEOUT_")) {
            timeout(state);
        } else if (state.startsWith("ESTABLISHED")) {
            established(state);
        } else {
            closing(state);
        }
    }

    private void established(String state) {
        switch (state) {
            case "ESTABLISHED" -> establish();
            case "ESTABLISHED_UNCONFIRMED" -> handshake();
            case "ESTABLISHED_CHILD" -> {
                pending();
                step();
                int listener = fd;
                fd = process.accept(listener, null);
                process.close(listener);
            }
            case "ESTABLISHED_RX" -> {
                establish();
                data(1);
            }
            case "ESTABLISHED_TX" -> {
                establish();
                send(FIVE);
            }
            case "ESTABLISHED_WIN0" -> {
                peer.window = 0;
                establish();
                send(FIVE);
            }
            case "ESTABLISHED_SNDBUF_FULL" -> {
                peer.window = 0;
                establish();
                byte[] much = new byte[1 << 16];
                while (process.send(fd, much, 0, much.length, Msg.DONTWAIT | Msg.NOSIGNAL) > 0) {
                    step();
                }
            }
            default -> throw unknown(state);
        }
    }

    private void shut(String state) {
        establish();
        switch (state) {
            case "SHUT_RD" -> process.shutdown(fd, InetSocket.SHUT_RD);
            case "SHUT_RD_RX" -> {
                data(1);
                step();
                process.shutdown(fd, InetSocket.SHUT_RD);
            }
            case "SHUT_RD_THEN_DATA" -> {
                process.shutdown(fd, InetSocket.SHUT_RD);
                data(1);
            }
            case "SHUT_RDWR_FW1" -> process.shutdown(fd, InetSocket.SHUT_RDWR);
            case "SHUT_RDWR_FW2" -> {
                process.shutdown(fd, InetSocket.SHUT_RDWR);
                step();
                peer.segment(ACK, 2);
            }
            default -> throw unknown(state);
        }
    }

    private void timeout(String state) {
        establish();
        switch (state) {
            case "TIMEOUT_KEEPALIVE" -> {
                process.setsockopt(fd, SocketOptions.SOL_SOCKET, SocketOptions.SO_KEEPALIVE, 1);
                process.setsockopt(fd, 6, TCP_KEEPIDLE, 1);
                process.setsockopt(fd, 6, TCP_KEEPINTVL, 1);
                process.setsockopt(fd, 6, TCP_KEEPCNT, 1);
            }
            case "TIMEOUT_USER" -> {
                process.setsockopt(fd, 6, TCP_USER_TIMEOUT, USER_TIMEOUT_MS);
                send(FIVE);
            }
            default -> throw unknown(state);
        }
        untilClosed();
    }

    /// States on the ways of closing; `_RX` means that five octets arrived before and are unread.
    private void closing(String state) {
        boolean unread = state.endsWith("_RX");
        int data = unread ? FIVE.length : 0;
        establish();
        if (unread) {
            data(1);
            step();
        }
        switch (unread ? state.substring(0, state.length() - 3) : state) {
            case "CLOSE_WAIT" -> {
                peer.segment(FIN | ACK, 1);
                // The recording was slower than the delayed ACK of the FIN.
                step();
                step();
            }
            case "FIN_WAIT1" -> process.shutdown(fd, InetSocket.SHUT_WR);
            case "FIN_WAIT2" -> finWait2();
            case "CLOSING" -> {
                process.shutdown(fd, InetSocket.SHUT_WR);
                step();
                peer.segment(FIN | ACK, 1);
            }
            case "TIME_WAIT_HELD" -> {
                finWait2();
                step();
                peer.segment(FIN | ACK, 2);
            }
            case "LAST_ACK" -> lastAck();
            case "CLOSED_AFTER_LAST_ACK" -> {
                lastAck();
                step();
                peer.segment(ACK, 2);
            }
            case "DISCONNECTED" -> process.connect(fd, SockAddr.UNSPEC);
            default -> throw unknown(state);
        }
        if (data != 0 && state.startsWith("DISCONNECTED")) {
            throw unknown(state);
        }
    }

    private void finWait2() {
        process.shutdown(fd, InetSocket.SHUT_WR);
        step();
        peer.segment(ACK, 2);
    }

    private void lastAck() {
        peer.segment(FIN | ACK, 1);
        step();
        process.shutdown(fd, InetSocket.SHUT_WR);
    }

    /// `KIND_SYN_SENT`, `KIND_EST`, `KIND_EST_RECVERR`.
    private void icmp(String rest) {
        int code = switch (rest.substring(0, rest.indexOf('_'))) {
            case "NETUNREACH" -> 0;
            case "HOSTUNREACH" -> 1;
            case "PROTOUNREACH" -> 2;
            case "PORTUNREACH" -> 3;
            case "ADMINPROHIB" -> 13;
            default -> throw unknown("ICMP_" + rest);
        };
        if (rest.endsWith("_SYN_SENT")) {
            synSent();
        } else {
            establish();
            if (rest.endsWith("_RECVERR")) {
                process.setsockopt(fd, SocketOptions.IPPROTO_IP, SocketOptions.IP_RECVERR, 1);
            }
        }
        peer.unreachable(code);
    }

    private void open() {
        fd = process.socket(InetSocket.AF_INET, Linux.SOCK_STREAM | Linux.SOCK_NONBLOCK, 0);
    }

    private void listen() {
        open();
        process.bind(fd, SockAddr.of(ScriptedPeer.HOST.toString(), 0));
        process.listen(fd, 5);
    }

    private void pending() {
        listen();
        @Nullable SockAddr[] name = new @Nullable SockAddr[1];
        process.getsockname(fd, name);
        SockAddr local = name[0];
        peer.hostPort = local == null ? 0 : local.port();
        peer.peerPort = PEER_PORT;
        peer.segment(SYN, 0);
        step();
        peer.hostIss = peer.last().seq();
        peer.segment(ACK, 1);
    }

    private void connect() {
        process.connect(fd, peerAddress());
        peer.meet();
    }

    private void synSent() {
        open();
        connect();
        step();
    }

    private void handshake() {
        open();
        connect();
        time.runFor(MILLISECOND);
        peer.segment(SYN | ACK, 1);
        step();
    }

    private void establish() {
        handshake();
        process.connect(fd, peerAddress());
        step();
    }

    private void data(int acked) {
        peer.segment(TcpHeader.PSH | ACK, acked, FIVE);
    }

    private void send(byte[] bytes) {
        process.send(fd, bytes, 0, bytes.length, Msg.DONTWAIT | Msg.NOSIGNAL);
    }

    private void untilClosed() {
        if (!time.runUntil(() -> tcp().state() == TcpState.CLOSED)) {
            throw new IllegalStateException("the time-out never came");
        }
    }

    /// The engine's socket behind [#fd].
    private org.lastack.core.tcp.TcpSocket tcp() {
        return ((HostTcpSocket) host.openSockets().getFirst()).tcp();
    }

    /// The socket's state as TCP_INFO tells it.
    String state() {
        byte[] info = new byte[1];
        process.getsockopt(fd, 6, Linux.TCP_INFO, info, 1);
        return name(info[0]);
    }

    /// Linux's numbers of the states.
    private static String name(int number) {
        return switch (number) {
            case 1 -> "ESTABLISHED";
            case 2 -> "SYN_SENT";
            case 3 -> "SYN_RECV";
            case 4 -> "FIN_WAIT1";
            case 5 -> "FIN_WAIT2";
            case 6 -> "TIME_WAIT";
            case 7 -> "CLOSE";
            case 8 -> "CLOSE_WAIT";
            case 9 -> "LAST_ACK";
            case 10 -> "LISTEN";
            case 11 -> "CLOSING";
            default -> "?" + number;
        };
    }

    /// What the host's table still shows of the conversation.
    String residual() {
        if (peer.hostPort == 0) {
            return "-";
        }
        List<String> found = new ArrayList<>();
        host.run(() -> host.engine().tcp().rows((SocketRow row) -> {
            if (row.localPort() == peer.hostPort && row.remotePort() == peer.peerPort) {
                found.add(nameOf(row.state()));
            }
        }));
        return found.isEmpty() ? "gone" : String.join(",", found);
    }

    private static String nameOf(TcpState state) {
        return switch (state) {
            case CLOSED -> "CLOSE";
            case LISTEN -> "LISTEN";
            case SYN_SENT -> "SYN_SENT";
            case SYN_RECEIVED -> "SYN_RECV";
            case ESTABLISHED -> "ESTABLISHED";
            case FIN_WAIT_1 -> "FIN_WAIT1";
            case FIN_WAIT_2 -> "FIN_WAIT2";
            case CLOSE_WAIT -> "CLOSE_WAIT";
            case CLOSING -> "CLOSING";
            case LAST_ACK -> "LAST_ACK";
            case TIME_WAIT -> "TIME_WAIT";
        };
    }

    private static IllegalArgumentException unknown(String state) {
        return new IllegalArgumentException("unknown state " + state);
    }

    @Override
    public void close() {
        process.close();
        host.close();
    }
}
