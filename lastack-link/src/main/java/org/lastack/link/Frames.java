package org.lastack.link;

import org.lastack.wire.Bytes;
import org.lastack.wire.Checksum;
import org.lastack.wire.Frame;

/// What links do to frames.
public final class Frames {
    private Frames() {}

    /// Copies octets and offload fields to `to.offset`. The two frames share nothing afterwards.
    ///
    /// @return false, with `to` unchanged, if there is not enough room
    public static boolean copy(Frame from, Frame to) {
        if (to.data.length - to.offset < from.length) {
            return false;
        }
        System.arraycopy(from.data, from.offset, to.data, to.offset, from.length);
        to.length = from.length;
        to.needsChecksum = from.needsChecksum;
        to.checksumVerified = from.checksumVerified;
        to.checksumStart = from.checksumStart;
        to.checksumOffset = from.checksumOffset;
        to.gsoType = from.gsoType;
        to.gsoSize = from.gsoSize;
        to.timeNs = from.timeNs;
        return true;
    }

    /// Sets the offload fields of a frame to "complete, nothing verified".
    public static void clearOffload(Frame frame) {
        frame.needsChecksum = false;
        frame.checksumVerified = false;
        frame.checksumStart = 0;
        frame.checksumOffset = 0;
        frame.gsoType = Frame.GSO_NONE;
        frame.gsoSize = 0;
    }

    /// True if the place of the checksum that [Frame#needsChecksum] asks for lies inside the frame.
    public static boolean checksumFieldInside(Frame frame) {
        return frame.checksumStart >= 0
                && frame.checksumOffset >= 0
                && (long) frame.checksumStart + frame.checksumOffset + 2 <= frame.length;
    }

    /// Computes the checksum that [Frame#needsChecksum] asks for, in place, and clears the flag; does nothing to a frame that does not ask.
    ///
    /// @return false if the field lies outside the frame
    public static boolean completeChecksum(Frame frame) {
        if (!frame.needsChecksum) {
            return true;
        }
        if (!checksumFieldInside(frame)) {
            return false;
        }
        int start = frame.offset + frame.checksumStart;
        int sum = Checksum.finish(Checksum.add(0, frame.data, start, frame.length - frame.checksumStart));
        // RFC 768: 0 would say "no checksum"; its other representation is as right for TCP, so Linux (and we) need not look at the protocol.
        Bytes.put16(frame.data, start + frame.checksumOffset, sum == 0 ? 0xffff : sum);
        frame.needsChecksum = false;
        return true;
    }
}
