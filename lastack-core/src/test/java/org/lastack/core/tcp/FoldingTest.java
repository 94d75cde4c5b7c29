package org.lastack.core.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Array;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.lastack.core.Sysctl;
import org.lastack.core.Sysctls;
import org.lastack.core.WheelTimer;
import org.lastack.core.socket.FieldStream;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.Msg;
import org.lastack.core.socket.Owner;
import org.lastack.core.socket.SocketOptions;

/// A connection that rests takes little room, and nobody can tell: no field is forgotten, and whatever happens to it finds it as it was.
class FoldingTest {
    /// Fields that are not the connection's state: where it stands in tables and queues of which a connection at rest is no part.
    private static final List<String> PLACE = List.of("Tcb.handle", "Tcb.openIndex", "Tcb.touched", "Tcb.returned", "InetSocket.demuxHash", "InetSocket.demuxConnected",
            "WheelTimer.wheelDeadlineNs", "WheelTimer.wheelSlot");

    private static HostUnderTest host(long foldAbove) {
        return new HostUnderTest(s -> s.set(Sysctl.TCP_FOLD_ABOVE, foldAbove));
    }

    // ---- nothing is forgotten ------------------------------------------------------------------------------------------------------------

    /// Every primitive field that can be reached from a connection is set to something odd, folded and unfolded.
    @Test
    void everyFieldComesBack() throws IllegalAccessException {
        for (String control : CongestionControls.names()) {
            for (long seed = 1; seed <= 20; seed++) {
                HostUnderTest host = new HostUnderTest();
                Tcb before = new Tcb(host.tcp, InetSocket.AF_INET, Owner.ROOT);
                Tcb after = new Tcb(host.tcp, InetSocket.AF_INET, Owner.ROOT);
                before.congestion(control);
                after.congestion(control);
                before.sender();
                SplittableRandom random = new SplittableRandom(seed);
                for (Place each : places(before)) {
                    each.randomize(random);
                }
                FieldStream stream = new FieldStream();
                stream.write();
                before.fold(stream);
                byte[] row = stream.end(null);
                stream.read(row);
                after.fold(stream);
                List<Place> was = places(before);
                List<Place> is = places(after);
                assertThat(is).hasSameSizeAs(was);
                for (int i = 0; i < was.size(); i++) {
                    assertThat(is.get(i).value()).as("%s, %s: every field must be listed in the fold method of its class", control, was.get(i).name()).isEqualTo(was.get(i).value());
                }
            }
        }
    }

    private record Place(Object owner, Field field, int index) {
        String name() {
            return field.getDeclaringClass().getSimpleName() + "." + field.getName();
        }

        Object value() throws IllegalAccessException {
            Object value = field.get(owner);
            return index < 0 ? value : Array.get(value, index);
        }

        void randomize(SplittableRandom random) throws IllegalAccessException {
            Object value = value();
            Object odd = switch (value) {
                case Boolean ignored -> random.nextBoolean();
                case Byte ignored -> (byte) random.nextInt();
                case Short ignored -> (short) random.nextInt();
                case Integer ignored -> random.nextInt() >>> random.nextInt(32);
                case Long ignored -> random.nextLong() >>> random.nextInt(64);
                case Double ignored -> random.nextDouble() - 0.5;
                default -> value;
            };
            // What is packed into fewer bits by its meaning.
            odd = switch (name()) {
                case "InetSocket.domain" -> random.nextBoolean() ? InetSocket.AF_INET : InetSocket.AF_INET6;
                case "InetSocket.localPort", "InetSocket.remotePort" -> random.nextInt(65_536);
                default -> odd;
            };
            if (index < 0) {
                field.set(owner, odd);
            } else {
                Array.set(field.get(owner), index, odd);
            }
        }
    }

    private static List<Place> places(Tcb c) throws IllegalAccessException {
        List<Place> all = new ArrayList<>();
        collect(c, all, new IdentityHashMap<>());
        return all;
    }

    private static void collect(Object object, List<Place> all, Map<Object, Object> seen) throws IllegalAccessException {
        if (seen.put(object, object) != null) {
            return;
        }
        for (Class<?> type = object.getClass(); type != Object.class; type = type.getSuperclass()) {
            for (Field field : type.getDeclaredFields()) {
                if (Modifier.isStatic(field.getModifiers())) {
                    continue;
                }
                field.setAccessible(true);
                Object value = field.get(object);
                Place place = new Place(object, field, -1);
                if (PLACE.contains(place.name()) || value == null) {
                    continue;
                }
                if (field.getType().isPrimitive() || field.getType().isEnum()) {
                    all.add(place);
                } else if (field.getType().isArray() && field.getType().getComponentType().isPrimitive()) {
                    for (int i = 0; i < Array.getLength(value); i++) {
                        all.add(new Place(object, field, i));
                    }
                } else if (part(value)) {
                    collect(value, all, seen);
                }
            }
        }
    }

    private static boolean part(Object value) {
        return value.getClass().getPackageName().equals("org.lastack.core.tcp")
                && !(value instanceof Tcp || value instanceof TcpSocket || value instanceof Flight || value instanceof ByteRing || value instanceof TcpState);
    }

    // ---- when -----------------------------------------------------------------------------------------------------------------------------

    @Test
    void onlyWhatRestsIsFolded() {
        HostUnderTest host = host(0);
        Peer peer = new Peer(host, 40_000, 80);
        TcpSocket child = peer.connects(host.listener(80, 5));
        host.drain();
        assertThat(child.folded()).isTrue();
        peer.sends("P. 1:6(5) ack 1");
        assertThat(child.folded()).as("something to read").isFalse();
        child.receive(new byte[10], 0, 10, 0);
        host.advance(1);
        assertThat(child.folded()).as("read and acknowledged").isTrue();
        child.send(new byte[10], 0, 10, 0);
        host.drain();
        assertThat(child.folded()).as("something in flight").isFalse();
        peer.sends(". 6:6(0) ack 11");
        host.drain();
        assertThat(child.folded()).isTrue();
        assertThat(child.info().bytesAcked()).isEqualTo(10);
        peer.sends("F. 6:6(0) ack 11");
        // The ACK of a FIN after text is a delayed one.
        host.advance(0.04);
        assertThat(child.folded()).as("CLOSE-WAIT rests too").isTrue();
        assertThat(child.state()).isEqualTo(TcpState.CLOSE_WAIT);
        assertThat(child.receive(new byte[10], 0, 10, 0)).isZero();
    }

    /// The last few stay open: which ones is a matter of use, not of time.
    @Test
    void theHandLeavesWhatIsUsed() {
        HostUnderTest host = host(4);
        TcpSocket listener = host.listener(80, 100);
        List<TcpSocket> all = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            all.add(new Peer(host, 40_000 + i, 80).connects(listener));
            all.getFirst().send(new byte[1], 0, 0, Msg.MORE);
        }
        for (int i = 0; i < 40; i++) {
            host.drain();
        }
        assertThat(all.stream().filter(each -> !each.folded()).count()).isLessThanOrEqualTo(4);
        assertThat(host.tcp.folding().openCount()).isLessThanOrEqualTo(4);
        assertThat(host.tcp.connectionCount()).isEqualTo(40);
        int[] rows = new int[1];
        host.tcp.rows(row -> {
            if (row.state() == TcpState.ESTABLISHED) {
                assertThat(row.remotePort()).isEqualTo(all.get(all.indexOf(row.socket())).remotePort());
                rows[0]++;
            }
        });
        assertThat(rows[0]).isEqualTo(40);
    }

    /// Forty connections; their sockets go into `all`.
    private static List<Peer> connections(HostUnderTest host, List<TcpSocket> all) {
        TcpSocket listener = host.listener(80, 100);
        List<Peer> peers = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            peers.add(new Peer(host, 40_000 + i, 80));
            all.add(peers.getLast().connects(listener));
        }
        return peers;
    }

    /// Who speaks now and then does not pay for folding each time; who has become silent takes little room, and then no timer runs any more.
    @Test
    void whatWasUnfoldedStaysOpenForAWhile() {
        HostUnderTest host = new HostUnderTest(s -> s.set(Sysctl.TCP_FOLD_ABOVE, 4).set(Sysctl.TCP_FOLD_AFTER, 10_000));
        List<TcpSocket> all = new ArrayList<>();
        List<Peer> peers = connections(host, all);
        host.advance(40);
        assertThat(host.tcp.folding().openCount()).isEqualTo(4);
        for (int i = 0; i < 40; i++) {
            peers.get(i).sends("P. 1:6(5) ack 1");
            all.get(i).receive(new byte[10], 0, 10, 0);
        }
        host.advance(8);
        assertThat(host.tcp.folding().openCount()).as("spoke 8 s ago; the four that had never been folded have no grace").isGreaterThanOrEqualTo(36);
        host.advance(40);
        assertThat(host.tcp.folding().openCount()).as("silent for 48 s").isEqualTo(4);
        assertThat(host.engine.nextTimeoutNs()).as("no timer runs when there is nothing to fold").isEqualTo(WheelTimer.NEVER);
    }

    /// Memory has a bound: beyond it there is no grace.
    @Test
    void thereIsAMostThatStaysOpen() {
        HostUnderTest host = new HostUnderTest(s -> s.set(Sysctl.TCP_FOLD_ABOVE, 4).set(Sysctl.TCP_OPEN_MAX, 12));
        List<TcpSocket> all = new ArrayList<>();
        List<Peer> peers = connections(host, all);
        for (int round = 0; round < 3; round++) {
            for (int i = 0; i < 40; i++) {
                peers.get(i).sends("P. " + (1 + 5 * round) + ":" + (6 + 5 * round) + "(5) ack 1");
                all.get(i).receive(new byte[10], 0, 10, 0);
                host.advance(0.1);
            }
        }
        assertThat(host.tcp.folding().openCount()).isBetween(4, 13);
    }

    /// Tools that look at all connections open none.
    @Test
    void lookingDoesNotUnfold() {
        HostUnderTest host = host(0);
        TcpSocket child = new Peer(host, 40_000, 80).connects(host.listener(80, 5));
        host.drain();
        host.tcp.rows(row -> assertThat(row.stateSinceNs()).isPositive());
        host.tcp.verify();
        assertThat(child.folded()).isTrue();
    }

    /// RFC 9293 §3.8.4, MAY-5: keep-alive goes on.
    @Test
    void keepAliveWakesTheFolded() {
        HostUnderTest host = host(0);
        Peer peer = new Peer(host, 40_000, 80);
        TcpSocket child = peer.connects(host.listener(80, 5));
        child.setInt(SocketOptions.SOL_SOCKET, SocketOptions.SO_KEEPALIVE, 1);
        child.setInt(TcpOptionCalls.IPPROTO_TCP, TcpOptionCalls.TCP_KEEPIDLE, 10);
        host.drain();
        assertThat(child.folded()).isTrue();
        assertThat(host.engine.nextTimeoutNs()).isNotEqualTo(WheelTimer.NEVER);
        peer.expectsNothing();
        host.advance(10);
        peer.expects(". 0:0(0) ack 1");
    }

    /// A row is written over when the connection rests again: a connection that wakes often makes no garbage.
    @Test
    void rowsAreUsedAgain() {
        HostUnderTest host = host(0);
        Peer peer = new Peer(host, 40_000, 80);
        TcpSocket child = peer.connects(host.listener(80, 5));
        host.drain();
        byte[] row = child.row();
        for (int i = 0; i < 20; i++) {
            assertThat(child.state()).isEqualTo(TcpState.ESTABLISHED);
            host.drain();
            assertThat(child.row()).isSameAs(row);
        }
    }

    @Test
    void aStreamKeepsEveryNumber() {
        FieldStream stream = new FieldStream();
        long[] numbers = {0, 1, -1, 63, 64, -64, -65, Integer.MAX_VALUE, Integer.MIN_VALUE, Long.MAX_VALUE, Long.MIN_VALUE, Long.MAX_VALUE - 1};
        stream.write();
        for (long each : numbers) {
            for (long predicted : numbers) {
                stream.number(each, predicted);
                stream.number((int) each, (int) predicted);
                stream.open();
                stream.bit(each == predicted);
                stream.number(each, predicted);
                stream.close();
                stream.word((int) each);
            }
        }
        stream.read(stream.end(null));
        for (long each : numbers) {
            for (long predicted : numbers) {
                assertThat(stream.number(0L, predicted)).isEqualTo(each);
                assertThat(stream.number(0, (int) predicted)).isEqualTo((int) each);
                stream.open();
                assertThat(stream.bit(false)).isEqualTo(each == predicted);
                assertThat(stream.number(0L, predicted)).isEqualTo(each);
                stream.close();
                assertThat(stream.word(0)).isEqualTo((int) each);
            }
        }
    }

    @Test
    void settingsAreOrdinary() {
        assertThat(new Sysctls().get(Sysctl.TCP_FOLD_ABOVE)).isEqualTo(1024);
        assertThat(new Sysctls().get(Sysctl.TCP_FOLD_AFTER)).isEqualTo(30_000);
        assertThat(new Sysctls().get(Sysctl.TCP_OPEN_MAX)).isEqualTo(1 << 20);
    }
}
