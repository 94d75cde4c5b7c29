package org.lastack.core.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.lastack.core.Engine;
import org.lastack.core.EngineConfig;
import org.lastack.core.Entropy;
import org.lastack.core.Interface;
import org.lastack.core.Sysctl;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.Owner;
import org.lastack.core.socket.SocketOptions;
import org.lastack.wire.Frame;
import org.lastack.wire.IpAddress;
import org.lastack.wire.Ipv4Header;
import org.lastack.wire.Packets;
import org.lastack.wire.TcpHeader;

/// tcp_migrate_req: what a closed member of a SO_REUSEPORT group has queued goes to the others (recorded from Linux 6.18: no client is reset).
class MigrationTest {
    private static final IpAddress HOST = IpAddress.of("10.0.0.1");
    private static final IpAddress PEER = IpAddress.of("10.0.0.2");
    private static final int PORT = 80;
    private static final int PEERS = 40;

    private final Engine engine = new Engine(EngineConfig.named("host"), Entropy.seeded(3));
    private final Interface link;
    private final List<byte[]> sent = new ArrayList<>();

    MigrationTest() {
        engine.setNow(1_000_000_000L);
        link = engine.addInterface("tun0", Interface.Kind.IP, 0, 1500);
        link.addAddress(Interface.Address.of(HOST + "/24"));
    }

    private TcpSocket listener(boolean group) {
        TcpSocket s = engine.tcpSocket(InetSocket.AF_INET, Owner.ROOT);
        s.setInt(SocketOptions.SOL_SOCKET, SocketOptions.SO_REUSEPORT, group ? 1 : 0);
        assertThat(s.bind(IpAddress.ANY_V4.high(), IpAddress.ANY_V4.low(), PORT)).isZero();
        assertThat(s.listen(100)).isZero();
        return s;
    }

    private byte[] input(int port, int flags, int seq, int ack) {
        byte[] packet = Packets.tcp(PEER, port, HOST, PORT).flags(flags).seq(seq).ack(ack).window(1000).build();
        sent.clear();
        engine.input(link, packet, 0, packet.length);
        drain();
        return sent.isEmpty() ? new byte[0] : sent.getLast();
    }

    private void drain() {
        for (Frame frame = engine.poll(); frame != null; frame = engine.poll()) {
            sent.add(java.util.Arrays.copyOfRange(frame.data, frame.offset, frame.offset + frame.length));
            frame.release();
        }
    }

    private static int sequence(byte[] packet) {
        return TcpHeader.sequence(packet, Ipv4Header.headerLength(packet, 0));
    }

    private static int accepted(TcpSocket s) {
        int count = 0;
        while (s.accept() != null) {
            count++;
        }
        return count;
    }

    /// Half of the peers have finished their handshake when one of two listeners closes, the other half finish it afterwards.
    private int acceptedAfterClose(boolean migrate) {
        engine.sysctls().set(Sysctl.TCP_MIGRATE_REQ, migrate ? 1 : 0);
        TcpSocket closing = listener(true);
        TcpSocket staying = listener(true);
        int[] iss = new int[PEERS];
        for (int i = 0; i < PEERS; i++) {
            iss[i] = sequence(input(5000 + i, TcpHeader.SYN, 100, 0));
        }
        for (int i = 0; i < PEERS / 2; i++) {
            input(5000 + i, TcpHeader.ACK, 101, iss[i] + 1);
        }
        sent.clear();
        closing.close();
        drain();
        int resets = sent.size();
        for (int i = PEERS / 2; i < PEERS; i++) {
            input(5000 + i, TcpHeader.ACK, 101, iss[i] + 1);
        }
        int count = accepted(staying);
        assertThat(resets).isEqualTo(migrate ? 0 : 20 - count + acceptedLater(iss));
        staying.close();
        drain();
        return count;
    }

    /// Of those that finished later, how many belonged to the listener that stayed: their ACK is not answered with a reset.
    private int acceptedLater(int[] iss) {
        int count = 0;
        for (int i = PEERS / 2; i < PEERS; i++) {
            byte[] answer = input(5000 + i, TcpHeader.ACK, 101, iss[i] + 1);
            count += answer.length == 0 ? 1 : 0;
        }
        return count;
    }

    @Test
    void queuedAndHalfOpenConnectionsGoToTheOtherListener() {
        assertThat(acceptedAfterClose(true)).isEqualTo(PEERS);
        assertThat(engine.tcp().ports().holders(PORT)).as("nothing is left behind").allMatch(row -> row.count() <= PEERS);
    }

    @Test
    void withoutTheSettingTheyAreReset() {
        assertThat(acceptedAfterClose(false)).isBetween(8, 32);
    }

    /// A listener that is no member of the group inherits nothing.
    @Test
    void onlyTheGroupInherits() {
        engine.sysctls().set(Sysctl.TCP_MIGRATE_REQ, 1);
        TcpSocket closing = listener(false);
        TcpSocket other = engine.tcpSocket(InetSocket.AF_INET6, Owner.ROOT);
        other.setInt(SocketOptions.IPPROTO_IPV6, SocketOptions.IPV6_V6ONLY, 1);
        assertThat(other.bind(0, 0, PORT)).isZero();
        assertThat(other.listen(5)).isZero();
        int iss = sequence(input(5000, TcpHeader.SYN, 100, 0));
        input(5000, TcpHeader.ACK, 101, iss + 1);
        sent.clear();
        closing.close();
        drain();
        assertThat(sent).hasSize(1);
        assertThat(accepted(other)).isZero();
    }
}
