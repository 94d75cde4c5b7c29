package org.lastack.tools.oracle;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lastack.core.Engine;
import org.lastack.core.EngineConfig;
import org.lastack.core.Entropy;
import org.lastack.core.Errno;
import org.lastack.core.Interface;
import org.lastack.core.Sysctl;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.Owner;
import org.lastack.core.tcp.SocketRow;
import org.lastack.core.tcp.TcpSocket;
import org.lastack.core.tcp.TcpState;
import org.lastack.wire.Frame;
import org.lastack.wire.IpAddress;
import org.lastack.wire.Ipv4Header;
import org.lastack.wire.PacketBuilder;
import org.lastack.wire.Packets;
import org.lastack.wire.TcpHeader;

/// One engine in virtual time and, on the other side of its link, a script that sends any packet it likes and sees all that come out.
final class WireScene {
    static final IpAddress HOST = IpAddress.of("10.77.0.1");
    static final IpAddress PEER = IpAddress.of("10.77.0.2");
    static final int PORT = 5000;
    static final int ACK = TcpHeader.ACK;
    static final int SYN = TcpHeader.SYN;
    static final int FIN = TcpHeader.FIN;
    static final int RST = TcpHeader.RST;
    static final int PSH = TcpHeader.PSH;
    static final int URG = TcpHeader.URG;
    static final int PEER_ISS = 1000;
    private static final long SECOND = 1_000_000_000L;

    /// A packet that the host sent.
    record Sent(long timeNs, byte[] packet) {
        int tcp() {
            return Ipv4Header.headerLength(packet, 0);
        }

        boolean isTcp() {
            return Ipv4Header.protocol(packet, 0) == 6;
        }

        int flags() {
            return TcpHeader.flags(packet, tcp());
        }

        int seq() {
            return TcpHeader.sequence(packet, tcp());
        }

        int ack() {
            return TcpHeader.acknowledgment(packet, tcp());
        }

        int window() {
            return TcpHeader.window(packet, tcp());
        }

        int length() {
            return Ipv4Header.totalLength(packet, 0) - tcp() - TcpHeader.headerLength(packet, tcp());
        }

        int destinationPort() {
            return TcpHeader.destinationPort(packet, tcp());
        }

        int urgentPointer() {
            return TcpHeader.urgentPointer(packet, tcp());
        }

        String options() {
            StringBuilder hex = new StringBuilder();
            for (int i = tcp() + TcpHeader.MIN_LENGTH; i < tcp() + TcpHeader.headerLength(packet, tcp()); i++) {
                hex.append(String.format("%02x", packet[i]));
            }
            return hex.toString();
        }
    }

    final Engine engine;
    final Interface link;
    final List<Sent> sent = new ArrayList<>();
    /// The conversation: ports, the host's ISS, the peer's next sequence number, what the peer acknowledges.
    int hostPort = PORT;
    int peerPort = 40_000;
    int hostIss;
    int next = PEER_ISS;
    int window = 65_535;
    boolean stamps;
    int stampValue = 1000;
    @Nullable TcpSocket socket;
    @Nullable TcpSocket listener;
    private long now = SECOND;

    WireScene(long seed) {
        engine = new Engine(EngineConfig.named("wire"), Entropy.seeded(seed));
        engine.setNow(now);
        link = engine.addInterface("tun0", Interface.Kind.IP, 0, 1500);
        link.addAddress(Interface.Address.of(HOST + "/24"));
        engine.sysctls().set(Sysctl.IP_UNPRIVILEGED_PORT_START, 0);
        // The recording kernel had its defaults; ours protects TIME-WAIT where Linux does not.
        engine.sysctls().set(Sysctl.TCP_RFC1337, 0);
    }

    long now() {
        return now;
    }

    WireScene sysctl(Sysctl name, long value) {
        engine.sysctls().set(name, value);
        return this;
    }

    void drain() {
        Frame frame;
        while ((frame = engine.poll()) != null) {
            byte[] copy = java.util.Arrays.copyOfRange(frame.data, frame.offset, frame.offset + frame.length);
            sent.add(new Sent(now, copy));
            frame.release();
        }
    }

    /// Lets time pass.
    void run(double seconds) {
        drain();
        long end = now + (long) (seconds * SECOND);
        while (true) {
            long due = engine.nextTimeoutNs();
            if (due > end) {
                break;
            }
            now = Math.max(now, due);
            engine.setNow(now);
            engine.timeout();
            drain();
        }
        now = end;
        engine.setNow(now);
        drain();
    }

    void inject(byte[] packet) {
        engine.input(link, packet, 0, packet.length);
        drain();
    }

    PacketBuilder packet(int flags, int seq, int ack) {
        PacketBuilder p = Packets.tcp(PEER, peerPort, HOST, hostPort).flags(flags).seq(seq).window(window);
        if ((flags & ACK) != 0) {
            p.ack(ack);
        }
        if (stamps && (flags & SYN) == 0 && (flags & RST) == 0) {
            p.nop().nop().timestamps(stampValue, 0);
        }
        return p;
    }

    /// A segment of the conversation in sequence; `acked` octets after the host's ISS are acknowledged.
    void segment(int flags, int acked, String text) {
        inject(packet(flags, next, hostIss + acked).payload(bytes(text)).build());
        next += text.length() + ((flags & SYN) != 0 ? 1 : 0) + ((flags & FIN) != 0 ? 1 : 0);
    }

    void segment(int flags, int acked) {
        segment(flags, acked, "");
    }

    static byte[] bytes(String text) {
        return text.getBytes(java.nio.charset.StandardCharsets.ISO_8859_1);
    }

    TcpSocket tcpSocket() {
        return engine.tcpSocket(InetSocket.AF_INET, Owner.ROOT);
    }

    TcpSocket listen(int backlog) {
        TcpSocket s = tcpSocket();
        check(s.bind(IpAddress.ANY_V4.high(), IpAddress.ANY_V4.low(), PORT));
        check(s.listen(backlog));
        listener = s;
        return s;
    }

    static void check(int result) {
        if (result < 0) {
            throw new IllegalStateException("set-up: " + Errno.name(result));
        }
    }

    /// The active open up to the SYN; the conversation learns the host's port and ISS.
    TcpSocket connect() {
        TcpSocket s = socket == null ? tcpSocket() : socket;
        socket = s;
        int result = s.connect(PEER.high(), PEER.low(), 9000);
        if (result != -Errno.EINPROGRESS) {
            throw new IllegalStateException("connect: " + Errno.name(result));
        }
        drain();
        Sent syn = last();
        hostPort = s.localPort();
        peerPort = 9000;
        hostIss = syn.seq();
        return s;
    }

    /// An established connection, opened by the host; the peer offers nothing but an MSS.
    TcpSocket establish(int mss) {
        TcpSocket s = connect();
        run(0.001);
        inject(packet(SYN | ACK, next, hostIss + 1).mss(mss).build());
        next++;
        run(0.02);
        if (s.state() != TcpState.ESTABLISHED) {
            throw new IllegalStateException("not established");
        }
        check(s.connect(PEER.high(), PEER.low(), 9000));
        return s;
    }

    TcpSocket establish() {
        return establish(1460);
    }

    /// A connection that the peer opened to the listener: SYN, SYN-ACK, ACK. Null if the SYN was not answered.
    @Nullable TcpSocket accepted() {
        handshake();
        TcpSocket parent = listener;
        TcpSocket child = parent == null ? null : parent.accept();
        if (child != null) {
            socket = child;
        }
        return child;
    }

    /// SYN of the peer; true if a SYN-ACK came, whose ISS the conversation learns.
    boolean syn() {
        int mark = sent.size();
        PacketBuilder p = Packets.tcp(PEER, peerPort, HOST, hostPort).flags(SYN).seq(next).window(window).mss(1460);
        if (stamps) {
            p.timestamps(stampValue, 0).nop().nop();
        }
        inject(p.build());
        next++;
        for (Sent each : sent.subList(mark, sent.size())) {
            if (each.isTcp() && (each.flags() & (SYN | ACK)) == (SYN | ACK)) {
                hostIss = each.seq();
                return true;
            }
        }
        return false;
    }

    boolean handshake() {
        if (!syn()) {
            return false;
        }
        run(0.001);
        segment(ACK, 1);
        run(0.001);
        return true;
    }

    /// Another peer: next port, fresh sequence numbers.
    void nextPeer() {
        peerPort++;
        next = PEER_ISS;
    }

    Sent last() {
        return sent.getLast();
    }

    int mark() {
        return sent.size();
    }

    TcpSocket socket() {
        TcpSocket s = socket;
        if (s == null) {
            throw new IllegalStateException("no socket in this scene");
        }
        return s;
    }

    // ---- words of the oracle ------------------------------------------------------------------------------------------------------------

    /// The conversation's segments from index `from` on, each described, joined by `; `; `-` if none.
    String wire(int from) {
        StringBuilder text = new StringBuilder();
        for (Sent each : sent.subList(from, sent.size())) {
            if (each.isTcp() && each.destinationPort() == peerPort) {
                text.append(text.isEmpty() ? "" : "; ").append(describe(each));
            }
        }
        return text.isEmpty() ? "-" : text.toString();
    }

    String describe(Sent s) {
        return flags(s.flags()) + " seq+" + Integer.toUnsignedString(s.seq() - hostIss) + (s.length() > 0 ? " len" + s.length() : "")
                + ((s.flags() & ACK) != 0 ? " ack+" + Integer.toUnsignedString(s.ack() - PEER_ISS) : "") + " win" + s.window();
    }

    static String flags(int flags) {
        StringBuilder text = new StringBuilder();
        char[] letters = {'F', 'S', 'R', 'P', '.', 'U'};
        int[] order = {SYN, FIN, RST, PSH, URG, ACK};
        for (int bit : order) {
            if ((flags & bit) != 0) {
                text.append(letters[Integer.numberOfTrailingZeros(bit)]);
            }
        }
        return text.toString();
    }

    static String state(TcpSocket s) {
        return s.state().netstatName().replace("SYN_RECV", "SYN_RECV");
    }

    /// What the table shows for the conversation's ports: a state, or `gone`.
    String residual() {
        String[] found = {"gone"};
        engine.tcp().rows((SocketRow row) -> {
            if (row.localPort() == hostPort && row.remotePort() == peerPort && row.state() != TcpState.CLOSED) {
                found[0] = row.state().netstatName();
            }
        });
        return found[0];
    }

    /// The result of a receive call: `'text'`, `EOF` or an errno.
    static String receive(TcpSocket s, int length, int flags) {
        byte[] buffer = new byte[Math.max(1, length)];
        int result = s.receive(buffer, 0, length, flags);
        if (result < 0) {
            return Errno.name(result);
        }
        return result == 0 ? "EOF" : "'" + new String(buffer, 0, result, java.nio.charset.StandardCharsets.ISO_8859_1) + "'";
    }

    String receive() {
        String got = receive(socket(), 100_000, 0);
        drain();
        return got;
    }

    static int send(TcpSocket s, int length, int flags) {
        return s.send(new byte[length], 0, length, flags);
    }

    static String errno(int result) {
        return result >= 0 ? "OK" : Errno.name(result);
    }

    static String name(int errno) {
        return errno == 0 ? "0" : Errno.name(errno);
    }

    String poll() {
        StringBuilder text = new StringBuilder();
        int mask = socket().poll();
        bit(text, mask, InetSocket.POLLIN, "IN");
        bit(text, mask, InetSocket.POLLPRI, "PRI");
        bit(text, mask, InetSocket.POLLOUT, "OUT");
        bit(text, mask, InetSocket.POLLRDHUP, "RDHUP");
        bit(text, mask, InetSocket.POLLERR, "ERR");
        bit(text, mask, InetSocket.POLLHUP, "HUP");
        return text.toString();
    }

    private static void bit(StringBuilder text, int mask, int bit, String name) {
        if ((mask & bit) != 0) {
            text.append(text.isEmpty() ? "" : "|").append(name);
        }
    }
}
