package org.lastack.core.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.lastack.core.socket.InetSocket;

/// Acknowledgments that wait for the answer of a program that is about to give one ([org.lastack.core.Engine#holdAcks]): which wait, and that they leave.
class HeldAcksTest {
    private final HostUnderTest host = new HostUnderTest();
    private final Peer peer = new Peer(host, 40_000, 80);
    private final TcpSocket child = peer.connects(host.listener(80, 5));

    private void hold() {
        assertThat(host.engine.holdAcks(true)).isFalse();
    }

    private void release() {
        host.engine.holdAcks(false);
    }

    /// A young connection acknowledges at once; the answer takes the ACK along.
    @Test
    void anAnswerCarriesTheAck() {
        peer.sends("P. 1:6(5) ack 1").expects(". 1:1(0) ack 6");
        hold();
        peer.sends("P. 6:11(5) ack 1").expectsNothing();
        assertThat(host.engine.holdAcks(true)).isTrue();
        assertThat(Peer.read(child)).isEqualTo("'" + Peer.text(1, 11) + "'");
        peer.write(child, 3);
        peer.expects("P. 1:4(3) ack 11");
        release();
        peer.expectsNothing();
        assertThat(host.engine.holdAcks(false)).isFalse();
    }

    /// A request, its FIN, and a program that closes: one segment.
    @Test
    void theFinCarriesTheAckOfTextAndFin() {
        hold();
        peer.sends("P. 1:2(1) ack 1").sends("F. 2:2(0) ack 1").expectsNothing();
        Peer.read(child);
        child.close();
        peer.expects("F. 1:1(0) ack 3");
        release();
        peer.expectsNothing();
        peer.sends(". 3:3(0) ack 2").expectsNothing();
        assertThat(host.tcp.connectionCount()).isZero();
    }

    /// Without an answer the ACK leaves with the release, once, and nothing else has changed.
    @Test
    void withoutAnAnswerTheAckLeavesWithTheRelease() {
        hold();
        peer.sends("P. 1:6(5) ack 1").expectsNothing();
        Peer.read(child);
        peer.expectsNothing();
        release();
        peer.expects(". 1:1(0) ack 6");
        release();
        peer.expectsNothing();
    }

    /// SHLD-19: what is more than a segment is acknowledged at once.
    @Test
    void severalSegmentsDoNotWait() {
        hold();
        peer.sends(". 1:1461(1460) ack 1");
        peer.sends(". 1461:2921(1460) ack 1");
        assertThat(peer.said()).isNotEmpty().last().asString().startsWith(". 1:1(0) ack 2921");
    }

    /// RFC 5681 §4.2: gaps, what fills them and what came twice are told at once.
    @Test
    void gapsAndDuplicatesDoNotWait() {
        hold();
        peer.sends("P. 11:16(5) ack 1");
        assertThat(peer.said()).singleElement().asString().startsWith(". 1:1(0) ack 1");
        peer.sends("P. 1:6(5) ack 1");
        assertThat(peer.said()).singleElement().asString().startsWith(". 1:1(0) ack 6");
        peer.sends("P. 1:6(5) ack 1");
        assertThat(peer.said()).singleElement().asString().startsWith(". 1:1(0) ack 6");
    }

    /// RFC 9293 §3.10.7.4, eighth: a program that has closed answers no more; the FIN that ends the connection is acknowledged at once.
    @Test
    void whoHasClosedDoesNotHold() {
        child.shutdown(InetSocket.SHUT_WR);
        peer.expects("F. 1:1(0) ack 1");
        peer.sends(". 1:1(0) ack 2");
        hold();
        peer.sends("P. 1:2(1) ack 2").expects(". 2:2(0) ack 2");
        peer.sends("F. 2:2(0) ack 2").expects(". 2:2(0) ack 3");
    }

    /// A connection that ends while its ACK waits is forgotten.
    @Test
    void aResetEndsTheWaiting() {
        hold();
        peer.sends("P. 1:6(5) ack 1").expectsNothing();
        peer.sends("R. 6:6(0) ack 1").expectsNothing();
        release();
        peer.expectsNothing();
        assertThat(host.tcp.connectionCount()).isZero();
    }

    /// Many at once: each is acknowledged once.
    @Test
    void manyConnectionsWait() {
        TcpSocket listener = host.listener(81, 100);
        Peer[] peers = new Peer[50];
        for (int i = 0; i < peers.length; i++) {
            peers[i] = new Peer(host, 41_000 + i, 81);
            peers[i].connects(listener);
        }
        hold();
        for (Peer each : peers) {
            each.sends("P. 1:2(1) ack 1").expectsNothing();
        }
        release();
        for (Peer each : peers) {
            each.expects(". 1:1(0) ack 2");
        }
    }
}
