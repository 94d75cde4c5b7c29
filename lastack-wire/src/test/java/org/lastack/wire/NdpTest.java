package org.lastack.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/// RFC 4861 (SECURITY X-08).
class NdpTest {
    private static final long MAC = EthernetHeader.parseAddress("02:00:5e:00:53:01");
    private static final IpAddress TARGET = IpAddress.of("fd00::2");
    private static final IpAddress LINK_LOCAL = IpAddress.of("fe80::1");
    private static final IpAddress GROUP = IpAddress.of("ff02::1:ff00:2");
    private static final IpAddress GLOBAL = IpAddress.of("fd00::1");

    private final byte[] bytes = new byte[256];

    private Refusal check(int length, IpAddress source, IpAddress destination) {
        return Ndp.check(bytes, 0, length, 255, source.high(), source.low(), destination.high(), destination.low());
    }

    private int solicitation(long linkAddress, IpAddress target, IpAddress source, IpAddress destination) {
        return Ndp.writeSolicitation(bytes, 0, target.high(), target.low(), linkAddress, source.high(), source.low(), destination.high(),
                destination.low());
    }

    private int advertisement(int flags, IpAddress target, IpAddress source, IpAddress destination) {
        return Ndp.writeAdvertisement(bytes, 0, flags, target.high(), target.low(), MAC, source.high(), source.low(), destination.high(),
                destination.low());
    }

    private int message(int type, String hex) {
        byte[] body = HexFormat.of().parseHex(hex.replace(" ", ""));
        bytes[0] = (byte) type;
        bytes[1] = 0;
        System.arraycopy(body, 0, bytes, 4, body.length);
        return 4 + body.length;
    }

    @Test
    void solicitationFields() {
        int length = solicitation(MAC, TARGET, GLOBAL, GROUP);
        assertThat(length).isEqualTo(32);
        assertThat(Icmpv6.check(bytes, 0, length, GLOBAL.high(), GLOBAL.low(), GROUP.high(), GROUP.low())).isNull();
        assertThat(check(length, GLOBAL, GROUP)).isNull();
        assertThat(new IpAddress(Ndp.targetHigh(bytes, 0), Ndp.targetLow(bytes, 0))).isEqualTo(TARGET);
        int option = Ndp.findOption(bytes, Ndp.firstOption(bytes, 0), length, Ndp.OPTION_SOURCE_LINK_ADDRESS);
        assertThat(option).isEqualTo(24);
        assertThat(Ndp.linkAddress(bytes, option)).isEqualTo(MAC);
        assertThat(Ndp.findOption(bytes, Ndp.firstOption(bytes, 0), length, Ndp.OPTION_TARGET_LINK_ADDRESS)).isEqualTo(-1);
    }

    @Test
    void advertisementFields() {
        int length = advertisement(Ndp.FLAG_SOLICITED | Ndp.FLAG_OVERRIDE, TARGET, LINK_LOCAL, GLOBAL);
        assertThat(check(length, LINK_LOCAL, GLOBAL)).isNull();
        assertThat(Ndp.isSolicited(bytes, 0)).isTrue();
        assertThat(Ndp.isOverride(bytes, 0)).isTrue();
        assertThat(Ndp.isRouter(bytes, 0)).isFalse();
        assertThat(Ndp.linkAddress(bytes, Ndp.findOption(bytes, 24, length, Ndp.OPTION_TARGET_LINK_ADDRESS))).isEqualTo(MAC);
    }

    @Test
    void routerAdvertisementFields() {
        int length = message(Icmpv6.ROUTER_ADVERTISEMENT, "40800708 00007530 000003e8 0101 02005e005301 0501 0000 000005dc"
                + "030440c0 00015180 ffffffff 00000000 fd000000000000120000000000000000 1901 000000000000");
        assertThat(check(length, LINK_LOCAL, IpAddress.of("ff02::1"))).isNull();
        assertThat(Ndp.routerHopLimit(bytes, 0)).isEqualTo(64);
        assertThat(Ndp.routerManaged(bytes, 0)).isTrue();
        assertThat(Ndp.routerLifetimeSeconds(bytes, 0)).isEqualTo(1800);
        assertThat(Ndp.reachableTimeMs(bytes, 0)).isEqualTo(30_000);
        assertThat(Ndp.retransmitTimerMs(bytes, 0)).isEqualTo(1000);
        int mtu = Ndp.findOption(bytes, 16, length, Ndp.OPTION_MTU);
        assertThat(Ndp.optionMtu(bytes, mtu)).isEqualTo(1500);
        int prefix = Ndp.findOption(bytes, 16, length, Ndp.OPTION_PREFIX);
        assertThat(Ndp.prefixLength(bytes, prefix)).isEqualTo(64);
        assertThat(Ndp.prefixOnLink(bytes, prefix)).isTrue();
        assertThat(Ndp.prefixAutonomous(bytes, prefix)).isTrue();
        assertThat(Ndp.prefixValidSeconds(bytes, prefix)).isEqualTo(86_400);
        assertThat(Ndp.prefixPreferredSeconds(bytes, prefix)).isEqualTo(0xffff_ffffL);
        assertThat(new IpAddress(Ndp.prefixHigh(bytes, prefix), Ndp.prefixLow(bytes, prefix))).hasToString("fd00:0:0:12::");
        assertThat(Ndp.findOption(bytes, 16, length, Ndp.OPTION_RECURSIVE_DNS)).isPositive();
        assertThat(check(length, GLOBAL, IpAddress.of("ff02::1"))).as("a router speaks from its link-local address")
                .isEqualTo(Refusal.NDP_BAD_ADDRESS);
    }

    @Test
    @DisplayName("X-08, RFC 4861 section 4.6: an option of length 0 discards the packet")
    void optionOfLengthZero() {
        int length = solicitation(MAC, TARGET, GLOBAL, GROUP);
        bytes[25] = 0;
        assertThat(check(length, GLOBAL, GROUP)).isEqualTo(Refusal.NDP_BAD_OPTION);
    }

    @Test
    @DisplayName("X-08: options that reach beyond the message, or are too short for their kind, discard the packet")
    void optionLengths() {
        int length = solicitation(MAC, TARGET, GLOBAL, GROUP);
        bytes[25] = 2;
        assertThat(check(length, GLOBAL, GROUP)).isEqualTo(Refusal.NDP_BAD_OPTION);
        bytes[25] = 1;
        for (int cut = 25; cut < 32; cut++) {
            assertThat(check(cut, GLOBAL, GROUP)).isEqualTo(Refusal.NDP_BAD_OPTION);
        }
        assertThat(check(24, GLOBAL, GROUP)).isNull();
        bytes[24] = Ndp.OPTION_PREFIX;
        assertThat(check(length, GLOBAL, GROUP)).isEqualTo(Refusal.NDP_BAD_OPTION);
        bytes[24] = 99;
        assertThat(check(length, GLOBAL, GROUP)).as("unknown options are skipped").isNull();
    }

    @Test
    void hopLimitCodeAndLength() {
        int length = solicitation(MAC, TARGET, GLOBAL, GROUP);
        for (int hops : new int[] {0, 1, 64, 254}) {
            assertThat(Ndp.check(bytes, 0, length, hops, GLOBAL.high(), GLOBAL.low(), GROUP.high(), GROUP.low()))
                    .isEqualTo(Refusal.NDP_BAD_HOP_LIMIT);
        }
        for (int cut = 0; cut < 24; cut++) {
            assertThat(check(cut, GLOBAL, GROUP)).isEqualTo(Refusal.ICMPV6_TRUNCATED);
        }
        bytes[1] = 1;
        assertThat(check(length, GLOBAL, GROUP)).isEqualTo(Refusal.NDP_BAD_CODE);
        bytes[1] = 0;
        bytes[0] = (byte) Icmpv6.ECHO_REQUEST;
        assertThat(check(length, GLOBAL, GROUP)).isEqualTo(Refusal.ICMPV6_UNKNOWN_TYPE);
        assertThatThrownBy(() -> Ndp.fixedLength(Icmpv6.ECHO_REQUEST)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    @DisplayName("RFC 4861 sections 7.1.1 and 7.1.2: whose address may stand where")
    void neighborAddressRules() {
        assertThat(check(solicitation(-1, TARGET, IpAddress.ANY_V6, GROUP), IpAddress.ANY_V6, GROUP)).as("duplicate detection").isNull();
        assertThat(check(solicitation(MAC, TARGET, IpAddress.ANY_V6, GROUP), IpAddress.ANY_V6, GROUP)).isEqualTo(Refusal.NDP_BAD_ADDRESS);
        assertThat(check(solicitation(-1, TARGET, IpAddress.ANY_V6, TARGET), IpAddress.ANY_V6, TARGET)).isEqualTo(Refusal.NDP_BAD_ADDRESS);
        assertThat(check(solicitation(MAC, GROUP, GLOBAL, GROUP), GLOBAL, GROUP)).isEqualTo(Refusal.NDP_BAD_ADDRESS);
        assertThat(check(advertisement(0, GROUP, GLOBAL, LINK_LOCAL), GLOBAL, LINK_LOCAL)).isEqualTo(Refusal.NDP_BAD_ADDRESS);
        IpAddress all = IpAddress.of("ff02::1");
        assertThat(check(advertisement(0, TARGET, GLOBAL, all), GLOBAL, all)).isNull();
        assertThat(check(advertisement(Ndp.FLAG_SOLICITED, TARGET, GLOBAL, all), GLOBAL, all)).isEqualTo(Refusal.NDP_BAD_ADDRESS);
    }

    @Test
    void routerSolicitation() {
        IpAddress routers = IpAddress.of("ff02::2");
        int length = Ndp.writeRouterSolicitation(bytes, 0, MAC, LINK_LOCAL.high(), LINK_LOCAL.low(), routers.high(), routers.low());
        assertThat(length).isEqualTo(16);
        assertThat(check(length, LINK_LOCAL, routers)).isNull();
        assertThat(check(length, IpAddress.ANY_V6, routers)).isEqualTo(Refusal.NDP_BAD_ADDRESS);
        length = Ndp.writeRouterSolicitation(bytes, 0, -1, 0, 0, routers.high(), routers.low());
        assertThat(length).isEqualTo(8);
        assertThat(check(length, IpAddress.ANY_V6, routers)).isNull();
    }

    @Test
    @DisplayName("RFC 4861 section 8.1: a redirect comes from a link-local address to a link-local target or the destination itself")
    void redirects() {
        String linkLocalTarget = "00000000 fe800000000000000000000000000009 fd000000000000000000000000000007";
        int length = message(Icmpv6.REDIRECT, linkLocalTarget);
        assertThat(check(length, LINK_LOCAL, GLOBAL)).isNull();
        assertThat(new IpAddress(Ndp.redirectDestinationHigh(bytes, 0), Ndp.redirectDestinationLow(bytes, 0))).hasToString("fd00::7");
        assertThat(check(length, GLOBAL, GLOBAL)).isEqualTo(Refusal.NDP_BAD_ADDRESS);
        length = message(Icmpv6.REDIRECT, "00000000 fd000000000000000000000000000007 fd000000000000000000000000000007");
        assertThat(check(length, LINK_LOCAL, GLOBAL)).isNull();
        length = message(Icmpv6.REDIRECT, "00000000 fd000000000000000000000000000008 fd000000000000000000000000000007");
        assertThat(check(length, LINK_LOCAL, GLOBAL)).isEqualTo(Refusal.NDP_BAD_ADDRESS);
        length = message(Icmpv6.REDIRECT, "00000000 fe800000000000000000000000000009 ff020000000000000000000000000007");
        assertThat(check(length, LINK_LOCAL, GLOBAL)).isEqualTo(Refusal.NDP_BAD_ADDRESS);
    }

    @Test
    void solicitedNodeGroups() {
        long low = Ndp.solicitedNodeLow(IpAddress.of("fd00::12:3456:789a").low());
        assertThat(new IpAddress(0xff02_0000_0000_0000L, low)).hasToString("ff02::1:ff56:789a");
        assertThat(Ndp.isSolicitedNode(0xff02_0000_0000_0000L, low)).isTrue();
        assertThat(Ndp.isSolicitedNode(0xff02_0000_0000_0000L, 1)).isFalse();
        assertThat(Ndp.isSolicitedNode(0xff05_0000_0000_0000L, low)).isFalse();
    }

    @Test
    @DisplayName("X-08: random messages never throw, and the iteration of what was accepted ends at the end")
    void randomMessages() {
        Random random = new Random(1);
        for (int round = 0; round < 200_000; round++) {
            byte[] message = new byte[8 + random.nextInt(80)];
            random.nextBytes(message);
            message[0] = (byte) (130 + random.nextInt(10));
            message[1] = 0;
            for (int i = 8; i + 1 < message.length; i += 8) {
                message[i] = (byte) random.nextInt(7);
                message[i + 1] = (byte) random.nextInt(3);
            }
            if (Ndp.check(message, 0, message.length, 255, LINK_LOCAL.high(), LINK_LOCAL.low(), GLOBAL.high(), GLOBAL.low()) == null) {
                int at = Ndp.firstOption(message, 0);
                while (at < message.length) {
                    at += Ndp.optionLength(message, at);
                }
                assertThat(at).isEqualTo(message.length);
            }
        }
    }
}
