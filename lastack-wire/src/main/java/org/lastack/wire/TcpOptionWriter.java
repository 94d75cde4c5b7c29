package org.lastack.wire;

/// Writes TCP options into a `byte[]`; each method returns the index behind what it wrote.
///
/// Every option but end-of-list and no-operation carries its length (RFC 9293 §3.1, MUST-68); [#pad] fills up to a whole word with zeros after
/// an end-of-list (MUST-69).
public final class TcpOptionWriter {
    /// Octets of a timestamps option with the two no-operations that align it.
    public static final int ALIGNED_TIMESTAMPS_LENGTH = 12;

    private TcpOptionWriter() {}

    public static int nop(byte[] bytes, int index) {
        bytes[index] = TcpOptions.NOP;
        return index + 1;
    }

    /// RFC 9293 §3.2; only in a SYN.
    public static int mss(byte[] bytes, int index, int mss) {
        Bytes.put16(bytes, index, TcpOptions.MSS << 8 | 4);
        Bytes.put16(bytes, index + 2, mss);
        return index + 4;
    }

    /// RFC 7323 §2.2; only in a SYN.
    public static int windowScale(byte[] bytes, int index, int shift) {
        Bytes.put16(bytes, index, TcpOptions.WINDOW_SCALE << 8 | 3);
        bytes[index + 2] = (byte) shift;
        return index + 3;
    }

    /// RFC 2018 §2; only in a SYN.
    public static int sackPermitted(byte[] bytes, int index) {
        Bytes.put16(bytes, index, TcpOptions.SACK_PERMITTED << 8 | 2);
        return index + 2;
    }

    /// RFC 7323 §3.2: 10 octets.
    public static int timestamps(byte[] bytes, int index, int value, int echo) {
        Bytes.put16(bytes, index, TcpOptions.TIMESTAMPS << 8 | 10);
        Bytes.put32(bytes, index + 2, value);
        Bytes.put32(bytes, index + 6, echo);
        return index + 10;
    }

    /// Two no-operations and the timestamps: the 12 octets that RFC 7323 Appendix A recommends, and that [TcpOptions] parses fastest.
    public static int alignedTimestamps(byte[] bytes, int index, int value, int echo) {
        Bytes.put32(bytes, index, 0x0101080a);
        Bytes.put32(bytes, index + 4, value);
        Bytes.put32(bytes, index + 8, echo);
        return index + ALIGNED_TIMESTAMPS_LENGTH;
    }

    /// RFC 2018 §3: the first `count` blocks (1..4) of the two arrays.
    public static int sack(byte[] bytes, int index, int[] left, int[] right, int count) {
        Bytes.put16(bytes, index, TcpOptions.SACK << 8 | (2 + 8 * count));
        int at = index + 2;
        for (int i = 0; i < count; i++) {
            Bytes.put32(bytes, at, left[i]);
            Bytes.put32(bytes, at + 4, right[i]);
            at += 8;
        }
        return at;
    }

    /// RFC 7413 §4.1.1: a cookie of `length` octets, or with length 0 the request for one.
    public static int fastOpen(byte[] bytes, int index, byte[] cookie, int cookieOffset, int length) {
        Bytes.put16(bytes, index, TcpOptions.FAST_OPEN << 8 | (2 + length));
        System.arraycopy(cookie, cookieOffset, bytes, index + 2, length);
        return index + 2 + length;
    }

    /// As [#fastOpen], in the form of before RFC 7413 (kind 254, RFC 6994 identifier).
    public static int fastOpenExperimental(byte[] bytes, int index, byte[] cookie, int cookieOffset, int length) {
        Bytes.put16(bytes, index, TcpOptions.EXPERIMENT << 8 | (4 + length));
        Bytes.put16(bytes, index + 2, TcpOptions.FAST_OPEN_MAGIC);
        System.arraycopy(cookie, cookieOffset, bytes, index + 4, length);
        return index + 4 + length;
    }

    /// RFC 9768 §3.2.3: the first `count` (0..3) of three 24-bit counters in wire order; `kind` is [TcpOptions#ACC_ECN_0] or
    /// [TcpOptions#ACC_ECN_1].
    public static int accEcn(byte[] bytes, int index, int kind, int[] counters, int count) {
        Bytes.put16(bytes, index, kind << 8 | (2 + 3 * count));
        int at = index + 2;
        for (int i = 0; i < count; i++) {
            bytes[at] = (byte) (counters[i] >>> 16);
            Bytes.put16(bytes, at + 1, counters[i]);
            at += 3;
        }
        return at;
    }

    /// Ends the options that began at `start`: end-of-list and zeros up to a multiple of 4 octets (RFC 9293 §3.1, MUST-69); nothing if they
    /// are one already.
    public static int pad(byte[] bytes, int start, int index) {
        int at = index;
        while ((at - start & 3) != 0) {
            bytes[at++] = TcpOptions.END;
        }
        return at;
    }
}
