package org.lastack.core.tcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.lastack.core.Engine;
import org.lastack.core.EngineConfig;
import org.lastack.core.Entropy;
import org.lastack.core.Errno;
import org.lastack.core.Sysctl;
import org.lastack.core.Sysctls;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.OptionBytes;
import org.lastack.core.socket.Owner;

/// Reno and DCTCP against values computed by hand, and the choice of an algorithm by name.
class CongestionControlTest {
    private static final int IPPROTO_TCP = 6;
    private static final int TCP_CONGESTION = 13;
    private static final int TCP_CC_INFO = 26;

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
    void dctcpHalvesAtALossHoweverFewMarksThereWere() {
        for (int i = 0; i < 2; i++) {
            Dctcp dctcp = new Dctcp();
            c.tcb().ecn = true;
            Sender s = sender(dctcp, 100, 200);
            dctcp.start(c.tcb(), s);
            for (int k = 1; k < 100; k++) {
                s.delivered += 100;
                dctcp.inAck(c.tcb(), s, false, 0);
            }
            assertThat(dctcp.alpha()).as("no marks for 99 windows").isZero();
            s.ssthresh = dctcp.ssthresh(c.tcb(), s);
            assertThat(s.ssthresh).as("what a mark would do").isEqualTo(100);
            // RFC 8257 §3.5: fast recovery and time-outs are for conventional congestion control.
            if (i == 0) {
                dctcp.state(c.tcb(), s, Sender.RECOVERY);
            } else {
                dctcp.event(c.tcb(), s, CongestionControl.Event.LOSS);
            }
            assertThat(s.ssthresh).isEqualTo(50);
            s.cwnd = 40;
            assertThat(dctcp.undoCwnd(c.tcb(), s)).isEqualTo(100);
        }
    }

    @Test
    void pacingLeavesTwiceTheRateInSlowStartAndAFifthMoreLater() {
        Tcb tcb = c.tcb();
        tcb.mss = 1000;
        tcb.srttUs8 = 8 * 100_000;
        Sender s = sender(new NewReno(), 10, Sender.INFINITE_SSTHRESH);
        // 10 segments of 1000 octets in 100 ms are 100,000 octets per second.
        assertThat(Congestion.pacingRate(tcb, s)).isEqualTo(200_000);
        s.ssthresh = 20;
        assertThat(Congestion.pacingRate(tcb, s)).as("half of ssthresh reached: already with care").isEqualTo(120_000);
        s.ssthresh = 22;
        assertThat(Congestion.pacingRate(tcb, s)).isEqualTo(200_000);
        engine.sysctls().set(Sysctl.TCP_PACING_SS_RATIO, 300).set(Sysctl.TCP_PACING_CA_RATIO, 150);
        assertThat(Congestion.pacingRate(tcb, s)).isEqualTo(300_000);
        s.ssthresh = 5;
        assertThat(Congestion.pacingRate(tcb, s)).isEqualTo(150_000);
        tcb.srttUs8 = 0;
        assertThat(Congestion.rate(tcb, s)).as("no RTT yet: not paced").isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void whatAWindowWasNotUsedForDecays() {
        Tcb tcb = c.tcb();
        tcb.rtoUs = 200_000;
        Sender s = sender(new NewReno(), 100, 50);
        s.cwndLimited = false;
        engine.setNow(10_000_000_000L);
        s.cwndStampNs = 10_000_000_000L;
        engine.setNow(10_199_000_000L);
        Congestion.validateCwnd(tcb, s, false);
        assertThat(s.cwnd).as("less than an RTO: nothing is known").isEqualTo(100);
        engine.setNow(10_200_000_000L);
        // RFC 2861 §3.2, RFC 7661 §4.4: half-way to what was used, no lower than the initial window; ssthresh remembers three quarters.
        Congestion.validateCwnd(tcb, s, false);
        assertThat(s.cwnd).isEqualTo(55);
        assertThat(s.ssthresh).isEqualTo(75);
        Congestion.validateCwnd(tcb, s, false);
        assertThat(s.cwnd).as("once per RTO").isEqualTo(55);
        engine.sysctls().set(Sysctl.TCP_SLOW_START_AFTER_IDLE, 0);
        engine.setNow(20_000_000_000L);
        Congestion.validateCwnd(tcb, s, false);
        assertThat(s.cwnd).as("switched off").isEqualTo(55);
        engine.sysctls().set(Sysctl.TCP_SLOW_START_AFTER_IDLE, 1);
        s.state = Sender.RECOVERY;
        engine.setNow(30_000_000_000L);
        Congestion.validateCwnd(tcb, s, false);
        assertThat(s.cwnd).as("recovery has its own rules").isEqualTo(55);
    }

    @Test
    void aLimitedWindowMayGrowUntilHalfOfItIsUsedInSlowStart() {
        Sender s = sender(new NewReno(), 20, Sender.INFINITE_SSTHRESH);
        s.cwndLimited = false;
        s.maxPacketsOut = 11;
        // RFC 7661 §3 as Linux: in slow start more than half of the window in use counts as limited.
        assertThat(s.cwndLimited(c.tcb())).isTrue();
        s.maxPacketsOut = 10;
        assertThat(s.cwndLimited(c.tcb())).isFalse();
        s.maxPacketsOut = 20;
        s.ssthresh = 20;
        assertThat(s.cwndLimited(c.tcb())).as("not in congestion avoidance").isFalse();
    }

    @Test
    void theAlgorithmTellsItsStateAsInLinux() {
        byte[] out = new byte[32];
        assertThat(c.getOption(IPPROTO_TCP, TCP_CC_INFO, out, 0, 32)).as("nothing sent so far").isZero();
        Tcb tcb = c.tcb();
        tcb.mss = 1000;
        for (String name : CongestionControls.names()) {
            choose(name);
            tcb.sender().control.start(tcb, tcb.sender());
            int expected = switch (name) {
                case "bbr", "bbr3" -> 20;
                case "dctcp" -> 16;
                default -> 0;
            };
            assertThat(c.getOption(IPPROTO_TCP, TCP_CC_INFO, out, 0, 32)).as(name).isEqualTo(expected);
        }
        choose("bbr");
        c.getOption(IPPROTO_TCP, TCP_CC_INFO, out, 0, 32);
        assertThat(OptionBytes.int32(out, 12)).as("pacing gain 2.885 in 256ths").isEqualTo(738);
        choose("dctcp");
        tcb.ecn = true;
        tcb.sender().control.start(tcb, tcb.sender());
        c.getOption(IPPROTO_TCP, TCP_CC_INFO, out, 0, 32);
        assertThat(OptionBytes.int32(out, 0)).as("enabled, no CE").isEqualTo(1);
        assertThat(OptionBytes.int32(out, 4)).as("alpha").isEqualTo(1024);
        assertThat(c.getOption(IPPROTO_TCP, TCP_CC_INFO, out, 0, 6)).as("cut to the room there is").isEqualTo(6);
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
