package org.lastack.core.udp;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.lastack.core.Counter;
import org.lastack.core.EngineFixture;
import org.lastack.core.Errno;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.Msg;
import org.lastack.core.socket.Owner;
import org.lastack.core.socket.SocketOptions;
import org.lastack.wire.Bytes;
import org.lastack.wire.Icmpv4;
import org.lastack.wire.IpAddress;
import org.lastack.wire.Ipv4Header;
import org.lastack.wire.PacketBuilder;
import org.lastack.wire.Packets;
import org.lastack.wire.Refusal;
import org.lastack.wire.UdpHeader;

/// Rows W276 to W303 of the oracle: what Linux did with UDP datagrams and calls.
class UdpWireTest extends EngineFixture {
    private static final byte[] HELLO = "hello".getBytes(StandardCharsets.US_ASCII);
    private static final IpAddress ANY = IpAddress.ANY_V4;

    private final byte[] buffer = new byte[70_000];
    private final ReceivedFrom from = new ReceivedFrom();

    private UdpSocket bound(int port) {
        UdpSocket s = engine.udpSocket(InetSocket.AF_INET, Owner.ROOT);
        assertThat(s.bind(ANY.high(), ANY.low(), port)).isZero();
        return s;
    }

    private UdpSocket connected() {
        UdpSocket s = bound(5000);
        assertThat(s.connect(PEER.high(), PEER.low(), 6000)).isZero();
        return s;
    }

    private static PacketBuilder datagram() {
        return Packets.udp(PEER, 6000, HOST, 5000);
    }

    private int receive(UdpSocket s) {
        return s.receive(buffer, 0, buffer.length, 0, from);
    }

    private String text(UdpSocket s) {
        int result = receive(s);
        return result < 0 ? Errno.name(result) : new String(buffer, 0, result, StandardCharsets.US_ASCII);
    }

    private int send(UdpSocket s, int length) {
        return s.sendTo(buffer, 0, length, 0, PEER.high(), PEER.low(), 6000);
    }

    @Test
    void w276_goodDatagram() {
        UdpSocket s = bound(5000);
        input(datagram().payload(HELLO).ttl(61).tos(8).build());
        assertThat(text(s)).isEqualTo("hello");
        assertThat(new IpAddress(from.sourceHigh, from.sourceLow)).isEqualTo(PEER);
        assertThat(from.sourcePort).isEqualTo(6000);
        assertThat(new IpAddress(from.destinationHigh, from.destinationLow)).isEqualTo(HOST);
        assertThat(from.interfaceIndex).isEqualTo(tun.index());
        assertThat(from.ttl).isEqualTo(61);
        assertThat(from.tos).isEqualTo(8);
        assertThat(text(s)).isEqualTo("EAGAIN");
    }

    @Test
    void w277_s4_12_badChecksum() {
        UdpSocket s = bound(5000);
        assertThat(input(datagram().payload(HELLO).badChecksum().build())).isEmpty();
        assertThat(text(s)).isEqualTo("EAGAIN");
        assertThat(engine.counters().get(Counter.UdpInCsumErrors)).isEqualTo(1);
        assertThat(engine.counters().get(Counter.UdpInErrors)).isEqualTo(1);
    }

    @Test
    void w278_checksum0OverIpv4IsAccepted() {
        UdpSocket s = bound(5000);
        byte[] packet = datagram().payload(HELLO).build();
        Bytes.put16(packet, 26, 0);
        input(packet);
        assertThat(text(s)).isEqualTo("hello");
    }

    @Test
    void x09_checksum0OverIpv6IsRefused() {
        UdpSocket s = engine.udpSocket(InetSocket.AF_INET6, Owner.ROOT);
        s.bind(0, 0, 5000);
        byte[] packet = Packets.udp(PEER6, 6000, HOST6, 5000).payload(HELLO).build();
        input(packet);
        assertThat(text(s)).isEqualTo("hello");
        Bytes.put16(packet, 46, 0);
        input(packet);
        assertThat(text(s)).isEqualTo("EAGAIN");
        assertThat(engine.counters().get(Refusal.UDP_NO_CHECKSUM)).isEqualTo(1);
    }

    @Test
    void w279_emptyDatagram() {
        UdpSocket s = bound(5000);
        input(datagram().build());
        assertThat(s.poll() & InetSocket.POLLIN).isNotZero();
        assertThat(receive(s)).isZero();
        assertThat(text(s)).isEqualTo("EAGAIN");
    }

    @Test
    void w280_w281_x09_lengthBelowTheHeaderOrBeyondThePacket() {
        UdpSocket s = bound(5000);
        for (int length : new int[] {0, 7, 14, 500}) {
            byte[] packet = datagram().payload(HELLO).build();
            Bytes.put16(packet, 24, length);
            Bytes.put16(packet, 26, 0);
            assertThat(input(packet)).isEmpty();
        }
        assertThat(text(s)).isEqualTo("EAGAIN");
        assertThat(engine.counters().get(Refusal.UDP_BAD_LENGTH)).isEqualTo(4);
    }

    @Test
    void w282_sourcePort0() {
        UdpSocket s = bound(5000);
        input(Packets.udp(PEER, 0, HOST, 5000).payload(HELLO).build());
        assertThat(text(s)).isEqualTo("hello");
        assertThat(from.sourcePort).isZero();
    }

    @Test
    void w283_s4_17_aTooSmallBufferTruncatesAndTheRestIsLost() {
        UdpSocket s = bound(5000);
        input(datagram().payload(10).build());
        assertThat(s.receive(buffer, 0, 4, 0, from)).isEqualTo(4);
        assertThat(from.truncated).isTrue();
        assertThat(from.length).isEqualTo(10);
        assertThat(text(s)).isEqualTo("EAGAIN");
    }

    @Test
    void w284_msgTruncReturnsTheRealLength() {
        UdpSocket s = bound(5000);
        input(datagram().payload(10).build());
        assertThat(s.receive(buffer, 0, 4, Msg.TRUNC | Msg.PEEK, from)).isEqualTo(10);
        assertThat(s.receive(buffer, 0, 4, Msg.TRUNC, from)).isEqualTo(10);
        assertThat(text(s)).isEqualTo("EAGAIN");
    }

    @Test
    void w285_closedPortIsAnsweredByPortUnreachable() {
        byte[] packet = datagram().payload(600).build();
        List<byte[]> out = input(packet);
        assertThat(out).hasSize(1);
        byte[] error = out.getFirst();
        assertThat(Icmpv4.type(error, 20)).isEqualTo(3);
        assertThat(Icmpv4.code(error, 20)).isEqualTo(3);
        // As Linux: 576 octets in all, and exactly what was received.
        assertThat(error).hasSize(576);
        assertThat(java.util.Arrays.copyOfRange(error, 28, 576)).isEqualTo(java.util.Arrays.copyOf(packet, 548));
        assertThat(Ipv4Header.tos(error, 0)).isEqualTo(0xc0);
        assertThat(Icmpv4.check(error, 20, 556)).isNull();
    }

    @Test
    void w286_broadcastToAClosedPortIsNotAnswered() {
        assertThat(input(Packets.udp(PEER, 6000, IpAddress.of("10.77.0.255"), 5000).build())).isEmpty();
        assertThat(input(Packets.udp(PEER, 6000, IpAddress.of("255.255.255.255"), 5000).build())).isEmpty();
        assertThat(input(Packets.udp(PEER, 6000, IpAddress.of("224.0.0.1"), 5000).build())).isEmpty();
    }

    @Test
    void s4_10_s4_13_s4_15_s4_20_theHeaderIsEightOctetsAndThePayloadIsTakenAsItIs() {
        UdpSocket s = bound(5000);
        byte[] binary = {0, 1, 0, (byte) 0xff, 0, 0};
        assertThat(s.sendTo(binary, 0, 6, 0, PEER.high(), PEER.low(), 6000)).isEqualTo(6);
        byte[] sent = output().getFirst();
        assertThat(sent).hasSize(20 + 8 + 6);
        assertThat(UdpHeader.sourcePort(sent, 20)).isEqualTo(5000);
        assertThat(UdpHeader.destinationPort(sent, 20)).isEqualTo(6000);
        assertThat(UdpHeader.length(sent, 20)).isEqualTo(14);
        assertThat(UdpHeader.checkChecksum(sent, 20, 0, HOST.low(), 0, PEER.low())).isNull();
        input(datagram().payload(binary).build());
        assertThat(receive(s)).isEqualTo(6);
        assertThat(java.util.Arrays.copyOf(buffer, 6)).isEqualTo(binary);
    }

    @Test
    void w287_s4_11_65507OctetsFitAnd65508DoNot() {
        UdpSocket s = bound(5000);
        assertThat(send(s, 65_507)).isEqualTo(65_507);
        assertThat(send(s, 65_508)).isEqualTo(-Errno.EMSGSIZE);
        int octets = 0;
        for (byte[] fragment : output()) {
            assertThat(fragment.length).isLessThanOrEqualTo(1500);
            octets += Ipv4Header.payloadLength(fragment, 0);
        }
        assertThat(octets).isEqualTo(65_515);
    }

    @Test
    void w288_sendWithoutDestination() {
        assertThat(bound(5000).send(buffer, 0, 1, 0)).isEqualTo(-Errno.EDESTADDRREQ);
    }

    @Test
    void w289_p129_p130_broadcastNeedsTheOption() {
        UdpSocket s = bound(5000);
        IpAddress all = IpAddress.of("255.255.255.255");
        assertThat(s.sendTo(buffer, 0, 1, 0, all.high(), all.low(), 9)).isEqualTo(-Errno.EACCES);
        assertThat(s.connect(all.high(), all.low(), 9)).isEqualTo(-Errno.EACCES);
        s.option(InetSocket.BROADCAST, true);
        assertThat(s.sendTo(buffer, 0, 1, 0, all.high(), all.low(), 9)).isEqualTo(1);
        assertThat(output()).hasSize(1);
        IpAddress loop = IpAddress.of("127.255.255.255");
        assertThat(s.connect(loop.high(), loop.low(), 9)).isZero();
    }

    @Test
    void w290_port0() {
        assertThat(bound(5000).sendTo(buffer, 0, 1, 0, PEER.high(), PEER.low(), 0)).isEqualTo(-Errno.EINVAL);
    }

    private String afterUnreachable(UdpSocket s, int code) {
        byte[] sent = Packets.udp(HOST, 5000, PEER, 6000).payload(HELLO).build();
        input(Packets.icmpError(PEER, 3, code, 0, sent).build());
        String poll = String.valueOf(s.poll() & ~InetSocket.POLLIN);
        return poll + " " + text(s) + " " + text(s) + " " + s.send(buffer, 0, 1, 0);
    }

    @Test
    void w291_to_w295_icmpErrorsOnConnectedSockets() {
        UdpSocket s = connected();
        assertThat(afterUnreachable(s, 0)).isEqualTo("4 EAGAIN EAGAIN 1");
        assertThat(afterUnreachable(s, 1)).isEqualTo("4 EAGAIN EAGAIN 1");
        assertThat(afterUnreachable(s, 2)).isEqualTo("12 ENOPROTOOPT EAGAIN 1");
        assertThat(afterUnreachable(s, 3)).isEqualTo("12 ECONNREFUSED EAGAIN 1");
        assertThat(afterUnreachable(s, 13)).isEqualTo("12 EHOSTUNREACH EAGAIN 1");
    }

    @Test
    void w294_s4_16_thePendingErrorMayBeToldBySendAndIsTakenBySoError() {
        UdpSocket s = connected();
        byte[] sent = Packets.udp(HOST, 5000, PEER, 6000).payload(HELLO).build();
        byte[] error = Packets.icmpError(PEER, 3, 3, 0, sent).build();
        input(error);
        assertThat(s.send(buffer, 0, 1, 0)).isEqualTo(-Errno.ECONNREFUSED);
        assertThat(s.send(buffer, 0, 1, 0)).isEqualTo(1);
        input(error);
        assertThat(s.getInt(SocketOptions.SOL_SOCKET, SocketOptions.SO_ERROR)).isEqualTo(Errno.ECONNREFUSED);
        assertThat(text(s)).isEqualTo("EAGAIN");
    }

    @Test
    void w296_unconnectedSocketIsNotTold() {
        UdpSocket s = bound(5000);
        byte[] sent = Packets.udp(HOST, 5000, PEER, 6000).payload(HELLO).build();
        input(Packets.icmpError(PEER, 3, 3, 0, sent).build());
        assertThat(text(s)).isEqualTo("EAGAIN");
        assertThat(send(s, 1)).isEqualTo(1);
    }

    @Test
    void w297_ipRecverrTellsUnconnectedSocketsToo() {
        UdpSocket s = bound(5000);
        assertThat(s.setInt(SocketOptions.IPPROTO_IP, SocketOptions.IP_RECVERR, 1)).isZero();
        byte[] sent = Packets.udp(HOST, 5000, PEER, 6000).payload(HELLO).build();
        input(Packets.icmpError(IpAddress.of("10.77.0.9"), 3, 3, 0, sent).build());
        assertThat(text(s)).isEqualTo("ECONNREFUSED");
        assertThat(text(s)).isEqualTo("EAGAIN");
        assertThat(s.poll() & InetSocket.POLLERR).isNotZero();
        int length = s.receive(buffer, 0, 100, Msg.ERRQUEUE, from);
        assertThat(new String(buffer, 0, length, StandardCharsets.US_ASCII)).isEqualTo("hello");
        assertThat(from.errno).isEqualTo(Errno.ECONNREFUSED);
        assertThat(from.errorOrigin).isEqualTo(ReceivedFrom.ORIGIN_ICMP);
        assertThat(new IpAddress(from.sourceHigh, from.sourceLow).withPort(from.sourcePort)).isEqualTo("10.77.0.2:6000");
        assertThat(new IpAddress(from.offenderHigh, from.offenderLow)).hasToString("10.77.0.9");
        assertThat(s.receive(buffer, 0, 100, Msg.ERRQUEUE, from)).isEqualTo(-Errno.EAGAIN);
        assertThat(s.poll() & InetSocket.POLLERR).isZero();
    }

    private String connect(UdpSocket s, String address, int port) {
        IpAddress to = IpAddress.of(address);
        return Errno.name(s.connect(to.high(), to.low(), port));
    }

    /// Asked of Linux 6.18: a socket that connects again keeps its address until it is disconnected, so that not everything can be reached any more.
    @Test
    void anAddressStaysFromOnePeerToTheNext() {
        UdpSocket s = engine.udpSocket(InetSocket.AF_INET, Owner.ROOT);
        assertThat(connect(s, "127.0.0.9", 5)).isEqualTo("OK");
        assertThat(connect(s, PEER.toString(), 5)).as("from the loopback").isEqualTo("EINVAL");
        assertThat(new IpAddress(s.localHigh(), s.localLow())).isEqualTo(IpAddress.LOOPBACK_V4);
        s.disconnect();
        assertThat(connect(s, PEER.toString(), 5)).isEqualTo("OK");
        assertThat(connect(s, "127.0.0.9", 5)).isEqualTo("OK");
        assertThat(new IpAddress(s.localHigh(), s.localLow())).isEqualTo(HOST);
        assertThat(connect(s, "127.0.0.9", 0)).as("no port, no peer").isEqualTo("OK");
        UdpSocket six = engine.udpSocket(InetSocket.AF_INET6, Owner.ROOT);
        assertThat(connect(six, "::ffff:127.0.0.9", 5)).isEqualTo("OK");
        assertThat(connect(six, "::1", 5)).isEqualTo("EAFNOSUPPORT");
        six.disconnect();
        assertThat(connect(six, "::1", 5)).isEqualTo("OK");
        assertThat(connect(six, "::ffff:127.0.0.9", 5)).isEqualTo("OK");
        UdpSocket named = engine.udpSocket(InetSocket.AF_INET6, Owner.ROOT);
        assertThat(named.bind(IpAddress.LOOPBACK_V6.high(), IpAddress.LOOPBACK_V6.low(), 5001)).isZero();
        assertThat(connect(named, "::ffff:127.0.0.9", 5)).isEqualTo("ENETUNREACH");
        UdpSocket mapped = engine.udpSocket(InetSocket.AF_INET6, Owner.ROOT);
        assertThat(mapped.bind(IpAddress.LOOPBACK_V4.high(), IpAddress.LOOPBACK_V4.low(), 5002)).isZero();
        assertThat(connect(mapped, "::1", 5)).isEqualTo("EAFNOSUPPORT");
    }

    @Test
    void w298_connectedSocketMaySendToOthersConnectAgainAndDisconnect() {
        UdpSocket s = engine.udpSocket(InetSocket.AF_INET, Owner.ROOT);
        assertThat(s.connect(PEER.high(), PEER.low(), 6000)).isZero();
        assertThat(new IpAddress(s.localHigh(), s.localLow())).isEqualTo(HOST);
        assertThat(s.sendTo(buffer, 0, 1, 0, PEER.high(), PEER.low(), 6001)).isEqualTo(1);
        assertThat(UdpHeader.destinationPort(output().getFirst(), 20)).isEqualTo(6001);
        assertThat(s.connect(PEER.high(), PEER.low(), 6002)).isZero();
        assertThat(s.disconnect()).isZero();
        assertThat(s.remotePort()).isZero();
        assertThat(s.localPort()).isZero();
        assertThat(IpAddress.isUnspecified(s.localHigh(), s.localLow())).isTrue();
    }

    @Test
    void p146_b08_aConnectedSocketNeverSeesStrangers() {
        UdpSocket s = connected();
        List<byte[]> out = input(Packets.udp(PEER, 6001, HOST, 5000).payload(HELLO).build());
        assertThat(out).hasSize(1);
        assertThat(text(s)).isEqualTo("EAGAIN");
        input(datagram().payload(HELLO).build());
        assertThat(text(s)).isEqualTo("hello");
    }

    @Test
    void w299_unconnectedShutdown() {
        UdpSocket s = bound(5000);
        assertThat(s.shutdown(InetSocket.SHUT_RD)).isEqualTo(-Errno.ENOTCONN);
        assertThat(s.shutdown(InetSocket.SHUT_WR)).isEqualTo(-Errno.ENOTCONN);
        assertThat(text(s)).isEqualTo("EAGAIN");
    }

    @Test
    void w300_connectedShutdown() {
        UdpSocket s = connected();
        assertThat(s.shutdown(InetSocket.SHUT_WR)).isZero();
        assertThat(s.send(buffer, 0, 1, 0)).isEqualTo(-Errno.EPIPE);
        assertThat(s.shutdown(InetSocket.SHUT_RD)).isZero();
        assertThat(text(s)).isEqualTo("EAGAIN");
        assertThat(s.poll() & InetSocket.POLLHUP).isNotZero();
        assertThat(s.shutdown(3)).isEqualTo(-Errno.EINVAL);
    }

    @Test
    void w301_s4_19_fullReceiveBufferDropsTheNewest() {
        UdpSocket s = bound(5000);
        assertThat(s.setInt(SocketOptions.SOL_SOCKET, SocketOptions.SO_RCVBUF, 4096)).isZero();
        assertThat(s.getInt(SocketOptions.SOL_SOCKET, SocketOptions.SO_RCVBUF)).isEqualTo(8192);
        for (int i = 0; i < 50; i++) {
            byte[] payload = new byte[1000];
            payload[0] = (byte) i;
            input(datagram().payload(payload).build());
        }
        List<Integer> kept = new ArrayList<>();
        while (receive(s) >= 0) {
            kept.add((int) buffer[0]);
        }
        assertThat(kept).containsExactly(0, 1, 2);
        assertThat(engine.counters().get(Counter.UdpRcvbufErrors)).isEqualTo(47);
        assertThat(s.receiveMemory()).isZero();
    }

    @Test
    void w302_pmtudiscDo() {
        UdpSocket s = bound(5000);
        s.setInt(SocketOptions.IPPROTO_IP, SocketOptions.IP_MTU_DISCOVER, SocketOptions.PMTUDISC_DO);
        assertThat(send(s, 1472)).isEqualTo(1472);
        assertThat(send(s, 1473)).isEqualTo(-Errno.EMSGSIZE);
        assertThat(Ipv4Header.dontFragment(output().getFirst(), 0)).isTrue();
    }

    @Test
    void w303_pmtudiscDontLeavesAsFragments() {
        UdpSocket s = bound(5000);
        s.setInt(SocketOptions.IPPROTO_IP, SocketOptions.IP_MTU_DISCOVER, SocketOptions.PMTUDISC_DONT);
        assertThat(send(s, 4000)).isEqualTo(4000);
        StringBuilder seen = new StringBuilder();
        for (byte[] f : output()) {
            seen.append("len").append(f.length).append(" off").append(Ipv4Header.fragmentOffset(f, 0) / 8).append(" mf")
                    .append(Ipv4Header.moreFragments(f, 0) ? 1 : 0).append(' ');
        }
        assertThat(seen.toString().trim()).isEqualTo("len1500 off0 mf1 len1500 off185 mf1 len1068 off370 mf0");
    }

    @Test
    void rfc1191_aConnectedSocketLearnsThePathMtu() {
        UdpSocket s = connected();
        byte[] sent = Packets.udp(HOST, 5000, PEER, 6000).payload(1400).build();
        input(Packets.icmpError(PEER, 3, 4, 1000, sent).build());
        assertThat(s.getInt(SocketOptions.IPPROTO_IP, SocketOptions.IP_MTU)).isEqualTo(1000);
        assertThat(s.send(buffer, 0, 1, 0)).isEqualTo(-Errno.EMSGSIZE);
        assertThat(s.send(buffer, 0, 1400, 0)).isEqualTo(1400);
        assertThat(output()).hasSize(2);
    }

    @Test
    void p132_noRoute() {
        UdpSocket s = bound(5000);
        IpAddress far = IpAddress.of("192.0.2.1");
        assertThat(s.sendTo(buffer, 0, 1, 0, far.high(), far.low(), 9)).isEqualTo(-Errno.ENETUNREACH);
    }

    @Test
    void ownAddressLoopsBackWithoutTouchingALink() {
        UdpSocket a = bound(5000);
        UdpSocket b = bound(5001);
        System.arraycopy(HELLO, 0, buffer, 0, 5);
        assertThat(b.sendTo(buffer, 0, 5, 0, HOST.high(), HOST.low(), 5000)).isEqualTo(5);
        assertThat(b.sendTo(buffer, 0, 5, 0, IpAddress.LOOPBACK_V4.high(), IpAddress.LOOPBACK_V4.low(), 5000)).isEqualTo(5);
        assertThat(output()).isEmpty();
        assertThat(text(a)).isEqualTo("hello");
        assertThat(new IpAddress(from.sourceHigh, from.sourceLow)).isEqualTo(HOST);
        assertThat(text(a)).isEqualTo("hello");
        assertThat(new IpAddress(from.sourceHigh, from.sourceLow)).isEqualTo(IpAddress.LOOPBACK_V4);
        assertThat(engine.frames().outstanding()).isZero();
    }

    @Test
    void localClosedPortRefusesAConnectedSocket() {
        UdpSocket s = engine.udpSocket(InetSocket.AF_INET, Owner.ROOT);
        s.connect(IpAddress.LOOPBACK_V4.high(), IpAddress.LOOPBACK_V4.low(), 9);
        assertThat(s.send(buffer, 0, 1, 0)).isEqualTo(1);
        output();
        assertThat(text(s)).isEqualTo("ECONNREFUSED");
    }

    @Test
    void dualStackSocketSpeaksBothFamilies() {
        UdpSocket s = engine.udpSocket(InetSocket.AF_INET6, Owner.ROOT);
        assertThat(s.bind(0, 0, 5000)).isZero();
        input(datagram().payload(HELLO).build());
        assertThat(text(s)).isEqualTo("hello");
        assertThat(new IpAddress(from.sourceHigh, from.sourceLow)).isEqualTo(PEER);
        assertThat(s.sendTo(HELLO, 0, 5, 0, from.sourceHigh, from.sourceLow, from.sourcePort)).isEqualTo(5);
        byte[] reply = output().getFirst();
        assertThat(Ipv4Header.version(reply, 0)).isEqualTo(4);
        assertThat(UdpHeader.checkChecksum(reply, 20, 0, HOST.low(), 0, PEER.low())).isNull();
        s.close();
        UdpSocket only = engine.udpSocket(InetSocket.AF_INET6, Owner.ROOT);
        assertThat(only.setInt(SocketOptions.IPPROTO_IPV6, SocketOptions.IPV6_V6ONLY, 1)).isZero();
        assertThat(only.bind(0, 0, 5000)).isZero();
        input(datagram().payload(HELLO).build());
        assertThat(text(only)).isEqualTo("EAGAIN");
    }

    @Test
    void receiverChoice_p141_to_p152() {
        UdpSocket any = engine.udpSocket(InetSocket.AF_INET, Owner.ROOT);
        UdpSocket specific = engine.udpSocket(InetSocket.AF_INET, Owner.ROOT);
        UdpSocket later = engine.udpSocket(InetSocket.AF_INET, Owner.ROOT);
        for (UdpSocket s : List.of(any, specific, later)) {
            s.option(InetSocket.REUSEADDR, true);
        }
        assertThat(any.bind(ANY.high(), ANY.low(), 5000)).isZero();
        assertThat(specific.bind(HOST.high(), HOST.low(), 5000)).isZero();
        input(datagram().payload(HELLO).build());
        assertThat(text(specific)).isEqualTo("hello");
        assertThat(later.bind(HOST.high(), HOST.low(), 5000)).isZero();
        input(datagram().payload(HELLO).build());
        assertThat(text(later)).isEqualTo("hello");
        assertThat(specific.connect(PEER.high(), PEER.low(), 6000)).isZero();
        input(datagram().payload(HELLO).build());
        assertThat(text(specific)).isEqualTo("hello");
        assertThat(text(later)).isEqualTo("EAGAIN");
        UdpSocket second = engine.udpSocket(InetSocket.AF_INET, Owner.ROOT);
        second.option(InetSocket.REUSEADDR, true);
        assertThat(second.bind(ANY.high(), ANY.low(), 5000)).isZero();
        input(Packets.udp(PEER, 6000, IpAddress.of("10.77.0.255"), 5000).payload(HELLO).build());
        input(Packets.udp(PEER, 6000, IpAddress.of("224.0.0.1"), 5000).payload(HELLO).build());
        for (UdpSocket s : List.of(any, second)) {
            assertThat(text(s)).isEqualTo("hello");
            assertThat(text(s)).isEqualTo("hello");
        }
    }

    @Test
    void p147_p148_reuseportSpreadsByFlow() {
        UdpSocket[] members = new UdpSocket[4];
        for (int i = 0; i < 4; i++) {
            members[i] = engine.udpSocket(InetSocket.AF_INET, Owner.ROOT);
            members[i].option(InetSocket.REUSEPORT, true);
            assertThat(members[i].bind(ANY.high(), ANY.low(), 5000)).isZero();
        }
        for (int port = 1; port <= 2000; port++) {
            input(Packets.udp(PEER, port, HOST, 5000).build());
        }
        for (UdpSocket each : members) {
            // A receive buffer of 212,992 octets holds 256 empty datagrams, for which Linux charges 832 each; drain while counting instead.
            assertThat(each.unreadDatagrams()).isEqualTo(256);
            while (receive(each) >= 0) {
                assertThat(from.sourcePort).isBetween(1, 2000);
            }
        }
        for (int i = 0; i < 50; i++) {
            input(Packets.udp(PEER, 7, HOST, 5000).build());
        }
        int holders = 0;
        for (UdpSocket each : members) {
            holders += each.unreadDatagrams() == 50 ? 1 : 0;
        }
        assertThat(holders).isEqualTo(1);
    }

    @Test
    void multicastIsHeardAfterJoiningOnly() {
        UdpSocket s = bound(5000);
        IpAddress group = IpAddress.of("239.1.2.3");
        byte[] packet = Packets.udp(PEER, 6000, group, 5000).payload(HELLO).build();
        input(packet);
        assertThat(text(s)).isEqualTo("EAGAIN");
        byte[] request = new byte[8];
        Bytes.put32(request, 0, group.v4Bits());
        assertThat(s.setOption(SocketOptions.IPPROTO_IP, SocketOptions.IP_ADD_MEMBERSHIP, request, 0, 8)).isZero();
        assertThat(s.setOption(SocketOptions.IPPROTO_IP, SocketOptions.IP_ADD_MEMBERSHIP, request, 0, 8)).isEqualTo(-Errno.EADDRINUSE);
        input(packet);
        assertThat(text(s)).isEqualTo("hello");
        assertThat(s.sendTo(HELLO, 0, 5, 0, group.high(), group.low(), 5000)).isEqualTo(5);
        assertThat(Ipv4Header.ttl(output().getFirst(), 0)).isEqualTo(1);
        assertThat(text(s)).isEqualTo("hello");
        s.setInt(SocketOptions.IPPROTO_IP, SocketOptions.IP_MULTICAST_LOOP, 0);
        s.sendTo(HELLO, 0, 5, 0, group.high(), group.low(), 5000);
        output();
        assertThat(text(s)).isEqualTo("EAGAIN");
        s.close();
        input(packet);
        assertThat(engine.counters().get(Refusal.IPV4_NOT_LOCAL)).isEqualTo(2);
    }

    @Test
    void s4_18_sendBufferCountsWhatTheLinksHaveNotTaken() {
        UdpSocket s = bound(5000);
        s.setInt(SocketOptions.SOL_SOCKET, SocketOptions.SO_SNDBUF, 4096);
        int sent = 0;
        while (send(s, 1000) == 1000) {
            sent++;
        }
        assertThat(sent).isEqualTo(8);
        assertThat(send(s, 1000)).isEqualTo(-Errno.EAGAIN);
        assertThat(s.poll() & InetSocket.POLLOUT).isZero();
        boolean[] told = new boolean[1];
        s.events((socket, mask) -> told[0] = (mask & InetSocket.POLLOUT) != 0);
        assertThat(output()).hasSize(8);
        assertThat(told[0]).isTrue();
        assertThat(send(s, 1000)).isEqualTo(1000);
    }

    /// RFC 1122 §4.1.3.2: the application can have the IP options of a datagram (IP_RECVOPTS); without asking it gets none.
    @Test
    void rfc1122_4_1_3_2_receivedOptionsReachTheApplication() {
        UdpSocket s = engine.udpSocket(InetSocket.AF_INET, Owner.ROOT);
        s.bind(0, IpAddress.ANY_V4.low(), 5000);
        byte[] plain = Packets.udp(PEER, 6000, HOST, 5000).payload(5).build();
        byte[] packet = new byte[plain.length + 4];
        System.arraycopy(plain, 0, packet, 0, 20);
        System.arraycopy(plain, 20, packet, 24, plain.length - 20);
        packet[0] = 0x46;
        Bytes.put16(packet, 2, packet.length);
        Bytes.put32(packet, 20, 0x9404_0000);
        Ipv4Header.writeChecksum(packet, 0);
        byte[] room = new byte[10];
        ReceivedFrom from = new ReceivedFrom();
        input(packet);
        assertThat(s.receive(room, 0, 10, 0, from)).isEqualTo(5);
        assertThat(from.optionsLength).isZero();
        assertThat(s.setInt(SocketOptions.IPPROTO_IP, SocketOptions.IP_RECVOPTS, 1)).isZero();
        input(packet);
        input(plain);
        assertThat(s.receive(room, 0, 10, Msg.PEEK, from)).isEqualTo(5);
        assertThat(s.receive(room, 0, 10, 0, from)).isEqualTo(5);
        assertThat(Bytes.i32(from.options, 0)).isEqualTo(0x9404_0000);
        assertThat(from.optionsLength).isEqualTo(4);
        assertThat(s.receive(room, 0, 10, 0, from)).isEqualTo(5);
        assertThat(from.optionsLength).isZero();
    }

    /// Linux 6.18 applies IP_MINTTL and IPV6_MINHOPCOUNT to TCP only; so do we.
    @Test
    void minimalTtlIsForTcpOnly() {
        UdpSocket s = engine.udpSocket(InetSocket.AF_INET, Owner.ROOT);
        s.bind(0, IpAddress.ANY_V4.low(), 5000);
        assertThat(s.setInt(SocketOptions.IPPROTO_IP, SocketOptions.IP_MINTTL, 255)).isZero();
        input(Packets.udp(PEER, 6000, HOST, 5000).payload(5).build());
        assertThat(s.unreadDatagrams()).isEqualTo(1);
    }
}
