package org.lastack.bsd;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// `struct msghdr`: a message in parts, with a name and control messages. Filled by `recvmsg`.
public final class MsgHdr {
    /// `struct cmsghdr` with its data in Linux's layout.
    public record Control(int level, int type, byte[] data) { }

    /// Destination (send) or source (receive).
    public @Nullable SockAddr name;
    /// The parts, in order.
    public byte[][] parts;
    public final List<Control> control = new ArrayList<>();
    /// Received: MSG_TRUNC, MSG_OOB ...
    public int flags;

    public MsgHdr(byte[]... parts) {
        this.parts = parts;
    }

    static MsgHdr of(byte[]... parts) {
        return new MsgHdr(parts);
    }

    /// Octets of all parts, or -1 if that is more than an `int` holds.
    int length() {
        long sum = 0;
        for (byte[] part : parts) {
            sum += part.length;
        }
        return sum > Integer.MAX_VALUE ? -1 : (int) sum;
    }

    byte[] gathered() {
        if (parts.length == 1) {
            return parts[0];
        }
        byte[] all = new byte[length()];
        int at = 0;
        for (byte[] part : parts) {
            System.arraycopy(part, 0, all, at, part.length);
            at += part.length;
        }
        return all;
    }

    void scatter(byte[] all, int octets) {
        int at = 0;
        for (byte[] part : parts) {
            int count = Math.min(part.length, octets - at);
            if (count <= 0) {
                return;
            }
            System.arraycopy(all, at, part, 0, count);
            at += count;
        }
    }
}
