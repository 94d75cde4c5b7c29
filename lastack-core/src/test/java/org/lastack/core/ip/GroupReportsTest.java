package org.lastack.core.ip;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.lastack.core.EthernetFixture;
import org.lastack.wire.Bytes;
import org.lastack.wire.Checksum;
import org.lastack.wire.EthernetHeader;
import org.lastack.wire.IpAddress;
import org.lastack.wire.Ipv4Header;
import org.lastack.wire.Refusal;

/// What routers and switches are told about IPv4 groups (RFC 3376, RFC 2236, RFC 1112).
class GroupReportsTest extends EthernetFixture {
    private static final IpAddress GROUP = IpAddress.of("239.1.2.3");
    private static final int MESSAGE = 14 + 24;

    /// The IGMP frames, each as `type destination record group`.
    private static List<String> reports(List<byte[]> frames) {
        List<String> reports = new ArrayList<>();
        for (byte[] f : frames) {
            if (type(f) == EthernetHeader.TYPE_IPV4 && Ipv4Header.protocol(f, 14) == 2) {
                assertThat(f[14]).as("router alert makes the header six words").isEqualTo((byte) 0x46);
                assertThat(Bytes.i32(f, 14 + 20)).isEqualTo(0x9404_0000);
                assertThat(Ipv4Header.ttl(f, 14)).isEqualTo(1);
                int length = Ipv4Header.totalLength(f, 14) - 24;
                assertThat(Checksum.finish(Checksum.add(0, f, MESSAGE, length))).as("checksum").isZero();
                boolean v3 = (f[MESSAGE] & 0xff) == 0x22;
                int group = Bytes.i32(f, v3 ? MESSAGE + 12 : MESSAGE + 4);
                reports.add(Integer.toHexString(f[MESSAGE] & 0xff) + " " + IpAddress.v4(Ipv4Header.destination(f, 14)) + (v3 ? " " + f[MESSAGE + 8] : "") + " " + IpAddress.v4(group));
            }
        }
        return reports;
    }

    private List<byte[]> query(int length, int code) {
        byte[] packet = new byte[20 + length];
        packet[20] = 0x11;
        packet[21] = (byte) code;
        Bytes.put16(packet, 22, Checksum.finish(Checksum.add(0, packet, 20, length)));
        Ipv4Header.write(packet, 0, 0, packet.length, 1, 0, 1, 2, PEER.v4Bits(), 0xe000_0001);
        return frame(0x0100_5e00_0001L, EthernetHeader.TYPE_IPV4, packet);
    }

    private void join() {
        assertThat(engine.ip().groups().join(eth, 0, GROUP.low())).isZero();
    }

    @Test
    void rfc3376_5_1_joiningAndLeavingIsToldAndJoiningRepeated() {
        advanceSeconds(20);
        join();
        List<byte[]> now = output();
        assertThat(reports(now)).containsExactly("22 224.0.0.22 4 239.1.2.3");
        assertThat(EthernetHeader.destination(now.getFirst(), 0)).isEqualTo(0x0100_5e00_0016L);
        assertThat(reports(advanceSeconds(2))).containsExactly("22 224.0.0.22 4 239.1.2.3");
        join();
        assertThat(reports(output())).as("a second user of the group").isEmpty();
        engine.ip().groups().leave(eth.index(), 0, GROUP.low());
        assertThat(reports(output())).isEmpty();
        engine.ip().groups().leave(eth.index(), 0, GROUP.low());
        assertThat(reports(output())).containsExactly("22 224.0.0.22 3 239.1.2.3");
        assertThat(engine.frames().outstanding()).isZero();
    }

    @Test
    void rfc3376_5_2_queriesAreAnsweredWithinTheTimeThatTheyGrant() {
        advanceSeconds(20);
        join();
        advanceSeconds(5);
        assertThat(reports(query(12, 100))).as("not at once").isEmpty();
        assertThat(reports(advanceSeconds(11))).containsExactly("22 224.0.0.22 2 239.1.2.3");
    }

    @Test
    void rfc3376_7_elderRoutersGetElderReports() {
        advanceSeconds(20);
        join();
        advanceSeconds(5);
        query(8, 100);
        assertThat(reports(advanceSeconds(11))).containsExactly("16 239.1.2.3 239.1.2.3");
        engine.ip().groups().leave(eth.index(), 0, GROUP.low());
        assertThat(reports(output())).containsExactly("17 224.0.0.2 239.1.2.3");
        query(8, 0);
        join();
        assertThat(reports(output())).containsExactly("12 239.1.2.3 239.1.2.3");
        advanceSeconds(261);
        engine.ip().groups().leave(eth.index(), 0, GROUP.low());
        assertThat(reports(output())).as("after 260 s without such a query").containsExactly("22 224.0.0.22 3 239.1.2.3");
    }

    @Test
    void damagedMessagesAreCounted() {
        advanceSeconds(20);
        long before = engine.counters().get(Refusal.IGMP_IGNORED);
        byte[] packet = new byte[28];
        packet[20] = 0x11;
        Ipv4Header.write(packet, 0, 0, packet.length, 1, 0, 1, 2, PEER.v4Bits(), 0xe000_0001);
        frame(0x0100_5e00_0001L, EthernetHeader.TYPE_IPV4, packet);
        assertThat(engine.counters().get(Refusal.IGMP_IGNORED)).isEqualTo(before + 1);
    }
}
