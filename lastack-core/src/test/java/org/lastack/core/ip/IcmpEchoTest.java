package org.lastack.core.ip;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.lastack.core.Counter;
import org.lastack.core.EngineFixture;
import org.lastack.core.Sysctl;
import org.lastack.wire.IpAddress;
import org.lastack.wire.Packets;
import org.lastack.wire.Refusal;

class IcmpEchoTest extends EngineFixture {
    @Test
    void rfc1122_3_2_2_6_anEchoIsAnsweredWithItsData() {
        assertThat(input(Packets.echoRequest(PEER, HOST, 7, 1).payload(56).build()))
                .containsExactly(Packets.echoReply(HOST, PEER, 7, 1).payload(56).fragmentField(0).id(idOf()).build());
    }

    /// The identification is keyed: read it from a second host with the same seed.
    private static int idOf() {
        EngineFixture twin = new EngineFixture();
        byte[] reply = twin.input(Packets.echoRequest(PEER, HOST, 7, 1).payload(56).build()).getFirst();
        return org.lastack.wire.Ipv4Header.identification(reply, 0);
    }

    @Test
    void rfc4443_4_2_anEchoOverIpv6IsAnsweredWithItsData() {
        byte[] reply = input(Packets.echoRequest(PEER6, HOST6, 7, 1).payload(56).build()).getFirst();
        byte[] expected = Packets.echoReply(HOST6, PEER6, 7, 1).payload(56).flowLabel(org.lastack.wire.Ipv6Header.flowLabel(reply, 0)).build();
        assertThat(reply).isEqualTo(expected);
    }

    @Test
    void x01_x03_linkPaddingIsNeverReflected() {
        byte[] request = Packets.echoRequest(PEER, HOST, 7, 1).payload(4).build();
        byte[] padded = Arrays.copyOf(request, 60);
        Arrays.fill(padded, request.length, 60, (byte) 0xee);
        assertThat(input(padded).getFirst()).hasSize(request.length);
    }

    @Test
    void w286_r12_noReplyToBroadcastUnlessAskedFor() {
        byte[] request = Packets.echoRequest(PEER, IpAddress.of("10.77.0.255"), 7, 1).build();
        assertThat(input(request)).isEmpty();
        assertThat(engine.counters().get(Refusal.ICMPV4_IGNORED)).isEqualTo(1);
        engine.sysctls().set(Sysctl.ICMP_ECHO_IGNORE_BROADCASTS, 0);
        assertThat(input(request)).hasSize(1);
    }

    @Test
    void ownAddressIsReachedThroughTheLoopback() {
        List<byte[]> out = input(Packets.echoRequest(PEER, HOST, 1, 1).build());
        assertThat(out).hasSize(1);
        Route route = engine.ip().route(0, HOST.low(), 0, IpAddress.ANY_V4.low(), 0);
        assertThat(route.kind).isEqualTo(Route.Kind.LOCAL);
        assertThat(route.out).isSameAs(engine.loopback());
        assertThat(route.sourceLow).isEqualTo(HOST.low());
        assertThat(engine.counters().get(Counter.IcmpOutEchoReps)).isEqualTo(1);
    }

    @Test
    void everyFrameIsReturned() {
        input(Packets.echoRequest(PEER, HOST, 1, 1).payload(4000).fragmentField(0).build());
        assertThat(engine.frames().outstanding()).isZero();
    }
}
