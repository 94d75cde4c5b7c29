package org.lastack.core.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.lastack.core.Counter;
import org.lastack.core.Errno;
import org.lastack.core.Sysctl;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.Owner;
import org.lastack.wire.IpAddress;
import org.lastack.wire.Packets;
import org.lastack.wire.TcpHeader;

/// Strangers who guess, peers who lie, and floods (SECURITY sections 1, 3, 4 and 5).
class AttackTest {
    private final HostUnderTest host = new HostUnderTest();
    private final Peer peer = new Peer(host, 40_000, 80);

    private TcpSocket established(String options) {
        return peer.connects(host.listener(80, 5), options);
    }

    private TcpSocket established() {
        return established("<mss 1460>");
    }

    // ---- off-path ---------------------------------------------------------------------------------------------------------------------------------

    /// SECURITY B-01 (W099-W104): an RST must hit RCV.NXT exactly.
    @Test
    void b01_blindRst() {
        TcpSocket child = established();
        peer.sends("R 2:2(0)").expects(". 1:1(0) ack 1");
        host.advance(1);
        peer.sends("R 64240:64240(0)").expects(". 1:1(0) ack 1");
        host.advance(1);
        peer.sends("R 0:0(0)").expectsNothing();
        assertThat(child.state()).isEqualTo(TcpState.ESTABLISHED);
        peer.sends("R 1:1(0)");
        assertThat(child.state()).isEqualTo(TcpState.CLOSED);
    }

    /// W104: the right edge of what was reported by SACK counts as exact too: it is what a peer that lost its state would use.
    @Test
    void anRstAtTheSackEdgeIsExact() {
        TcpSocket child = established("<mss 1460,sackOK>");
        peer.sends("P. 101:201(100) ack 1").sends("R 201:201(0)");
        assertThat(child.state()).isEqualTo(TcpState.CLOSED);
    }

    /// SECURITY B-02 (W107-W110): a SYN is answered by a challenge in every synchronized state. The golden table has the others.
    @Test
    void b02_blindSyn() {
        TcpSocket child = established();
        for (int seq : new int[] {1, 100, -5, 1_000_000}) {
            peer.sends("S " + seq + ":" + seq + "(0) <mss 1460>").expects(". 1:1(0) ack 1");
            host.advance(1);
        }
        assertThat(child.state()).isEqualTo(TcpState.ESTABLISHED);
    }

    /// SECURITY B-03, MAY-12 (W121-W124): text whose ACK is out of range is not delivered.
    @Test
    void b03_may12_blindInjection() {
        TcpSocket child = established();
        for (String ack : List.of("2", "1000000", "-100000", "-999")) {
            peer.sends("P. 1:6(5) ack " + ack).expects(". 1:1(0) ack 1");
            host.advance(1);
        }
        assertThat(Peer.read(child)).isEqualTo("EAGAIN");
    }

    /// SECURITY B-04 (CVE-2016-5696): the budget of challenge ACKs is each connection's own: what is spent at one cannot be seen at another.
    @Test
    void b04_challengeBudgetIsPerConnection() {
        TcpSocket listener = host.listener(80, 5);
        peer.connects(listener);
        Peer other = new Peer(host, 40_001, 80);
        other.connects(listener);
        int answers = 0;
        for (int i = 0; i < 500; i++) {
            peer.sends("R " + (2 + i) + ":" + (2 + i) + "(0)");
            answers += peer.said().size();
        }
        assertThat(answers).isOne();
        other.sends("R 2:2(0)").expects(". 1:1(0) ack 1");
    }

    /// SECURITY B-06: the timestamp clock starts elsewhere for each peer.
    @Test
    void b06_timestampsDoNotShowTheClock() {
        Set<Integer> stamps = new HashSet<>();
        host.listener(80, 100);
        for (int i = 0; i < 50; i++) {
            Peer each = new Peer(host, IpAddress.of("10.77.0." + (2 + i)), 40_000, HostUnderTest.HOST, 80);
            each.sends("S 0:0(0) <mss 1460,sackOK,TS val 1 ecr 0>").forget();
            stamps.add(each.lastStamp >>> 20);
        }
        assertThat(stamps).hasSizeGreaterThan(40);
    }

    /// SECURITY B-07: source ports to one destination do not tell those to another; other boots choose others.
    @Test
    void b07_ephemeralPortsDifferByDestinationAndBoot() {
        List<Integer> first = ports(host, "10.77.0.2");
        List<Integer> second = ports(host, "10.77.0.3");
        List<Integer> boot = ports(new HostUnderTest(s -> s, 1500, 99), "10.77.0.2");
        assertThat(Math.abs(first.getFirst() - second.getFirst())).isGreaterThan(10);
        assertThat(first.getFirst()).isNotEqualTo(boot.getFirst());
        assertThat(new HashSet<>(first)).hasSize(20);
    }

    private static List<Integer> ports(HostUnderTest from, String to) {
        List<Integer> ports = new ArrayList<>();
        IpAddress address = IpAddress.of(to);
        for (int i = 0; i < 20; i++) {
            TcpSocket socket = from.socket();
            assertThat(socket.connect(address.high(), address.low(), 443)).isEqualTo(-Errno.EINPROGRESS);
            ports.add(socket.localPort());
        }
        return ports;
    }

    /// SECURITY B-08: what was learned about paths is bounded, and only from quotes of segments in flight (B-09 in [IcmpAndIpTest]).
    @Test
    void b08_pathMtuIsLearnedForTheRightDestinationOnly() {
        TcpSocket listener = host.listener(80, 5);
        TcpSocket child = peer.connects(listener);
        Peer other = new Peer(host, IpAddress.of("10.77.0.3"), 40_000, HostUnderTest.HOST, 80);
        TcpSocket second = other.connects(listener);
        peer.write(child, 1460);
        host.input(Packets.icmpError(IpAddress.of("10.77.0.254"), 3, 4, 1000, peer.packets().getFirst()).build());
        assertThat(child.tcb().mss).isEqualTo(960);
        other.write(second, 1460);
        assertThat(SegmentText.fields(other.packets().getFirst()).text()).hasSize(1460);
    }

    /// SECURITY B-11 (PAWS, RFC 7323 §5): a segment with an older timestamp is from before; it is acknowledged and dropped.
    @Test
    void b11_oldDuplicatesAreRejectedByTimestamps() {
        TcpSocket child = established("<mss 1460,nop,nop,TS val 1 ecr 0>");
        peer.sends("P. 1:6(5) ack 1 <TS val 1000 ecr *>").forget();
        host.advance(3);
        peer.sends("P. 6:11(5) ack 1 <TS val 10 ecr *>").expects(". 1:1(0) ack 6");
        assertThat(Peer.read(child)).isEqualTo("'abcde'");
        peer.sends("P. 6:11(5) ack 1 <TS val 1001 ecr *>");
        assertThat(Peer.read(child)).isEqualTo("'fghij'");
    }

    /// SECURITY B-12: SO_REUSEPORT is shared within one user only, and a listener's port cannot be stolen with SO_REUSEADDR.
    @Test
    void b12_portsCannotBeStolen() {
        TcpSocket mine = host.engine.tcpSocket(InetSocket.AF_INET, new Owner(1000, 1, "mine"));
        mine.setInt(1, 15, 1);
        HostUnderTest.must(mine.bind(IpAddress.ANY_V4.high(), IpAddress.ANY_V4.low(), 8080));
        HostUnderTest.must(mine.listen(1));
        TcpSocket thief = host.engine.tcpSocket(InetSocket.AF_INET, new Owner(1001, 2, "thief"));
        thief.setInt(1, 15, 1);
        thief.setInt(1, 2, 1);
        assertThat(thief.bind(IpAddress.ANY_V4.high(), IpAddress.ANY_V4.low(), 8080)).isEqualTo(-Errno.EADDRINUSE);
        assertThat(thief.bind(HostUnderTest.HOST.high(), HostUnderTest.HOST.low(), 8080)).isEqualTo(-Errno.EADDRINUSE);
    }

    /// SECURITY B-13: two confused ends do not play ping-pong: pure ACKs out of the window are answered twice a second at most.
    @Test
    void b13_noAckStorm() {
        TcpSocket child = established();
        int answers = 0;
        for (int i = 0; i < 1000; i++) {
            peer.sends(". 900000:900000(0) ack 1");
            answers += peer.said().size();
            host.advance(0.001);
        }
        assertThat(answers).isBetween(1, 3);
        peer.closes(child);
        peer.sends("F. 1:1(0) ack 2").forget();
        answers = 0;
        for (int i = 0; i < 1000; i++) {
            peer.sends(". 900000:900000(0) ack 2");
            answers += peer.said().size();
            host.advance(0.001);
        }
        assertThat(answers).as("in TIME-WAIT").isBetween(1, 3);
    }

    // ---- floods -------------------------------------------------------------------------------------------------------------------------------------

    /// SECURITY R-01 (W026): a spoofed flood fills the queue, then cookies answer: no state grows, and an honest peer still gets in. W030: a forged ACK does not.
    @Test
    void r01_synFlood() {
        TcpSocket listener = host.listener(80, 2);
        for (int i = 0; i < 20_000; i++) {
            byte[] syn = Packets.tcp(IpAddress.of("10.77.0." + (3 + i % 250)), 1024 + i, HostUnderTest.HOST, 80).flags(TcpHeader.SYN).seq(i).mss(1460).build();
            host.engine.input(host.tun, syn, 0, syn.length);
            for (var frame = host.engine.poll(); frame != null; frame = host.engine.poll()) {
                frame.release();
            }
        }
        assertThat(host.tcp.embryoCount()).isLessThanOrEqualTo(3);
        assertThat(host.tcp.connectionCount()).isZero();
        TcpSocket child = peer.connects(listener);
        peer.sends("P. 1:6(5) ack 1");
        assertThat(Peer.read(child)).isEqualTo("'abcde'");
        assertThat(child.tcb().mss).isEqualTo(1460);
        Peer forger = new Peer(host, 40_007, 80);
        forger.sends(". 1:1(0) ack 12345");
        assertThat(forger.said()).singleElement().asString().startsWith("R ");
        host.advance(120);
        assertThat(host.tcp.embryoCount()).isZero();
        assertThat(host.counter(Counter.TcpExtSyncookiesSent)).isPositive();
    }

    /// SECURITY R-01: a cookie remembers the options in its timestamp, and is good for two minutes at most.
    @Test
    void r01_cookiesRememberOptionsAndAge() {
        HostUnderTest cookies = HostUnderTest.with(Sysctl.TCP_SYNCOOKIES, 2);
        TcpSocket listener = cookies.listener(80, 5);
        Peer there = new Peer(cookies, 40_000, 80);
        there.sends("S 0:0(0) <mss 1300,sackOK,TS val 1 ecr 0,nop,wscale 5>").forget();
        assertThat(cookies.tcp.embryoCount()).isZero();
        there.sends(". 1:1(0) ack 1 <nop,nop,TS val 2 ecr *>");
        TcpSocket child = Peer.accepted(listener);
        assertThat(child.tcb().sackPermitted).isTrue();
        assertThat(child.tcb().snd.scale).isEqualTo((byte) 5);
        assertThat(child.tcb().peerMss).isEqualTo(1300);
        Peer late = new Peer(cookies, 40_001, 80);
        late.sends("S 0:0(0) <mss 1460>").forget();
        for (double seconds : new double[] {129, 64.0 * 31, 64 * 32 * 5}) {
            cookies.advance(seconds);
            late.sends(". 1:1(0) ack 1");
            assertThat(late.said()).as("after %f s more", seconds).singleElement().asString().startsWith("R ");
        }
    }

    /// SECURITY R-02: Fast Open is off: text on a SYN is neither kept nor acknowledged.
    @Test
    void r02_noTextIsKeptOfSyns() {
        host.listener(80, 5);
        peer.sends("S 0:1000(1000) <mss 1460,hex 22 02 01 01>").expects("S. 0:0(0) ack 1 <mss 1460>");
        assertThat(host.tcp.buffersOutstanding()).isZero();
    }

    /// SECURITY R-03, S0-12, the last topic of the seeds (W001-W005): the accept queue holds backlog + 1.
    @Test
    void r03_acceptQueue() {
        int[] backlogs = {-1, 0, 1, 2, 5};
        int[] admitted = {1, 1, 2, 3, 6};
        for (int b = 0; b < backlogs.length; b++) {
            TcpSocket listener = host.listener(100 + b, backlogs[b]);
            int answered = 0;
            for (int i = 0; i < 8; i++) {
                Peer each = new Peer(host, 50_000 + i, 100 + b);
                each.sends("S 0:0(0) <mss 1460>");
                answered += each.said().isEmpty() ? 0 : 1;
                each.sends(". 1:1(0) ack 1");
            }
            int accepted = 0;
            while (listener.accept() != null) {
                accepted++;
            }
            assertThat(accepted).as("backlog " + backlogs[b]).isEqualTo(admitted[b]);
            assertThat(answered).isEqualTo(admitted[b]);
        }
    }

    /// SECURITY R-05: orphans whose peer never answers end, and there is a cap on them.
    @Test
    void r05_orphansEnd() {
        HostUnderTest few = HostUnderTest.with(Sysctl.TCP_MAX_ORPHANS, 10);
        TcpSocket listener = few.listener(80, 100);
        for (int i = 0; i < 50; i++) {
            new Peer(few, 40_000 + i, 80).connects(listener).close();
            few.drain();
        }
        assertThat(few.tcp.orphanCount()).isLessThanOrEqualTo(11);
        few.advance(300);
        assertThat(few.tcp.orphanCount()).isZero();
        assertThat(few.tcp.connectionCount()).isZero();
    }

    /// SECURITY R-06: TIME-WAIT entries are capped, the oldest goes and is counted; new service is never refused.
    @Test
    void r06_timeWaitIsCapped() {
        HostUnderTest small = HostUnderTest.with(Sysctl.TCP_MAX_TW_BUCKETS, 100);
        TcpSocket listener = small.listener(80, 5);
        for (int i = 0; i < 300; i++) {
            Peer each = new Peer(small, 10_000 + i, 80);
            each.closes(each.connects(listener));
            each.sends("F. 1:1(0) ack 2").expects(". 2:2(0) ack 2");
            small.peers.clear();
        }
        assertThat(small.tcp.timeWaitCount()).isEqualTo(100);
        assertThat(small.counter(Counter.TcpExtTCPTimeWaitOverflow)).isEqualTo(200);
    }

    /// SECURITY R-07 (SegmentSmack), R-14: tiny segments out of order are merged, capped, and cheap; memory stays within the receive buffer.
    @Test
    void r07_r14_tinySegmentsOutOfOrder() {
        TcpSocket child = established("<mss 1460,sackOK,nop,nop,nop,wscale 7>");
        for (int i = 0; i < 100_000; i++) {
            int seq = 2 + (i * 7919 & 0x7fff) * 2 % 60_000;
            byte[] packet = peer.build(". " + seq + ":" + (seq + 1) + "(1) ack 1");
            host.engine.input(host.tun, packet, 0, packet.length);
            for (var frame = host.engine.poll(); frame != null; frame = host.engine.poll()) {
                frame.release();
            }
        }
        assertThat(child.tcb().receiver.islands.count()).isLessThanOrEqualTo(Receiver.MAX_ISLANDS);
        assertThat(host.tcp.buffersOutstanding()).isLessThan(64);
        assertThat(child.state()).isEqualTo(TcpState.ESTABLISHED);
        peer.forget();
        peer.sends("R 1:1(0)");
        child.close();
        assertThat(host.tcp.buffersOutstanding()).isZero();
    }

    /// SECURITY R-14: many peers that leave a hole at the front share one budget; those who go on in order get on nevertheless.
    @Test
    void r14_memoryOfAllConnectionsIsBounded() {
        long budget = 256 * 1024;
        HostUnderTest tight = HostUnderTest.with(Sysctl.TCP_MEM, budget);
        TcpSocket listener = tight.listener(80, 100);
        List<TcpSocket> children = new ArrayList<>();
        List<Peer> peers = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            Peer each = new Peer(tight, 40_000 + i, 80);
            peers.add(each);
            children.add(each.connects(listener, "<mss 1460,sackOK>"));
        }
        long most = 0;
        for (int round = 0; round < 30; round++) {
            for (Peer each : peers) {
                int seq = 1001 + round * 1000;
                each.sends(". " + seq + ":" + (seq + 1000) + "(1000) ack 1");
                most = Math.max(most, tight.tcp.buffersOutstanding() * SlabPool.SLAB);
            }
        }
        assertThat(most).isLessThanOrEqualTo(budget + 2 * SlabPool.SLAB);
        assertThat(tight.counter(Counter.TcpExtOfoPruned)).isPositive();
        for (int i = 0; i < 40; i++) {
            peers.get(i).sends(". 1:1001(1000) ack 1");
            assertThat(Peer.read(children.get(i))).startsWith("'" + Peer.text(1, 1001));
            assertThat(peers.get(i).write(children.get(i), 500)).isEqualTo(500);
            children.get(i).abort();
            children.get(i).close();
        }
        assertThat(tight.tcp.buffersOutstanding()).isZero();
    }

    /// SECURITY R-14: in order, but nobody reads: the window closes, nothing beyond the budget is kept, and reading opens it again.
    @Test
    void r14_unreadTextIsBounded() {
        long budget = 64 * 1024;
        HostUnderTest tight = HostUnderTest.with(Sysctl.TCP_MEM, budget);
        TcpSocket listener = tight.listener(80, 100);
        List<TcpSocket> children = new ArrayList<>();
        List<Peer> peers = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            peers.add(new Peer(tight, 40_000 + i, 80));
            children.add(peers.getLast().connects(listener));
        }
        for (int round = 0; round < 60; round++) {
            for (int i = 0; i < 4; i++) {
                int seq = children.get(i).tcb().rcv.nxt - peers.get(i).iss;
                peers.get(i).sends(". " + seq + ":" + (seq + 1000) + "(1000) ack 1");
            }
        }
        assertThat(tight.tcp.buffersOutstanding() * SlabPool.SLAB).isLessThanOrEqualTo(budget + 4 * SlabPool.SLAB);
        assertThat(tight.counter(Counter.TcpExtTCPRcvQDrop)).isPositive();
        for (int i = 0; i < 4; i++) {
            int got = children.get(i).tcb().rcv.nxt - peers.get(i).iss;
            assertThat(Peer.read(children.get(i))).isEqualTo("'" + Peer.text(1, got) + "'");
            peers.get(i).forget();
            peers.get(i).sends(". " + got + ":" + (got + 1000) + "(1000) ack 1");
            assertThat(Peer.read(children.get(i))).isEqualTo("'" + Peer.text(got, got + 1000) + "'");
        }
    }

    /// SECURITY R-08 (SACK panic): tiny MSS, SACK in pieces: the queue is not cut without end.
    @Test
    void r08_sackCannotFragmentTheQueueWithoutEnd() {
        TcpSocket child = established("<mss 48,sackOK>");
        peer.write(child, 16_000);
        peer.forget();
        for (int i = 0; i < 2000; i++) {
            int left = 2 + i * 3 % 400;
            peer.sends(". 1:1(0) ack 1 <sack " + left + ":" + (left + 1) + " " + (left + 5) + ":" + (left + 6) + ">");
        }
        assertThat(child.tcb().sender.flight.packetsOut()).isLessThan(2000);
        peer.sends(". 1:1(0) ack " + (child.tcb().snd.nxt - peer.hostIss));
        assertThat(child.state()).isEqualTo(TcpState.ESTABLISHED);
    }

    /// SECURITY R-09: hostile blocks - inverted, empty, wrapping, beyond SND.NXT, below SND.UNA - mark nothing.
    @Test
    void r09_sackGarbage() {
        TcpSocket child = established("<mss 1460,sackOK>");
        peer.write(child, 14_600);
        peer.forget();
        for (String blocks : List.of("5000:2000", "2000:2000", "1461:99999", "-50000:-40000", "2147483647:-2147483648", "14602:14700", "14601:14601", "0:0")) {
            peer.sends(". 1:1(0) ack 1 <sack " + blocks + ">");
            assertThat(child.tcb().sender.flight.sackedOut()).as(blocks).isZero();
        }
        peer.sends(". 1:1(0) ack 1 <sack 1461:2921>");
        assertThat(child.tcb().sender.flight.sackedOut()).isOne();
    }

    /// SECURITY: two thousand connections, each with timers; look-up is by a keyed hash, and time does not stand still.
    @Test
    void r15_r16_manyConnections() {
        TcpSocket listener = host.listener(80, 4000);
        host.engine.sysctls().set(Sysctl.SOMAXCONN, 65_535);
        listener.listen(20_000);
        for (int i = 0; i < 2_000; i++) {
            IpAddress from = IpAddress.of("10.77.0." + (2 + i % 200));
            int iss = i * 77;
            byte[] syn = Packets.tcp(from, 1024 + i, HostUnderTest.HOST, 80).flags(TcpHeader.SYN).seq(iss).mss(1460).build();
            host.engine.input(host.tun, syn, 0, syn.length);
            var frame = host.engine.poll();
            int ack = org.lastack.wire.Bytes.i32(frame.data, frame.offset + 24) + 1;
            frame.release();
            byte[] last = Packets.tcp(from, 1024 + i, HostUnderTest.HOST, 80).seq(iss + 1).ack(ack).build();
            host.engine.input(host.tun, last, 0, last.length);
        }
        assertThat(host.tcp.connectionCount()).isEqualTo(2_000);
        List<TcpSocket> children = new ArrayList<>();
        for (TcpSocket child = listener.accept(); child != null; child = listener.accept()) {
            child.setInt(1, 9, 1);
            children.add(child);
        }
        assertThat(children).hasSize(2_000);
        children.forEach(TcpSocket::close);
        host.strays.clear();
        host.advance(300);
        assertThat(host.tcp.connectionCount()).isZero();
        HostUnderTest other = new HostUnderTest(s -> s, 1500, 8);
        assertThat(other.tcp.hash(0, 1, 2, 3, 4, 5)).isNotEqualTo(host.tcp.hash(0, 1, 2, 3, 4, 5));
    }

    // ---- peers who lie ----------------------------------------------------------------------------------------------------------------------------------

    /// SECURITY M-01: an ACK for each octet must not open the window faster than an ACK for each segment.
    @Test
    void m01_ackDivision() {
        TcpSocket child = established();
        peer.write(child, 16_000);
        peer.forget();
        int before = child.tcb().sender.cwnd;
        for (int i = 1; i <= 1460; i++) {
            peer.sends(". 1:1(0) ack " + (1 + i));
        }
        assertThat(child.tcb().sender.cwnd - before).isLessThanOrEqualTo(2);
    }

    /// SECURITY M-02: duplicate ACKs without SACK count no more than the segments that are out; with SACK they count nothing by themselves.
    @Test
    void m02_duplicateAckSpoofing() {
        TcpSocket child = established();
        peer.write(child, 14_600);
        int sent = peer.packets().size();
        peer.write(child, 60_000);
        for (int i = 0; i < 300; i++) {
            int before = child.tcb().snd.nxt;
            peer.sends(". 1:1(0) ack 1");
            assertThat(child.tcb().snd.nxt - before).as("one duplicate releases one segment at most").isLessThanOrEqualTo(1460);
            assertThat(child.tcb().sender.inFlight()).isLessThanOrEqualTo(sent);
        }
        peer.sends(". 1:1(0) ack " + (child.tcb().snd.nxt - peer.hostIss));
        assertThat(child.tcb().sender.cwnd).as("nothing of the inflation stays").isLessThanOrEqualTo(sent);

        Peer second = new Peer(host, 40_001, 81);
        TcpSocket withSack = second.connects(host.listener(81, 1), "<mss 1460,sackOK>");
        second.write(withSack, 60_000);
        second.forget();
        for (int i = 0; i < 300; i++) {
            second.sends(". 1:1(0) ack 1");
        }
        assertThat(withSack.tcb().sender.state).isLessThan(Sender.RECOVERY);
        second.expectsNothing();
    }

    /// SECURITY M-03: an ACK of what was not sent is refused.
    @Test
    void m03_optimisticAck() {
        TcpSocket child = established();
        peer.write(child, 40_000);
        peer.forget();
        int cwnd = child.tcb().sender.cwnd;
        peer.sends(". 1:1(0) ack 40001").expects(". 14601:14601(0) ack 1");
        assertThat(child.tcb().snd.una - peer.hostIss).isOne();
        assertThat(child.tcb().sender.cwnd).isEqualTo(cwnd);
    }

    /// SECURITY M-07: absurd echoes are no round-trip samples; a stamp that jumps ahead by 2^31 does not lock the peer out for ever.
    @Test
    void m07_timestampGarbage() {
        TcpSocket child = established("<mss 1460,nop,nop,TS val 1 ecr 0>");
        host.advance(1);
        int srtt = child.tcb().srttUs8;
        int ack = 1;
        for (String echo : List.of("0", "4294967295", "2147483648", "12345")) {
            peer.write(child, 10);
            ack += 10;
            host.advance(0.05);
            peer.sends(". 1:1(0) ack " + ack + " <nop,nop,TS val 5 ecr " + echo + ">").forget();
        }
        assertThat(child.tcb().rtoUs).isBetween(200_000, 1_300_000);
        assertThat(child.tcb().srttUs8).isLessThan(Math.max(srtt, 8 * 100_000));
        assertThat(child.state()).isEqualTo(TcpState.ESTABLISHED);
    }

    /// SECURITY M-07: RFC 7323 §5.5: after 24 days a remembered timestamp proves nothing.
    @Test
    void m07_timestampsAgeAfter24Days() {
        TcpSocket child = established("<mss 1460,nop,nop,TS val 1 ecr 0>");
        peer.sends("P. 1:6(5) ack 1 <nop,nop,TS val 2000000000 ecr *>");
        host.advance(25 * 86_400);
        peer.sends("P. 6:11(5) ack 1 <nop,nop,TS val 1000 ecr *>");
        assertThat(Peer.read(child)).isEqualTo("'" + Peer.text(1, 11) + "'");
    }

    /// SECURITY M-08: however slow the peer says it is, the time-out stays below two minutes.
    @Test
    void m08_theTimeoutIsCapped() {
        TcpSocket child = established();
        peer.write(child, 10);
        host.advance(900);
        assertThat(RoundTrip.timeoutNs(child.tcb())).isLessThanOrEqualTo(120_000_000_000L);
    }

    /// SECURITY M-04: bursts of loss every 200 ms do not stop a transfer: most of it is repaired without the retransmission timer.
    @Test
    void m04_periodicLoss() {
        TwoHosts net = new TwoHosts(3, 1500);
        net.delayNs = 5_000_000;
        TcpSocket listener = net.listen(1);
        TcpSocket from = net.connect();
        net.settle(1);
        TcpSocket to = listener.accept();
        byte[] block = new byte[20_000];
        long read = 0;
        long end = net.nowNs + 30_000_000_000L;
        while (net.nowNs < end) {
            from.send(block, 0, block.length, 0);
            net.drain();
            for (int got = to.receive(block, 0, block.length, 0); got > 0; got = to.receive(block, 0, block.length, 0)) {
                read += got;
            }
            net.loss = net.nowNs % 200_000_000L < 20_000_000L ? 0.8 : 0;
            net.step(Math.min(net.nextNs(), net.nowNs + 1_000_000));
        }
        assertThat(read).isGreaterThan(1_000_000);
    }

    // ---- urgent nonsense ------------------------------------------------------------------------------------------------------------------------------------

    /// SECURITY X-05 (URGENT/11): the pointer is never a length: 0, 1, 60000, backwards, on FIN, without text, again and again.
    @Test
    void x05_urgentNonsense() {
        TcpSocket child = established();
        peer.sends("PU. 1:4(3) ack 1 urg 60000");
        assertThat(Peer.read(child)).isEqualTo("'abc'");
        assertThat(Peer.read(child, 1, 1)).isEqualTo("EAGAIN");
        peer.sends("U. 4:4(0) ack 1 urg 0").sends("U. 4:4(0) ack 1 urg 1").sends("PU. 4:9(5) ack 1 urg 1").sends("U. 2:2(0) ack 1 urg 65535");
        assertThat(Peer.read(child)).isEqualTo("'defgh'");
        peer.sends("FU. 9:9(0) ack 1 urg 7");
        assertThat(child.state()).isEqualTo(TcpState.CLOSE_WAIT);
        Peer.read(child, 1, 1);
        Peer syn = new Peer(host, 40_001, 80);
        syn.sends("SU 0:0(0) urg 9 <mss 1460>");
        assertThat(syn.said()).singleElement().asString().startsWith("S. ");
    }
}
