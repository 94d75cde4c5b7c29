package org.lastack.core.socket;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// The fields of an object as few octets, and back. One method of the object lists its fields once, for both directions: each call takes the value
/// and returns it when writing, and returns what was written when reading.
///
/// Every field has a prediction made of fields before it, and costs one bit where that is right, else a bit and the difference in a variable number of
/// octets. So an object at rest, most of whose fields are at their defaults or follow from each other, becomes small. Reused; allocates what [#end]
/// returns at most.
public final class FieldStream {
    /// More than all fields of a connection can take.
    private static final int ROOM = 8192;

    private final byte[] buffer = new byte[ROOM];
    private byte[] data = buffer;
    private boolean reading;
    private int at;
    /// Where the octet with the bits of the present eight fields is, and how many of them are used.
    private int bitsAt;
    private int bits;
    /// Reading: the present group was at its predictions as a whole.
    private boolean skipping;
    // Writing: where the present group began, and whether anything in it differed from its prediction.
    private int groupBitsAt;
    private int groupBit;
    private int groupAt;
    private boolean differs;

    /// Begins to write.
    public void write() {
        begin(buffer, false);
    }

    /// Begins to read what [#end] returned.
    public void read(byte[] row) {
        begin(row, true);
    }

    private void begin(byte[] from, boolean read) {
        data = from;
        reading = read;
        at = 0;
        bits = 8;
        skipping = false;
    }

    public boolean reading() {
        return reading;
    }

    /// What was written, in `old` if that has the right size, give or take a few octets.
    public byte[] end(byte @Nullable [] old) {
        if (old != null && old.length >= at && old.length < at + 16) {
            System.arraycopy(buffer, 0, old, 0, at);
            return old;
        }
        // An array has 12 octets of header and is padded to 8: the padding may as well be room for the next time.
        return Arrays.copyOf(buffer, (at + 12 + 7 & -8) - 12);
    }

    /// Fields up to [#close] cost one bit in all if they are as predicted. Groups do not nest.
    public void open() {
        if (reading) {
            skipping = !marked();
            return;
        }
        mark(true);
        groupBitsAt = bitsAt;
        groupBit = bits - 1;
        groupAt = at;
        differs = false;
    }

    /// Ends a group.
    public void close() {
        if (reading) {
            skipping = false;
        } else if (!differs) {
            data[groupBitsAt] &= (byte) ~(1 << groupBit);
            bitsAt = groupBitsAt;
            bits = groupBit + 1;
            at = groupAt;
        }
    }

    /// An octet as it is, without prediction.
    public int octet(int value) {
        if (reading) {
            return data[at++];
        }
        data[at++] = (byte) value;
        return value;
    }

    /// Four octets as they are: for values that nothing predicts. Highest octet first.
    public int word(int value) {
        if (reading) {
            int from = at;
            at += 4;
            return wordAt(data, from);
        }
        data[at] = (byte) (value >>> 24);
        data[at + 1] = (byte) (value >>> 16);
        data[at + 2] = (byte) (value >>> 8);
        data[at + 3] = (byte) value;
        at += 4;
        return value;
    }

    /// The four octets at that place of a row.
    public static int wordAt(byte[] row, int index) {
        return row[index] << 24 | (row[index + 1] & 0xff) << 16 | (row[index + 2] & 0xff) << 8 | row[index + 3] & 0xff;
    }

    public boolean bit(boolean value) {
        if (reading) {
            return !skipping && marked();
        }
        mark(value);
        return value;
    }

    public int number(int value, int predicted) {
        if (reading) {
            if (skipping || !marked()) {
                return predicted;
            }
            int folded = (int) variable();
            return predicted + (folded >>> 1 ^ -(folded & 1));
        }
        int difference = value - predicted;
        mark(difference != 0);
        if (difference != 0) {
            variable((difference << 1 ^ difference >> 31) & 0xffffffffL);
        }
        return value;
    }

    public long number(long value, long predicted) {
        if (reading) {
            if (skipping || !marked()) {
                return predicted;
            }
            long folded = variable();
            return predicted + (folded >>> 1 ^ -(folded & 1));
        }
        long difference = value - predicted;
        mark(difference != 0);
        if (difference != 0) {
            variable(difference << 1 ^ difference >> 63);
        }
        return value;
    }

    /// Bit for bit.
    public double number(double value, double predicted) {
        return Double.longBitsToDouble(number(Double.doubleToRawLongBits(value), Double.doubleToRawLongBits(predicted)));
    }

    private void mark(boolean set) {
        if (bits == 8) {
            bitsAt = at;
            data[at++] = 0;
            bits = 0;
        }
        if (set) {
            data[bitsAt] |= (byte) (1 << bits);
            differs = true;
        }
        bits++;
    }

    private boolean marked() {
        if (bits == 8) {
            bitsAt = at++;
            bits = 0;
        }
        return (data[bitsAt] >> bits++ & 1) != 0;
    }

    private void variable(long value) {
        long rest = value;
        while ((rest & -128L) != 0) {
            data[at++] = (byte) (rest | 128);
            rest >>>= 7;
        }
        data[at++] = (byte) rest;
    }

    private long variable() {
        long value = 0;
        int shift = 0;
        byte octet;
        do {
            octet = data[at++];
            value |= (octet & 127L) << shift;
            shift += 7;
        } while (octet < 0);
        return value;
    }
}
