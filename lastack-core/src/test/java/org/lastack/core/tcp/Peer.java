package org.lastack.core.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.lastack.core.Errno;
import org.lastack.core.socket.InetSocket;
import org.lastack.wire.IpAddress;
import org.lastack.wire.PacketBuilder;
import org.lastack.wire.Packets;

/// The remote end of one connection, played by hand: says segments in [SegmentText]'s notation and compares what it hears.
///
/// Sequence numbers are relative: the peer's own to [#iss], the host's to the first SYN heard from it.
final class Peer {
    static final IpAddress ADDRESS = IpAddress.of("10.77.0.2");

    final HostUnderTest host;
    final IpAddress address;
    final IpAddress hostAddress;
    final int port;
    final int hostPort;
    int iss = 0xffff_ff00;
    int hostIss;
    boolean hostIssKnown;
    int window = 65_535;
    /// The TSval last heard, echoed where a script says `ecr *`.
    int lastStamp;
    private final List<Heard> heard = new ArrayList<>();

    record Heard(long timeNs, byte[] packet) {}

    Peer(HostUnderTest host, int port, int hostPort) {
        this(host, ADDRESS, port, HostUnderTest.HOST, hostPort);
    }

    Peer(HostUnderTest host, IpAddress address, int port, IpAddress hostAddress, int hostPort) {
        this.host = host;
        this.address = address;
        this.port = port;
        this.hostAddress = hostAddress;
        this.hostPort = hostPort;
        host.peers.add(this);
    }

    boolean hears(byte[] packet, long timeNs) {
        SegmentText.Fields seen = SegmentText.fields(packet);
        if (seen == null || seen.sourcePort() != hostPort || seen.destinationPort() != port || !seen.destination().equals(address)) {
            return false;
        }
        if (!hostIssKnown && seen.syn()) {
            hostIss = seen.seq();
            hostIssKnown = true;
        }
        if (seen.options().hasTimestamps) {
            lastStamp = seen.options().timestampValue;
        }
        heard.add(new Heard(timeNs, packet));
        return true;
    }

    // ---- saying ------------------------------------------------------------------------------------------------------------------------

    /// Sends one segment, e.g. `P. 1:6(5) ack 1 win 100 <nop>`.
    Peer sends(String segment) {
        host.input(build(segment));
        return this;
    }

    byte[] build(String segment) {
        PacketBuilder packet = Packets.tcp(address, port, hostAddress, hostPort);
        return SegmentText.build(packet, segment, iss, hostIss, window, lastStamp);
    }

    /// The octets of relative sequence numbers `from` up to `to`, as [#sends] fills them in.
    static String text(int from, int to) {
        byte[] octets = new byte[to - from];
        for (int i = 0; i < octets.length; i++) {
            octets[i] = SegmentText.octet(from + i);
        }
        return new String(octets, StandardCharsets.US_ASCII);
    }

    // ---- hearing -----------------------------------------------------------------------------------------------------------------------

    /// Everything heard since the last look, with fields as in `tcpdump`.
    List<String> said() {
        host.drain();
        List<String> lines = new ArrayList<>();
        for (Heard each : heard) {
            lines.add(SegmentText.print(each.packet, hostIss, iss));
        }
        heard.clear();
        return lines;
    }

    List<byte[]> packets() {
        host.drain();
        List<byte[]> packets = heard.stream().map(Heard::packet).toList();
        heard.clear();
        return packets;
    }

    /// Compares what was heard with these lines, one each and no more. A line is compared in what it mentions: flags and sequence numbers always,
    /// `ack`, `win`, `urg` and `<options>` if it names them.
    Peer expects(String... lines) {
        host.drain();
        List<String> actual = new ArrayList<>();
        for (int i = 0; i < heard.size(); i++) {
            String like = i < lines.length ? lines[i] : "";
            actual.add(SegmentText.printLike(heard.get(i).packet, hostIss, iss, like));
        }
        heard.clear();
        assertThat(actual).containsExactly(lines);
        return this;
    }

    Peer expectsNothing() {
        return expects();
    }

    /// Lets time pass and returns what was heard meanwhile, each with the seconds since the call: `0.200 P. 1:5(4)`.
    List<String> timeline(double seconds) {
        host.drain();
        heard.clear();
        long from = host.engine.now();
        host.advance(seconds);
        List<String> lines = new ArrayList<>();
        for (Heard each : heard) {
            lines.add(String.format(java.util.Locale.ROOT, "%.3f %s", (each.timeNs - from) / 1e9, SegmentText.printLike(each.packet, hostIss, iss, "")));
        }
        heard.clear();
        return lines;
    }

    /// Times of what is heard in the next `seconds`, in whole milliseconds since the call.
    List<Long> times(double seconds) {
        host.drain();
        heard.clear();
        long from = host.engine.now();
        host.advance(seconds);
        List<Long> times = heard.stream().map(each -> Math.round((each.timeNs - from) / 1e6)).toList();
        heard.clear();
        return times;
    }

    void forget() {
        host.drain();
        heard.clear();
    }

    // ---- stories that many begin with ----------------------------------------------------------------------------------------------------

    /// The three-way handshake towards a listener; returns the accepted socket.
    TcpSocket connects(TcpSocket listener) {
        return connects(listener, "<mss 1460>");
    }

    TcpSocket connects(TcpSocket listener, String options) {
        shakesHands(options);
        return accepted(listener);
    }

    static TcpSocket accepted(TcpSocket listener) {
        TcpSocket child = listener.accept();
        assertThat(child).as("accept, errno %d", listener.acceptError()).isNotNull();
        return child;
    }

    /// SYN, SYN-ACK, ACK.
    void shakesHands(String options) {
        sends("S 0:0(0) win " + Math.min(window, 65_535) + " " + options);
        assertThat(said()).singleElement().asString().startsWith("S. 0:0(0) ack 1");
        sends(". 1:1(0) ack 1" + (options.contains("TS") ? " <TS val 2 ecr *>" : ""));
        expectsNothing();
    }

    /// The host connects to this peer; returns its socket in ESTABLISHED.
    TcpSocket isCalled(String options) {
        TcpSocket socket = calls();
        assertThat(said()).singleElement().asString().startsWith("S 0:0(0)");
        sends("S. 0:0(0) ack 1 win " + Math.min(window, 65_535) + " " + options);
        expects(". 1:1(0) ack 1");
        assertThat(socket.state()).isEqualTo(TcpState.ESTABLISHED);
        assertThat(socket.connect(address.high(), address.low(), port)).isZero();
        return socket;
    }

    /// The host's connect towards this peer, from the port that the peer knows.
    TcpSocket calls() {
        TcpSocket socket = host.socket();
        HostUnderTest.must(socket.bind(hostAddress.high(), hostAddress.low(), hostPort));
        assertThat(socket.connect(address.high(), address.low(), port)).isEqualTo(-Errno.EINPROGRESS);
        host.drain();
        return socket;
    }

    /// The host's user closes; what that sends is heard and forgotten.
    void closes(TcpSocket socket) {
        HostUnderTest.must(socket.close());
        forget();
    }

    // ---- what the user of a socket sees --------------------------------------------------------------------------------------------------

    /// What one receive() returns: the octets in quotes, `EOF`, or the name of the error.
    static String read(TcpSocket socket) {
        return read(socket, 65_536, 0);
    }

    static String read(TcpSocket socket, int most, int flags) {
        byte[] octets = new byte[most];
        int result = socket.receive(octets, 0, most, flags);
        return result > 0 ? "'" + new String(octets, 0, result, StandardCharsets.ISO_8859_1) + "'" : result == 0 ? "EOF" : Errno.name(-result);
    }

    int write(TcpSocket socket, int octets) {
        return write(socket, octets, 0);
    }

    int write(TcpSocket socket, int octets, int flags) {
        byte[] bytes = new byte[octets];
        for (int i = 0; i < octets; i++) {
            bytes[i] = (byte) ('A' + i % 26);
        }
        int result = socket.send(bytes, 0, octets, flags);
        host.drain();
        return result;
    }

    static String pollNames(int mask) {
        List<String> names = new ArrayList<>();
        int[] bits = {InetSocket.POLLIN, InetSocket.POLLPRI, InetSocket.POLLOUT, InetSocket.POLLERR, InetSocket.POLLHUP, InetSocket.POLLRDHUP};
        String[] words = {"IN", "PRI", "OUT", "ERR", "HUP", "RDHUP"};
        for (int i = 0; i < bits.length; i++) {
            if ((mask & bits[i]) != 0) {
                names.add(words[i]);
            }
        }
        return String.join("|", names);
    }
}
