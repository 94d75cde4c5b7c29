package org.lastack.drill.stack;

import java.util.List;
import org.lastack.core.Errno;

/// The answer to a [Request].
///
/// @param timeUs stack clock in microseconds when the call completed
/// @param result `>= 0`, or -1
/// @param errno Linux error number if the result is -1, else 0
public record Reply(long timeUs, int result, int errno, Body body) {
    public static Reply ok(long timeUs, int result) {
        return new Reply(timeUs, result, 0, Body.NOTHING);
    }

    public static Reply ok(long timeUs, int result, Body body) {
        return new Reply(timeUs, result, 0, body);
    }

    /// @param errno with either sign
    public static Reply error(long timeUs, int errno) {
        return new Reply(timeUs, -1, Math.abs(errno), Body.NOTHING);
    }

    /// `-1 EAGAIN` or the number.
    public String shown() {
        return result >= 0 ? Integer.toString(result) : "-1 " + Errno.name(errno);
    }

    /// What a reply carries besides the result.
    public sealed interface Body {
        Body NOTHING = new Nothing();

        record Nothing() implements Body {}

        record Peer(Endpoint address) implements Body {}

        record Received(byte[] data, Endpoint source, int messageFlags, List<ControlData> control) implements Body {}

        /// A returned `int`.
        record Value(int value) implements Body {}

        /// An option's value in Linux's layout.
        record Option(byte[] value) implements Body {}

        /// The returned events of poll, one for each descriptor.
        record Ready(int[] returned) implements Body {}

        record Departed(long departureUs, byte[] packet) implements Body {}

        record EpollReady(int[] events, long[] data) implements Body {}
    }
}
