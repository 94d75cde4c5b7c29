package org.lastack.core.tcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.lastack.core.Engine;
import org.lastack.core.EngineConfig;
import org.lastack.core.Entropy;
import org.lastack.core.Errno;
import org.lastack.core.Sysctls;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.Owner;

/// Reno and DCTCP against values computed by hand, and the choice of an algorithm by name.
class CongestionControlTest {
    private static final int IPPROTO_TCP = 6;
    private static final int TCP_CONGESTION = 13;

    private final Engine engine = new Engine(EngineConfig.named("host"), Entropy.seeded(1));
    private final TcpSocket c = engine.tcpSocket(InetSocket.AF_INET, Owner.ROOT);

    private Sender sender(CongestionControl control, int cwnd, int ssthresh) {
        Sender s = new Sender(engine.tcp().slabs(), control);
        s.cwnd = cwnd;
        s.ssthresh = ssthresh;
        s.cwndLimited = true;
        return s;
    }

    @Test
    void renoDoublesPerRoundTripUntilSsthresh() {
        NewReno reno = new NewReno();
        Sender s = sender(reno, 10, 32);
        // RFC 5681 §3.1 with RFC 3465: as many segments more as were delivered.
        reno.increase(c.tcb(), s, 0, 10);
        assertThat(s.cwnd).isEqualTo(20);
        reno.increase(c.tcb(), s, 0, 20);
        // 12 of the 20 lead to ssthresh, the other 8 count towards the next segment of congestion avoidance.
        assertThat(s.cwnd).isEqualTo(32);
        reno.increase(c.tcb(), s, 0, 23);
        assertThat(s.cwnd).isEqualTo(32);
        reno.increase(c.tcb(), s, 0, 1);
        assertThat(s.cwnd).isEqualTo(33);
    }

    @Test
    void renoHalves() {
        NewReno reno = new NewReno();
        assertThat(reno.ssthresh(c.tcb(), sender(reno, 100, 200))).isEqualTo(50);
        assertThat(reno.ssthresh(c.tcb(), sender(reno, 3, 200))).isEqualTo(2);
    }

    @Test
    void aWindowThatIsNotUsedDoesNotGrow() {
        NewReno reno = new NewReno();
        Sender s = sender(reno, 10, 5);
        s.cwndLimited = false;
        reno.increase(c.tcb(), s, 0, 100);
        // RFC 7661 §3.
        assertThat(s.cwnd).isEqualTo(10);
    }

    @Test
    void dctcpMovesAlphaBySixteenths() {
        // RFC 8257 §3.3, alpha in 1024ths: alpha (1 - 1/16) + share / 16.
        assertThat(Dctcp.moved(1024, 100, 100)).isEqualTo(1024);
        assertThat(Dctcp.moved(1024, 100, 0)).isEqualTo(960);
        assertThat(Dctcp.moved(1024, 20, 10)).isEqualTo(992);
        assertThat(Dctcp.moved(0, 16, 16)).isEqualTo(64);
        assertThat(Dctcp.moved(15, 100, 0)).as("below the resolution it becomes 0 instead of staying").isZero();
        int alpha = 1024;
        for (int i = 0; i < 200; i++) {
            alpha = Dctcp.moved(alpha, 1000, 250);
        }
        assertThat(alpha).as("a quarter marked: 256, and what the shift cuts off").isBetween(256, 271);
    }

    @Test
    void dctcpWithoutEcnIsReno() {
        Dctcp dctcp = new Dctcp();
        c.tcb().ecn = false;
        Sender s = sender(dctcp, 100, 200);
        dctcp.start(c.tcb(), s);
        assertThat(dctcp.ssthresh(c.tcb(), s)).isEqualTo(50);
    }

    @Test
    void dctcpReducesByHalfOfAlpha() {
        Dctcp dctcp = new Dctcp();
        c.tcb().ecn = true;
        Sender s = sender(dctcp, 100, 200);
        dctcp.start(c.tcb(), s);
        assertThat(dctcp.ssthresh(c.tcb(), s)).as("alpha is 1 in the beginning").isEqualTo(50);
        s.delivered = 100;
        c.tcb().snd.una = c.tcb().snd.nxt;
        dctcp.inAck(c.tcb(), s, false, 0);
        assertThat(dctcp.alpha()).isEqualTo(960);
        // 100 - 100 * 960 / 2048 = 53.1, rounded up by the integer division.
        assertThat(dctcp.ssthresh(c.tcb(), s)).isEqualTo(54);
    }

    @Test
    void algorithmsAreChosenByName() {
        assertThat(CongestionControls.names()).containsExactly("cubic", "reno", "bbr", "dctcp", "bbr3");
        for (String name : CongestionControls.names()) {
            assertThat(CongestionControls.create(name).name()).isEqualTo(name);
            assertThat(choose(name)).isZero();
        }
        assertThat(choose("vegas")).isEqualTo(-Errno.ENOENT);
        assertThat(c.tcb().congestionName()).isEqualTo("bbr3");
        assertThat(new Sysctls().congestionControl()).isEqualTo("cubic");
        assertThatThrownBy(() -> new Sysctls().congestionControl("vegas")).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("cubic");
    }

    private int choose(String name) {
        byte[] octets = name.getBytes(StandardCharsets.US_ASCII);
        return c.setOption(IPPROTO_TCP, TCP_CONGESTION, octets, 0, octets.length);
    }
}
