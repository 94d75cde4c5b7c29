package org.lastack.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/// Ethernet II, IEEE 802.1Q and RFC 826 (SECURITY ).
class EthernetAndArpTest {
    private static final long MAC_A = EthernetHeader.parseAddress("02:00:5e:00:53:01");
    private static final long MAC_B = EthernetHeader.parseAddress("02:00:5e:00:53:fe");
    private static final IpAddress A = IpAddress.of("198.18.0.1");
    private static final IpAddress B = IpAddress.of("198.18.0.2");

    private static byte[] tagged(int... typesAndTags) {
        byte[] frame = new byte[64];
        EthernetHeader.write(frame, 0, MAC_A, MAC_B, typesAndTags[0]);
        for (int i = 1; i < typesAndTags.length; i++) {
            Bytes.put16(frame, 12 + 2 * i, typesAndTags[i]);
        }
        return frame;
    }

    @Test
    void fields() {
        byte[] frame = Packets.ethernet(EthernetHeader.BROADCAST, MAC_A, EthernetHeader.TYPE_IPV6, new byte[] {1, 2});
        assertThat(frame).hasSize(EthernetHeader.MIN_FRAME);
        assertThat(EthernetHeader.check(frame, 0, frame.length)).isNull();
        assertThat(EthernetHeader.destination(frame, 0)).isEqualTo(EthernetHeader.BROADCAST);
        assertThat(EthernetHeader.source(frame, 0)).isEqualTo(MAC_A).isEqualTo(0x02005e005301L);
        assertThat(EthernetHeader.etherType(frame, 0)).isEqualTo(EthernetHeader.TYPE_IPV6);
        assertThat(EthernetHeader.payloadType(frame, 0)).isEqualTo(EthernetHeader.TYPE_IPV6);
        assertThat(EthernetHeader.headerLength(frame, 0)).isEqualTo(14);
    }

    @Test
    @DisplayName("X-13: runt frames are refused")
    void runts() {
        byte[] frame = tagged(EthernetHeader.TYPE_VLAN, 0, EthernetHeader.TYPE_IPV4);
        for (int length = 0; length < 18; length++) {
            assertThat(EthernetHeader.check(frame, 0, length)).isEqualTo(Refusal.ETHERNET_RUNT);
        }
        assertThat(EthernetHeader.check(frame, 0, 18)).isNull();
        byte[] plain = tagged(EthernetHeader.TYPE_IPV4);
        assertThat(EthernetHeader.check(plain, 0, 13)).isEqualTo(Refusal.ETHERNET_RUNT);
        assertThat(EthernetHeader.check(plain, 0, 14)).isNull();
    }

    @Test
    @DisplayName("X-13: a priority tag is stepped over, a VLAN or a stack of tags is refused")
    void vlans() {
        byte[] priority = tagged(EthernetHeader.TYPE_VLAN, 0xe000, EthernetHeader.TYPE_IPV4);
        assertThat(EthernetHeader.check(priority, 0, 64)).isNull();
        assertThat(EthernetHeader.vlanPriority(priority, 0)).isEqualTo(7);
        assertThat(EthernetHeader.payloadType(priority, 0)).isEqualTo(EthernetHeader.TYPE_IPV4);
        assertThat(EthernetHeader.headerLength(priority, 0)).isEqualTo(18);
        byte[] vlan = tagged(EthernetHeader.TYPE_VLAN, 5, EthernetHeader.TYPE_IPV4);
        assertThat(EthernetHeader.vlanIdentifier(vlan, 0)).isEqualTo(5);
        assertThat(EthernetHeader.check(vlan, 0, 64)).isEqualTo(Refusal.ETHERNET_VLAN);
        assertThat(EthernetHeader.check(tagged(EthernetHeader.TYPE_VLAN, 0, EthernetHeader.TYPE_VLAN, 0, 0x0800), 0, 64))
                .isEqualTo(Refusal.ETHERNET_VLAN);
        assertThat(EthernetHeader.check(tagged(EthernetHeader.TYPE_SERVICE_VLAN, 0, EthernetHeader.TYPE_VLAN, 0, 0x0800), 0, 64))
                .isEqualTo(Refusal.ETHERNET_VLAN);
    }

    @Test
    @DisplayName("X-13: a length instead of a type is LLC, with and without a tag")
    void llc() {
        assertThat(EthernetHeader.check(tagged(0x05ff), 0, 64)).isEqualTo(Refusal.ETHERNET_LLC);
        assertThat(EthernetHeader.check(tagged(0), 0, 64)).isEqualTo(Refusal.ETHERNET_LLC);
        assertThat(EthernetHeader.check(tagged(0x0600), 0, 64)).isNull();
        assertThat(EthernetHeader.check(tagged(EthernetHeader.TYPE_VLAN, 0, 46), 0, 64)).isEqualTo(Refusal.ETHERNET_LLC);
    }

    @Test
    void addressesInTextAndGroups() {
        assertThat(EthernetHeader.addressText(MAC_B)).isEqualTo("02:00:5e:00:53:fe");
        assertThat(EthernetHeader.parseAddress("FF:ff:Ff:fF:ff:ff")).isEqualTo(EthernetHeader.BROADCAST);
        for (String bad : new String[] {"", "02:00:5e:00:53", "02-00-5e-00-53-01", "02:00:5e:00:53:0g", "02:00:5e:00:53:011", "2:0:5e:0:53:1",
            ":02:00:5e:00:53:0", "\u0660\u0662:00:5e:00:53:01"}) {
            assertThat(EthernetHeader.parseAddress(bad)).as(bad).isEqualTo(-1);
        }
        assertThat(EthernetHeader.isGroup(EthernetHeader.BROADCAST)).isTrue();
        assertThat(EthernetHeader.isGroup(MAC_A)).isFalse();
        assertThat(EthernetHeader.addressText(EthernetHeader.multicastV4(IpAddress.of("239.129.2.3").v4Bits()))).isEqualTo("01:00:5e:01:02:03");
        assertThat(EthernetHeader.addressText(EthernetHeader.multicastV6(IpAddress.of("ff02::1:ff00:1234").low()))).isEqualTo("33:33:ff:00:12:34");
    }

    @Test
    void arpFields() {
        byte[] packet = Packets.arp(ArpPacket.REQUEST, MAC_A, A, 0, B);
        assertThat(HexFormat.of().formatHex(packet)).isEqualTo("0001080006040001" + "02005e005301" + "c6120001" + "000000000000" + "c6120002");
        assertThat(ArpPacket.check(packet, 0, packet.length)).isNull();
        assertThat(ArpPacket.operation(packet, 0)).isEqualTo(ArpPacket.REQUEST);
        assertThat(ArpPacket.senderHardware(packet, 0)).isEqualTo(MAC_A);
        assertThat(ArpPacket.senderProtocol(packet, 0)).isEqualTo(A.v4Bits());
        assertThat(ArpPacket.targetHardware(packet, 0)).isZero();
        assertThat(ArpPacket.targetProtocol(packet, 0)).isEqualTo(B.v4Bits());
    }

    @Test
    @DisplayName("X-13: ARP whose address lengths are not 6 and 4, or of another network, is refused")
    void arpFormats() {
        byte[] right = Packets.arp(ArpPacket.REPLY, MAC_A, A, MAC_B, B);
        for (int index : new int[] {0, 1, 2, 3, 4, 5}) {
            for (int value : new int[] {0, 5, 7, 16, 255}) {
                byte[] wrong = right.clone();
                wrong[index] = (byte) value;
                if (!Arrays.equals(wrong, right)) {
                    boolean stillRight = wrong[index] == right[index];
                    assertThat(ArpPacket.check(wrong, 0, 28)).isEqualTo(stillRight ? null : Refusal.ARP_BAD_FORMAT);
                }
            }
        }
        for (int length = 0; length < 28; length++) {
            assertThat(ArpPacket.check(right, 0, length)).isEqualTo(Refusal.ARP_TRUNCATED);
        }
    }

    @Test
    @DisplayName("X-07: RARP and other operations, and senders that no host can be, are refused")
    void arpOperationsAndSenders() {
        for (int operation : new int[] {0, 3, 4, 8, 9, 65_535}) {
            assertThat(ArpPacket.check(Packets.arp(operation, MAC_A, A, MAC_B, B), 0, 28)).isEqualTo(Refusal.ARP_BAD_OPERATION);
        }
        assertThat(ArpPacket.check(Packets.arp(ArpPacket.REPLY, EthernetHeader.BROADCAST, A, MAC_B, B), 0, 28)).isEqualTo(Refusal.ARP_BAD_SENDER);
        for (String sender : new String[] {"224.0.0.1", "255.255.255.255", "240.0.0.1"}) {
            assertThat(ArpPacket.check(Packets.arp(ArpPacket.REPLY, MAC_A, IpAddress.of(sender), MAC_B, B), 0, 28))
                    .isEqualTo(Refusal.ARP_BAD_SENDER);
        }
        assertThat(ArpPacket.check(Packets.arp(ArpPacket.REQUEST, MAC_A, IpAddress.ANY_V4, 0, B), 0, 28)).as("an address probe, RFC 5227").isNull();
    }

    @Test
    void randomFramesNeverThrow() {
        Random random = new Random(1);
        for (int round = 0; round < 100_000; round++) {
            byte[] bytes = new byte[random.nextInt(40)];
            random.nextBytes(bytes);
            if (bytes.length > 13 && random.nextBoolean()) {
                Bytes.put16(bytes, 12, random.nextBoolean() ? EthernetHeader.TYPE_VLAN : EthernetHeader.TYPE_ARP);
            }
            if (EthernetHeader.check(bytes, 0, bytes.length) == null) {
                assertThat(EthernetHeader.headerLength(bytes, 0)).isLessThanOrEqualTo(bytes.length);
                assertThat(EthernetHeader.payloadType(bytes, 0)).isGreaterThanOrEqualTo(EthernetHeader.MIN_TYPE);
            }
            ArpPacket.check(bytes, 0, bytes.length);
        }
    }
}
