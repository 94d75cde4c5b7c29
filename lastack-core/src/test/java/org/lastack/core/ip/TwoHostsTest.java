package org.lastack.core.ip;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.lastack.core.Engine;
import org.lastack.core.EngineConfig;
import org.lastack.core.Entropy;
import org.lastack.core.Errno;
import org.lastack.core.Interface;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.Owner;
import org.lastack.core.udp.ReceivedFrom;
import org.lastack.core.udp.UdpSocket;
import org.lastack.wire.Frame;
import org.lastack.wire.IpAddress;
import org.lastack.wire.Packets;

/// Two engines on one wire of no length, in virtual time.
class TwoHostsTest {
    private record Host(Engine engine, Interface link) {
        static Host of(String name, Interface.Kind kind, int number) {
            Engine engine = new Engine(EngineConfig.named(name).rethrowing(), Entropy.seeded(number));
            Interface link = engine.addInterface("net0", kind, kind == Interface.Kind.ETHERNET ? 0x0200_0000_0000L | number : 0, 1500);
            link.addAddress(Interface.Address.of("10.0.0." + number + "/24"));
            link.addAddress(Interface.Address.of("fd00::" + number + "/64"));
            return new Host(engine, link);
        }

        boolean pump(Host other) {
            Deque<byte[]> wire = new ArrayDeque<>();
            for (Frame f = engine.poll(); f != null; f = engine.poll()) {
                wire.add(Arrays.copyOfRange(f.data, f.offset, f.offset + f.length));
                f.release();
            }
            wire.forEach(each -> other.engine.input(other.link, each, 0, each.length));
            return !wire.isEmpty();
        }
    }

    private static void settle(Host a, Host b) {
        while (a.pump(b) | b.pump(a)) {
            // Until nobody has anything to say.
        }
    }

    private static void advance(Host a, Host b, double seconds) {
        long until = a.engine.now() + (long) (seconds * 1e9);
        settle(a, b);
        for (long next = next(a, b); next <= until; next = next(a, b)) {
            for (Host each : new Host[] {a, b}) {
                each.engine.setNow(Math.max(each.engine.now(), next));
                each.engine.timeout();
            }
            settle(a, b);
        }
        a.engine.setNow(until);
        b.engine.setNow(until);
    }

    private static long next(Host a, Host b) {
        return Math.min(a.engine.nextTimeoutNs(), b.engine.nextTimeoutNs());
    }

    @ParameterizedTest
    @EnumSource(names = {"IP", "ETHERNET"})
    void datagramsOfAllSizesCrossOverBothFamilies(Interface.Kind kind) {
        Host a = Host.of("a", kind, 1);
        Host b = Host.of("b", kind, 2);
        advance(a, b, 30);
        UdpSocket client = a.engine.udpSocket(InetSocket.AF_INET6, Owner.ROOT);
        UdpSocket server = b.engine.udpSocket(InetSocket.AF_INET6, Owner.ROOT);
        assertThat(server.bind(0, 0, 7)).isZero();
        byte[] buffer = new byte[70_000];
        ReceivedFrom from = new ReceivedFrom();
        for (String text : new String[] {"10.0.0.2", "fd00::2"}) {
            IpAddress to = IpAddress.of(text);
            assertThat(client.connect(to.high(), to.low(), 7)).isZero();
            for (int length : new int[] {0, 1, 100, 1452, 1472, 1473, 9000, 65_507}) {
                byte[] sent = Packets.pattern(length);
                assertThat(client.send(sent, 0, length, 0)).isEqualTo(length);
                settle(a, b);
                assertThat(server.receive(buffer, 0, buffer.length, 0, from)).isEqualTo(length);
                assertThat(Arrays.copyOf(buffer, length)).isEqualTo(sent);
                assertThat(server.sendTo(buffer, 0, length, 0, from.sourceHigh, from.sourceLow, from.sourcePort)).isEqualTo(length);
                settle(a, b);
                assertThat(client.receive(buffer, 0, buffer.length, 0, from)).isEqualTo(length);
                assertThat(new IpAddress(from.sourceHigh, from.sourceLow)).isEqualTo(to);
            }
            server.close();
            assertThat(client.send(buffer, 0, 1, 0)).isEqualTo(1);
            settle(a, b);
            assertThat(client.receive(buffer, 0, 1, 0, from)).isEqualTo(-Errno.ECONNREFUSED);
            // An address that connect chose stays: it must go before a peer of the other family.
            client.disconnect();
            server = b.engine.udpSocket(InetSocket.AF_INET6, Owner.ROOT);
            server.bind(0, 0, 7);
        }
        advance(a, b, 120);
        assertThat(a.engine.frames().outstanding()).isZero();
        assertThat(b.engine.frames().outstanding()).isZero();
    }
}
