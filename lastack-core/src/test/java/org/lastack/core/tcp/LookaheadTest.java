package org.lastack.core.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.lastack.core.Engine;
import org.lastack.core.EngineConfig;
import org.lastack.core.Entropy;
import org.lastack.core.Interface;
import org.lastack.core.Sysctl;
import org.lastack.core.Sysctls;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.Owner;
import org.lastack.wire.Frame;
import org.lastack.wire.IpAddress;

/// What is fetched ahead is only fetched: a server that is told of its batches does octet by octet what its twin does that is not.
class LookaheadTest {
    private static final int CONNECTIONS = 400;
    private static final int PORT = 9000;

    private final SplittableRandom random = new SplittableRandom(5);
    private final IpAddress[] addresses;
    private final Host client;
    private final Host told;
    private final Host twin;
    private long nowNs = 1_000_000_000L;

    LookaheadTest() {
        addresses = new IpAddress[] {IpAddress.of("10.0.0.1"), IpAddress.of("10.0.0.2")};
        client = new Host(1, 0, 1 << 20);
        told = new Host(2, 1, 1 << 20);
        twin = new Host(2, 1, 1 << 20);
    }

    private final class Host {
        final Engine engine;
        final Interface wire;
        final List<TcpSocket> sockets = new ArrayList<>();

        Host(long seed, int index, int foldAbove) {
            engine = new Engine(new EngineConfig("host", new Sysctls().set(Sysctl.TCP_FOLD_ABOVE, foldAbove).set(Sysctl.SOMAXCONN, CONNECTIONS), true), Entropy.seeded(seed));
            engine.setNow(1_000_000_000L);
            wire = engine.addInterface("tun0", Interface.Kind.IP, 0, 1500);
            wire.addAddress(Interface.Address.of(addresses[index] + "/24"));
            wire.addAddress(Interface.Address.of("fd00::" + (index + 1) + "/64"));
        }

        TcpSocket listener() {
            TcpSocket socket = engine.tcpSocket(InetSocket.AF_INET6, Owner.ROOT);
            HostUnderTest.must(socket.bind(0, 0, PORT));
            HostUnderTest.must(socket.listen(CONNECTIONS));
            return socket;
        }

        List<byte[]> output() {
            List<byte[]> packets = new ArrayList<>();
            for (Frame frame = engine.poll(); frame != null; frame = engine.poll()) {
                packets.add(Arrays.copyOfRange(frame.data, frame.offset, frame.offset + frame.length));
                frame.release();
            }
            return packets;
        }

        void input(List<byte[]> packets, boolean tell) {
            Frame[] batch = new Frame[packets.size()];
            for (int i = 0; i < batch.length; i++) {
                byte[] packet = packets.get(i);
                batch[i] = Frame.unpooled(64 + packet.length);
                batch[i].offset = 64;
                batch[i].length = packet.length;
                System.arraycopy(packet, 0, batch[i].data, 64, packet.length);
            }
            if (tell) {
                engine.expect(wire, batch, batch.length);
            }
            for (Frame each : batch) {
                engine.input(wire, each);
            }
        }

        void tick() {
            engine.setNow(nowNs);
            if (engine.nextTimeoutNs() <= nowNs) {
                engine.timeout();
            }
        }
    }

    /// Carries everything until all are silent; what the servers say must be the same.
    private void settle() {
        for (List<byte[]> out = client.output(); !out.isEmpty(); out = client.output()) {
            for (int from = 0; from < out.size(); from += 70) {
                List<byte[]> batch = new ArrayList<>(out.subList(from, Math.min(out.size(), from + 70)));
                spoil(batch);
                told.input(batch, true);
                twin.input(batch, false);
            }
            List<byte[]> back = told.output();
            assertThat(hex(back)).isEqualTo(hex(twin.output()));
            client.input(back, true);
        }
    }

    private static List<String> hex(List<byte[]> packets) {
        return packets.stream().map(HexFormat.of()::formatHex).toList();
    }

    private boolean spoiling;

    /// Duplicates, damage, pieces and other things among the segments.
    private void spoil(List<byte[]> batch) {
        if (!spoiling) {
            return;
        }
        for (int i = batch.size() - 1; i >= 0; i--) {
            byte[] packet = batch.get(i);
            switch (random.nextInt(12)) {
                case 0 -> batch.add(i, packet);
                case 1 -> batch.add(random.nextInt(batch.size() + 1), Arrays.copyOf(packet, random.nextInt(packet.length + 1)));
                case 2 -> {
                    if (packet.length == 0) {
                        continue;
                    }
                    byte[] damaged = packet.clone();
                    damaged[random.nextInt(damaged.length)] ^= (byte) (1 << random.nextInt(8));
                    batch.add(random.nextInt(batch.size() + 1), damaged);
                }
                default -> {
                    // As it is.
                }
            }
        }
    }

    private void connect() {
        TcpSocket[] listeners = {told.listener(), twin.listener()};
        for (int i = 0; i < CONNECTIONS; i++) {
            boolean six = i % 3 == 0;
            TcpSocket socket = client.engine.tcpSocket(six ? InetSocket.AF_INET6 : InetSocket.AF_INET, Owner.ROOT);
            IpAddress to = six ? IpAddress.of("fd00::2") : addresses[1];
            socket.connect(to.high(), to.low(), PORT);
            client.sockets.add(socket);
            settle();
            told.sockets.add(accepted(listeners[0]));
            twin.sockets.add(accepted(listeners[1]));
        }
    }

    private static TcpSocket accepted(TcpSocket listener) {
        TcpSocket socket = listener.accept();
        if (socket == null) {
            throw new AssertionError("not accepted: errno " + listener.acceptError());
        }
        return socket;
    }

    @ParameterizedTest
    @ValueSource(longs = {1 << 20, 300})
    void aServerThatIsToldDoesTheSameAsItsTwin(long foldAbove) {
        for (Host each : List.of(told, twin)) {
            each.engine.sysctls().set(Sysctl.TCP_FOLD_ABOVE, foldAbove).set(Sysctl.TCP_OPEN_MAX, foldAbove);
        }
        connect();
        spoiling = true;
        byte[] octets = new byte[3000];
        int closed = 0;
        for (int round = 0; round < 300; round++) {
            for (int i = 0; i < 30; i++) {
                int which = random.nextInt(CONNECTIONS);
                switch (random.nextInt(20)) {
                    case 0 -> {
                        // The segments of one batch: text, then its end.
                        client.sockets.get(which).send(octets, 0, 10, 0);
                        client.sockets.get(which).close();
                        closed++;
                    }
                    case 1 -> client.sockets.get(which).abort();
                    case 2, 3, 4 -> client.sockets.get(which).send(octets, 0, random.nextInt(1, 3000), 0);
                    default -> client.sockets.get(which).send(octets, 0, 1, 0);
                }
            }
            settle();
            for (int i = 0; i < CONNECTIONS; i++) {
                int read = told.sockets.get(i).receive(octets, 0, 3000, 0);
                assertThat(twin.sockets.get(i).receive(octets, 0, 3000, 0)).isEqualTo(read);
                if (read > 0 && random.nextBoolean()) {
                    told.sockets.get(i).send(octets, 0, read, 0);
                    twin.sockets.get(i).send(octets, 0, read, 0);
                }
            }
            List<byte[]> back = told.output();
            assertThat(hex(back)).isEqualTo(hex(twin.output()));
            client.input(back, true);
            nowNs += random.nextLong(50_000_000L);
            client.tick();
            told.tick();
            twin.tick();
            settle();
        }
        assertThat(closed).isPositive();
        assertThat(told.engine.tcp().connectionCount()).isEqualTo(twin.engine.tcp().connectionCount());
        told.engine.tcp().verify();
    }

    /// Text, an RST and the text once more in one batch: the last finds no connection any more.
    @Test
    void aConnectionThatEndsWithinABatchIsNotFoundAgain() {
        connect();
        byte[] octets = new byte[1];
        TcpSocket victim = client.sockets.get(7);
        victim.send(octets, 0, 1, 0);
        List<byte[]> text = client.output();
        victim.abort();
        List<byte[]> batch = new ArrayList<>(text);
        batch.addAll(client.output());
        batch.addAll(text);
        assertThat(batch).hasSize(3);
        told.input(batch, true);
        twin.input(batch, false);
        assertThat(hex(told.output())).isEqualTo(hex(twin.output()));
        assertThat(told.sockets.get(7).state()).isEqualTo(TcpState.CLOSED);
    }

    /// Octets of any kind, with the version of IPv4, IPv6 or neither.
    @Test
    void anythingMayBeExpected() {
        connect();
        for (int round = 0; round < 3000; round++) {
            List<byte[]> batch = new ArrayList<>();
            for (int i = 0; i < 70; i++) {
                byte[] packet = new byte[random.nextInt(90)];
                random.nextBytes(packet);
                if (packet.length > 9) {
                    packet[0] = (byte) (random.nextInt(3) << 5 | random.nextInt(32));
                    packet[random.nextBoolean() ? 9 : 6] = 6;
                }
                batch.add(packet);
            }
            told.input(batch, true);
            twin.input(batch, false);
        }
        assertThat(hex(told.output())).isEqualTo(hex(twin.output()));
    }
}
