package org.lastack.link;

import org.jspecify.annotations.Nullable;
import org.lastack.wire.Frame;

/// Something that carries frames: a TUN device, a packet socket, a pair of queues in memory, or a decorator around one of these.
///
/// Threads: one receiver at a time calls [#receive] and [#awaitReadable]; senders are serialised by the caller; receiver and sender may be different threads
/// at the same time; every other method may be called from any thread. Only [#awaitReadable] blocks.
///
/// No frame and no transient error ends a link. It ends by [#close], or by an error after which the device cannot work any more; then [#closeReason] says which.
public interface Link extends AutoCloseable {
    /// Octets that a frame given to [#receive] must have in front of [Frame#offset], and that a frame given to [#send] should have (else it is copied): room
    /// for a virtio-net header. [org.lastack.wire.FramePool] gives more than that.
    int HEADROOM = 16;

    /// The interface's name as the operating system or the topology knows it.
    String name();

    LinkType type();

    /// Largest IP packet in octets that the link carries in one ordinary frame, without the link-layer header. May change while the link is open.
    int mtu();

    /// The 48 bits of the address that the user of this link should answer to; 0 unless [LinkType#ETHERNET].
    long macAddress();

    Offloads offloads();

    /// Sends one frame; does not block and does not keep it: the caller still owns the frame and releases it. If checksums are not offloaded and the frame
    /// asks for one, it is computed here, in place.
    ///
    /// @return false if the frame was dropped here, which is counted
    boolean send(Frame frame);

    /// Fills a frame of the caller, from [Frame#offset] on, and sets its length and offload fields; does not block. Frames that are malformed are dropped and
    /// counted here, and the next one is looked at.
    ///
    /// The frame needs [#HEADROOM] in front and room for one octet more than the largest frame that may come: the link-layer header, plus 65,535 with
    /// [Offloads#rx] or else the MTU, plus 1. A large frame of a [org.lastack.wire.FramePool] always has that. A longer frame is dropped and counted as [LinkDrop#TOO_LONG].
    ///
    /// @return the length of the frame; 0 if there is nothing now; -1 if the link is closed
    int receive(Frame frame);

    /// Blocks until [#receive] may find something. A platform thread is best: on devices it waits in a system call.
    ///
    /// @param timeoutNs at most so many nanoseconds; 0 or less only looks; `Long.MAX_VALUE` means without limit
    /// @return true if there may be something to receive; false on time-out, after [#wakeup], if the link is closed, or now and then early without a reason
    boolean awaitReadable(long timeoutNs);

    /// Makes the present or else the next [#awaitReadable] return.
    void wakeup();

    LinkCounters counters();

    /// Nanoseconds on the link's own clock at which it has something to do although nothing comes in, `Long.MAX_VALUE` if never: a decorator that delays frames.
    /// [#awaitReadable] takes care of it; only drivers that never wait (simulators) need to look.
    default long nextDeadlineNs() {
        return Long.MAX_VALUE;
    }

    /// Asks for direct delivery: whoever uses the other end of a link in memory runs `receiver` from its [#deliver], in its own thread, so that no frame
    /// needs a hand-off between threads. In return the caller promises to call [#deliver] after it has sent, outside its locks; only then arrivals
    /// at the other end stop to end [#awaitReadable] there. Null ends both.
    ///
    /// @return false if the link cannot; then nothing has changed
    default boolean directDelivery(@Nullable Runnable receiver) {
        return false;
    }

    /// Runs the other end's receiver, if it has one ([#directDelivery]).
    default void deliver() {
        // Only links in memory have another end in this process.
    }

    boolean isOpen();

    /// Why the link is closed: null while it is open, "closed by the user", or the error that ended it.
    @Nullable String closeReason();

    /// The latest error of the operating system that did not end the link, as text; null if there was none.
    default @Nullable String lastError() {
        return null;
    }

    /// Closes the link; may be called twice. A thread in [#awaitReadable] returns. What is queued and not yet received is discarded.
    @Override
    void close();
}
