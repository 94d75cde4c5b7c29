package org.lastack.sim;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.lastack.wire.Frame;
import org.lastack.wire.PacketPrinter;

/// The packets of a run as hashes, or a comparison with those of an earlier run: it names the first packet that differs.
final class PacketLog {
    private final @Nullable PacketLog expected;
    private final long printed;
    private long[] hashes = new long[1 << 12];
    private int count;
    private int divergence = -1;
    private String text = "";

    /// @param expected the earlier run, or null to record
    /// @param printed number of the packet whose text is wanted, -1 = none
    PacketLog(@Nullable PacketLog expected, long printed) {
        this.expected = expected;
        this.printed = printed;
    }

    void packet(long nowNs, Channel channel, Frame f, long hash) {
        if (count == hashes.length) {
            hashes = Arrays.copyOf(hashes, count * 2);
        }
        PacketLog before = expected;
        boolean differs = before != null && divergence < 0 && (count >= before.count || before.hashes[count] != hash);
        if (differs) {
            divergence = count;
        }
        if (differs || count == printed) {
            text = nowNs + " ns, " + channel + ": " + PacketPrinter.print(f.data, f.offset, f.length);
        }
        hashes[count++] = hash;
    }

    int count() {
        return count;
    }

    /// Number of the first packet that differs, from 0; -1 = none so far.
    int divergence() {
        return divergence;
    }

    String text() {
        return text;
    }
}
