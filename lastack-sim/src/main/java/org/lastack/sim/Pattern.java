package org.lastack.sim;

import java.util.Arrays;

/// The octets that applications send: any position of a stream has a known value, so that a reader can compare each octet. The period is prime, so
/// that text displaced by any number of segments or windows does not fit.
final class Pattern {
    static final int PERIOD = 65_521;
    private static final int LONGEST = 1 << 16;
    private static final byte[] OCTETS = make();

    private Pattern() {}

    private static byte[] make() {
        byte[] octets = new byte[PERIOD + LONGEST];
        Randomness random = new Randomness(1);
        for (int i = 0; i < PERIOD; i++) {
            octets[i] = (byte) random.nextLong();
        }
        for (int i = PERIOD; i < octets.length; i++) {
            octets[i] = octets[i - PERIOD];
        }
        return octets;
    }

    static byte[] octets() {
        return OCTETS;
    }

    /// Index of a stream position.
    static int index(long position) {
        return (int) (position % PERIOD);
    }

    /// Octets that can be taken at once.
    static int longest() {
        return LONGEST;
    }

    /// @throws IllegalStateException if what was read at a stream position is not what was sent there
    static void compare(byte[] read, int length, long position) {
        int index = index(position);
        int wrong = Arrays.mismatch(read, 0, length, OCTETS, index, index + length);
        if (wrong >= 0) {
            throw new IllegalStateException("octet " + (position + wrong) + " of the stream is wrong");
        }
    }
}
