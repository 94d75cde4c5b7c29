package org.lastack.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.lastack.wire.Bytes;
import org.lastack.wire.Frame;
import org.lastack.wire.FramePool;

final class ImpairedLinkTest {
    private static final long MS = 1_000_000;

    private long now = 1_000 * MS;
    private final MemoryLink.Pair pair = MemoryLink.pair("a", "b", MemoryLink.Options.defaults().withQueueFrames(100_000));
    private final Frame frame = Frame.unpooled(FramePool.LARGE);

    private ImpairedLink sending(Impairment how, long seed) {
        return new ImpairedLink(pair.left(), how, Impairment.NONE, seed, () -> now);
    }

    private void send(Link link, int number, int octets) {
        frame.offset = 128;
        Arrays.fill(frame.data, frame.offset, frame.offset + octets, (byte) 0);
        Bytes.put32(frame.data, frame.offset, number);
        frame.length = octets;
        Frames.clearOffload(frame);
        assertThat(link.send(frame)).isTrue();
    }

    private List<Integer> arrived(Link link) {
        List<Integer> numbers = new ArrayList<>();
        frame.offset = 128;
        while (link.receive(frame) > 0) {
            numbers.add(Bytes.i32(frame.data, frame.offset));
        }
        return numbers;
    }

    @Test
    void noneIsTransparent() {
        ImpairedLink link = sending(Impairment.NONE, 1);
        for (int i = 0; i < 100; i++) {
            send(link, i, 100);
        }
        assertThat(arrived(pair.right())).hasSize(100).isSorted();
        assertThat(link.nextDeadlineNs()).isEqualTo(Long.MAX_VALUE);
        assertThat(link.sending()).isEqualTo(new ImpairmentCounters(100, 100, 0, 0, 0, 0, 0, 0));
    }

    @Test
    void lossComesAsOftenAsAskedAndTheSenderDoesNotLearnOfIt() {
        ImpairedLink link = sending(Impairment.NONE.withLoss(0.1), 42);
        for (int i = 0; i < 20_000; i++) {
            send(link, i, 40);
        }
        // 20,000 trials with p = 0.1: the standard deviation is 42.
        assertThat(link.sending().lost()).isBetween(1800L, 2200L);
        assertThat(arrived(pair.right())).hasSize((int) link.sending().delivered()).isSorted();
        assertThat(link.counters().txPackets()).isEqualTo(20_000);
        assertThat(link.counters().txDropped()).isZero();
        assertThat(link.sending().lost() + link.sending().delivered()).isEqualTo(20_000);
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 77, -5})
    void equalSeedsGiveEqualResultsAndOthersDoNot(long seed) {
        List<List<Integer>> first = storm(seed);
        assertThat(storm(seed)).isEqualTo(first);
        assertThat(storm(seed + 1)).isNotEqualTo(first);
    }

    /// What arrived in each of 400 milliseconds.
    private List<List<Integer>> storm(long seed) {
        now = 5 * MS;
        MemoryLink.Pair own = MemoryLink.pair("a", "b");
        Impairment how = Impairment.NONE
                .withLoss(0.05)
                .withDuplicate(0.05)
                .withCorrupt(0.05)
                .withReorder(0.1, 3, 20 * MS)
                .withDelay(5 * MS, 4 * MS)
                .withJitterReorders(true)
                .withRate(1_000_000, 5_000);
        ImpairedLink link = new ImpairedLink(own.left(), how, how, seed, () -> now);
        List<List<Integer>> log = new ArrayList<>();
        for (int i = 0; i < 400; i++) {
            if (i < 300) {
                send(link, i, 60 + i % 300);
                send(own.right(), 1000 + i, 200);
            }
            now += MS;
            link.pump();
            log.add(arrived(own.right()));
            log.add(arrived(link));
        }
        for (ImpairmentCounters each : List.of(link.sending(), link.receiving())) {
            assertThat(each.waiting()).isZero();
            assertThat(each.offered()).isEqualTo(300);
            assertThat(each.delivered()).isEqualTo(300 - each.lost() - each.queueDropped() + each.duplicated());
            assertThat(each.corrupted()).isPositive();
            assertThat(each.reordered()).isPositive();
            assertThat(each.duplicated()).isPositive();
        }
        return log;
    }

    @Test
    void aChangedProbabilityLeavesTheOtherDecisionsAlone() {
        ImpairedLink link = sending(Impairment.NONE.withLoss(0.2), 9);
        for (int i = 0; i < 500; i++) {
            send(link, i, 40);
        }
        List<Integer> without = arrived(pair.right());
        ImpairedLink second = sending(Impairment.NONE.withLoss(0.2).withDelay(MS, MS / 2).withCorrupt(0), 9);
        for (int i = 0; i < 500; i++) {
            send(second, i, 40);
        }
        now += 10 * MS;
        second.pump();
        assertThat(arrived(pair.right())).isEqualTo(without);
    }

    @Test
    void delayIsExact() {
        ImpairedLink link = sending(Impairment.NONE.withDelay(30 * MS, 0), 1);
        send(link, 7, 100);
        assertThat(link.nextDeadlineNs()).isEqualTo(now + 30 * MS);
        now += 30 * MS - 1;
        link.pump();
        assertThat(arrived(pair.right())).isEmpty();
        now += 1;
        link.pump();
        assertThat(arrived(pair.right())).containsExactly(7);
        assertThat(link.nextDeadlineNs()).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void jitterKeepsTheOrderUnlessToldOtherwise() {
        for (boolean reorders : new boolean[] {false, true}) {
            ImpairedLink link = sending(Impairment.NONE.withDelay(10 * MS, 9 * MS).withJitterReorders(reorders), 3);
            for (int i = 0; i < 200; i++) {
                send(link, i, 40);
            }
            now += 20 * MS;
            link.pump();
            List<Integer> got = arrived(pair.right());
            assertThat(got).hasSize(200);
            assertThat(got.equals(got.stream().sorted().toList())).isEqualTo(!reorders);
        }
    }

    @Test
    void aFrameHeldBackLeavesAfterSoManyLaterOnesOrWhenTimeIsUp() {
        ImpairedLink link = sending(Impairment.NONE.withReorder(1, 2, 50 * MS), 1);
        send(link, 0, 40);
        link.impair(Impairment.NONE.withReorder(0, 2, 50 * MS), Impairment.NONE);
        send(link, 1, 40);
        send(link, 2, 40);
        send(link, 3, 40);
        assertThat(arrived(pair.right())).containsExactly(1, 2, 0, 3);
        link.impair(Impairment.NONE.withReorder(1, 2, 50 * MS), Impairment.NONE);
        send(link, 4, 40);
        assertThat(arrived(pair.right())).isEmpty();
        assertThat(link.nextDeadlineNs()).isEqualTo(now + 50 * MS);
        now += 50 * MS;
        link.pump();
        assertThat(arrived(pair.right())).containsExactly(4);
        assertThat(link.sending().reordered()).isEqualTo(2);
    }

    @Test
    void theBottleneckSpacesFramesAndItsQueueIsBounded() {
        // 1250 octets at 1 Mbit/s take 10 ms; there is room for three.
        ImpairedLink link = sending(Impairment.NONE.withRate(1_000_000, 3_750), 1);
        for (int i = 0; i < 5; i++) {
            send(link, i, 1250);
        }
        assertThat(link.sending().queueDropped()).isEqualTo(2);
        List<List<Integer>> perTenMs = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            now += 10 * MS;
            link.pump();
            perTenMs.add(arrived(pair.right()));
        }
        assertThat(perTenMs).containsExactly(List.of(0), List.of(1), List.of(2), List.of());
        send(link, 9, 1250);
        assertThat(link.nextDeadlineNs()).isEqualTo(now + 10 * MS);
    }

    @Test
    void corruptionInvertsOneBitAndIsVisibleToChecksums() {
        ImpairedLink link = sending(Impairment.NONE.withCorrupt(1), 5);
        Frame udp = Fixtures.udpWithPartialChecksum(new FramePool());
        Frame whole = Fixtures.udpWithPartialChecksum(new FramePool());
        Frames.completeChecksum(whole);
        assertThat(link.send(udp)).isTrue();
        assertThat(pair.right().receive(frame)).isEqualTo(udp.length);
        byte[] sent = Fixtures.octets(whole);
        byte[] got = Fixtures.octets(frame);
        int bits = 0;
        for (int i = 0; i < sent.length; i++) {
            bits += Integer.bitCount((sent[i] ^ got[i]) & 0xff);
        }
        assertThat(bits).isEqualTo(1);
        assertThat(frame.checksumVerified).isFalse();
    }

    @Test
    void duplicatesFollowTheirOriginal() {
        ImpairedLink link = sending(Impairment.NONE.withDuplicate(1), 5);
        send(link, 1, 40);
        send(link, 2, 40);
        assertThat(arrived(pair.right())).containsExactly(1, 1, 2, 2);
    }

    @Test
    void theReceivingDirectionIsImpairedToo() {
        ImpairedLink link = new ImpairedLink(pair.left(), Impairment.NONE, Impairment.NONE.withDelay(MS, 0), 1, () -> now);
        send(pair.right(), 3, 40);
        assertThat(arrived(link)).isEmpty();
        now += MS;
        assertThat(arrived(link)).containsExactly(3);
        assertThat(link.receiving().delivered()).isEqualTo(1);
    }

    @Test
    void superSegmentsAreRefusedAndAClosedLinkSaysSo() {
        ImpairedLink link = sending(Impairment.NONE, 1);
        frame.offset = 128;
        frame.length = 3000;
        frame.gsoType = Frame.GSO_TCPV4;
        assertThat(link.send(frame)).isFalse();
        assertThat(link.counters().txDropped(LinkDrop.OFFLOAD_UNSUPPORTED)).isEqualTo(1);
        link.close();
        frame.gsoType = Frame.GSO_NONE;
        assertThat(link.send(frame)).isFalse();
        assertThat(link.receive(frame)).isEqualTo(-1);
        assertThat(pair.left().isOpen()).isFalse();
    }

    @Test
    void inRealTimeTheReceiverSendsOnWhatWasDelayed() throws InterruptedException {
        ImpairedLink link = new ImpairedLink(pair.left(), Impairment.NONE.withDelay(2 * MS, 0), Impairment.NONE, 1, System::nanoTime);
        CountDownLatch got = new CountDownLatch(1);
        Thread receiver = Thread.ofPlatform().start(() -> {
            Frame own = Frame.unpooled(FramePool.LARGE);
            while (link.receive(own) >= 0) {
                link.awaitReadable(Long.MAX_VALUE);
            }
        });
        Thread far = Thread.ofPlatform().start(() -> {
            pair.right().awaitReadable(Long.MAX_VALUE);
            got.countDown();
        });
        send(link, 1, 40); // nothing else happens: the receiver must notice that it has to get up in 2 ms
        got.await();
        link.close();
        receiver.join();
        far.join();
    }

    @Test
    void settingsRefuseNonsense() {
        assertThatThrownBy(() -> Impairment.NONE.withLoss(1.01)).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("loss");
        assertThatThrownBy(() -> Impairment.NONE.withCorrupt(Double.NaN)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Impairment.NONE.withDelay(-1, 0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Impairment.NONE.withRate(1000, 0)).isInstanceOf(IllegalArgumentException.class);
    }
}
