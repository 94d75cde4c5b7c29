package org.lastack.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.lastack.wire.Bytes;
import org.lastack.wire.Frame;
import org.lastack.wire.FramePool;

final class MemoryLinkTest {
    private final FramePool pool = new FramePool();

    @Test
    void whatOneEndSendsTheOtherReceivesAsACopyWithItsOffloadFields() {
        MemoryLink.Pair pair = MemoryLink.pair("a", "b", MemoryLink.Options.defaults().withOffloads(Offloads.ALL));
        Frame sent = Fixtures.frame(pool, 3000, 7);
        sent.gsoType = Frame.GSO_TCPV4;
        sent.gsoSize = 1448;
        sent.needsChecksum = true;
        sent.checksumStart = 20;
        sent.checksumOffset = 16;
        assertThat(pair.left().send(sent)).isTrue();
        byte[] expected = Fixtures.octets(sent);
        sent.data[sent.offset] = 99; // the sender may use its frame at once
        Frame got = pool.take(65_535);
        assertThat(pair.right().receive(got)).isEqualTo(3000);
        assertThat(Fixtures.octets(got)).isEqualTo(expected);
        assertThat(got.gsoType).isEqualTo(Frame.GSO_TCPV4);
        assertThat(got.gsoSize).isEqualTo(1448);
        assertThat(got.needsChecksum).isTrue();
        assertThat(got.checksumVerified).isTrue();
        assertThat(got.checksumStart).isEqualTo(20);
        assertThat(pair.right().receive(got)).isZero();
        assertThat(pair.left().counters().txOctets()).isEqualTo(3000);
        assertThat(pair.right().counters().rxPackets()).isEqualTo(1);
        sent.release();
        got.release();
        assertThat(pool.outstanding()).isZero();
    }

    @Test
    void withoutOffloadTheChecksumIsCompletedAndSuperSegmentsAreRefused() {
        MemoryLink.Pair pair = MemoryLink.pair("a", "b");
        Frame sent = Fixtures.udpWithPartialChecksum(pool);
        assertThat(pair.left().send(sent)).isTrue();
        Frame got = pool.take(2000);
        assertThat(pair.right().receive(got)).isPositive();
        assertThat(got.needsChecksum).isFalse();
        assertThat(got.checksumVerified).isFalse();
        assertThat(Fixtures.udpChecksumIsRight(got)).isTrue();
        sent.gsoType = Frame.GSO_TCPV4;
        sent.gsoSize = 100;
        assertThat(pair.left().send(sent)).isFalse();
        assertThat(pair.left().counters().txDropped(LinkDrop.OFFLOAD_UNSUPPORTED)).isEqualTo(1);
    }

    @Test
    void aFullQueueAnOverlongFrameAndAClosedPeerAreCountedDrops() {
        MemoryLink.Pair pair = MemoryLink.pair("a", "b", MemoryLink.Options.defaults().withQueueFrames(2));
        Frame frame = Fixtures.frame(pool, 100, 1);
        assertThat(pair.left().send(frame)).isTrue();
        assertThat(pair.left().send(frame)).isTrue();
        assertThat(pair.left().send(frame)).isFalse();
        assertThat(pair.left().counters().txDropped(LinkDrop.QUEUE_FULL)).isEqualTo(1);
        assertThat(pair.right().pending()).isEqualTo(2);
        frame.length = 1501;
        assertThat(pair.left().send(frame)).isFalse();
        assertThat(pair.left().counters().txDropped(LinkDrop.TOO_LONG)).isEqualTo(1);
        frame.length = 0;
        assertThat(pair.left().send(frame)).isFalse();
        assertThat(pair.left().counters().txDropped(LinkDrop.TOO_SHORT)).isEqualTo(1);
        frame.length = 100;
        pair.right().close();
        assertThat(pair.left().send(frame)).isFalse();
        assertThat(pair.left().counters().txDropped(LinkDrop.CLOSED)).isEqualTo(1);
        assertThat(pair.right().receive(frame)).isEqualTo(-1);
        assertThat(pair.right().closeReason()).isEqualTo("closed by the user");
        assertThat(pair.left().isOpen()).isTrue();
        assertThat(pair.left().counters().txDropped()).isEqualTo(4);
    }

    @Test
    void aFrameThatDoesNotFitIsDroppedAndTheNextOneIsDelivered() {
        MemoryLink.Pair pair = MemoryLink.pair("a", "b");
        pair.left().send(Fixtures.frame(pool, 1400, 1));
        pair.left().send(Fixtures.frame(pool, 50, 2));
        Frame small = Frame.unpooled(100);
        assertThat(pair.right().receive(small)).isEqualTo(50);
        assertThat(pair.right().counters().rxDropped(LinkDrop.TOO_LONG)).isEqualTo(1);
    }

    @Test
    void wakeupIsRememberedAndTimeoutsReturn() {
        MemoryLink.Pair pair = MemoryLink.pair("a", "b");
        pair.left().wakeup();
        assertThat(pair.left().awaitReadable(Long.MAX_VALUE)).isFalse();
        assertThat(pair.left().awaitReadable(0)).isFalse();
        assertThat(pair.left().awaitReadable(1)).isFalse();
        pair.right().send(Fixtures.frame(pool, 40, 1));
        assertThat(pair.left().awaitReadable(Long.MAX_VALUE)).isTrue();
        pair.left().close();
        assertThat(pair.left().awaitReadable(Long.MAX_VALUE)).isFalse();
    }

    @Test
    void closeEndsAWaitingReceiver() throws InterruptedException {
        MemoryLink.Pair pair = MemoryLink.pair("a", "b");
        CountDownLatch ended = new CountDownLatch(1);
        Thread receiver = Thread.ofVirtual().start(() -> {
            while (pair.left().receive(Frame.unpooled(100)) >= 0) {
                pair.left().awaitReadable(Long.MAX_VALUE);
            }
            ended.countDown();
        });
        pair.left().close();
        ended.await();
        receiver.join();
    }

    @Test
    void ordersAndContentsSurviveTwoThreadsAndAShortQueue() throws InterruptedException {
        MemoryLink.Pair pair = MemoryLink.pair("a", "b", MemoryLink.Options.defaults().withQueueFrames(8));
        int frames = 20_000;
        AtomicLong sum = new AtomicLong();
        Thread receiver = Thread.ofPlatform().start(() -> {
            Frame frame = Frame.unpooled(2000);
            int expected = 0;
            while (expected < frames) {
                int length = pair.right().receive(frame);
                if (length > 0) {
                    if (Bytes.i32(frame.data, frame.offset) != expected++ || length != 40 + expected % 1000) {
                        throw new AssertionError("frame " + expected);
                    }
                    sum.addAndGet(length);
                } else {
                    pair.right().awaitReadable(Long.MAX_VALUE);
                }
            }
        });
        Frame frame = Frame.unpooled(2000);
        long octets = 0;
        for (int i = 0; i < frames; i++) {
            Bytes.put32(frame.data, 0, i);
            frame.length = 40 + (i + 1) % 1000;
            octets += frame.length;
            while (!pair.left().send(frame)) {
                Thread.onSpinWait();
            }
        }
        receiver.join();
        assertThat(sum).hasValue(octets);
        assertThat(pair.left().counters().txPackets()).isEqualTo(frames);
    }

    @Test
    void optionsRefuseNonsense() {
        assertThatThrownBy(() -> MemoryLink.Options.defaults().withMtu(67)).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("67");
        assertThatThrownBy(() -> MemoryLink.Options.defaults().withQueueFrames(0)).isInstanceOf(IllegalArgumentException.class);
    }
}
