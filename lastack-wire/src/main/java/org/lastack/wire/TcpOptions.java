package org.lastack.wire;

/// The options of one TCP header, parsed into fields; an instance is reused for every segment.
///
/// Kinds: end of list, no-operation, MSS (RFC 9293 §3.2), window scale and timestamps (RFC 7323), SACK-permitted and SACK (RFC 2018),
/// Fast Open (RFC 7413, kind 34 and the experimental 254/0xF989), AccECN (RFC 9768, kinds 172 and 174). Others are skipped by their length.
public final class TcpOptions {
    public static final int END = 0;
    public static final int NOP = 1;
    public static final int MSS = 2;
    public static final int WINDOW_SCALE = 3;
    public static final int SACK_PERMITTED = 4;
    public static final int SACK = 5;
    public static final int TIMESTAMPS = 8;
    public static final int FAST_OPEN = 34;
    public static final int ACC_ECN_0 = 172;
    public static final int ACC_ECN_1 = 174;
    /// RFC 6994 experiments.
    public static final int EXPERIMENT = 254;
    /// The experiment identifier of Fast Open before it had a kind of its own.
    public static final int FAST_OPEN_MAGIC = 0xf989;

    /// The MSS option's value, or -1.
    public int mss = -1;
    /// The shift as sent (0..255, not yet limited to 14), or -1.
    public int windowScale = -1;
    public boolean sackPermitted;
    public boolean hasTimestamps;
    public int timestampValue;
    public int timestampEcho;
    /// Number of SACK blocks, 0..4.
    public int sackCount;
    public final int[] sackLeft = new int[4];
    public final int[] sackRight = new int[4];
    /// Fast Open: -1 none, 0 cookie request, else octets of the cookie at [#fastOpenOffset].
    public int fastOpenLength = -1;
    public int fastOpenOffset;
    public boolean fastOpenExperimental;
    /// AccECN option: 0, or the kind seen; the counters are in wire order.
    public int accEcnKind;
    public int accEcnCount;
    public final int[] accEcn = new int[3];
    /// False if an option had an illegal length: what came before it is kept, parsing stopped there (RFC 9293 §3.1, MUST-7; as Linux).
    public boolean wellFormed = true;

    public void clear() {
        mss = -1;
        windowScale = -1;
        sackPermitted = false;
        hasTimestamps = false;
        timestampValue = 0;
        timestampEcho = 0;
        sackCount = 0;
        fastOpenLength = -1;
        fastOpenExperimental = false;
        accEcnKind = 0;
        accEcnCount = 0;
        wellFormed = true;
    }

    /// Parses `length` octets of options at `offset`, of any segment (RFC 9293 §3.1, MUST-4, MUST-5) and at any alignment (§3.2, MUST-64).
    /// Never throws on bad input: an option with length 0, 1 or beyond the end ends the list (MUST-7), one whose length does not fit its kind
    /// is skipped, unknown kinds are skipped by their length (MUST-6).
    public void parse(byte[] bytes, int offset, int length) {
        clear();
        int index = offset;
        int end = offset + length;
        // The layout that Linux and we send in every segment of a connection with timestamps.
        if (length == 12 && Bytes.i32(bytes, offset) == 0x0101080a) {
            hasTimestamps = true;
            timestampValue = Bytes.i32(bytes, offset + 4);
            timestampEcho = Bytes.i32(bytes, offset + 8);
            return;
        }
        while (index < end) {
            int kind = bytes[index] & 0xff;
            if (kind == END) {
                return;
            }
            if (kind == NOP) {
                index++;
                continue;
            }
            if (index + 1 >= end) {
                wellFormed = false;
                return;
            }
            int size = bytes[index + 1] & 0xff;
            if (size < 2 || index + size > end) {
                wellFormed = false;
                return;
            }
            option(bytes, index, kind, size);
            index += size;
        }
    }

    private void option(byte[] bytes, int index, int kind, int size) {
        switch (kind) {
            case MSS -> {
                if (size == 4) {
                    mss = Bytes.u16(bytes, index + 2);
                }
            }
            case WINDOW_SCALE -> {
                if (size == 3) {
                    windowScale = bytes[index + 2] & 0xff;
                }
            }
            case SACK_PERMITTED -> {
                if (size == 2) {
                    sackPermitted = true;
                }
            }
            case SACK -> sack(bytes, index, size);
            case TIMESTAMPS -> {
                if (size == 10) {
                    hasTimestamps = true;
                    timestampValue = Bytes.i32(bytes, index + 2);
                    timestampEcho = Bytes.i32(bytes, index + 6);
                }
            }
            case FAST_OPEN -> fastOpen(index + 2, size - 2, false);
            case EXPERIMENT -> {
                if (size >= 4 && Bytes.u16(bytes, index + 2) == FAST_OPEN_MAGIC) {
                    fastOpen(index + 4, size - 4, true);
                }
            }
            case ACC_ECN_0, ACC_ECN_1 -> {
                accEcnKind = kind;
                accEcnCount = Math.min(3, (size - 2) / 3);
                for (int i = 0; i < accEcnCount; i++) {
                    accEcn[i] = Bytes.u8(bytes, index + 2 + 3 * i) << 16 | Bytes.u16(bytes, index + 3 + 3 * i);
                }
            }
            default -> {
                // MUST-6: an option that we do not know is skipped by its length.
            }
        }
    }

    private void sack(byte[] bytes, int index, int size) {
        if (size < 10 || (size - 2) % 8 != 0) {
            return;
        }
        sackCount = Math.min(4, (size - 2) / 8);
        for (int i = 0; i < sackCount; i++) {
            sackLeft[i] = Bytes.i32(bytes, index + 2 + 8 * i);
            sackRight[i] = Bytes.i32(bytes, index + 6 + 8 * i);
        }
    }

    private void fastOpen(int offset, int length, boolean experimental) {
        // RFC 7413 §4.1.1: a cookie has 4 to 16 octets, an even number; none asks for one.
        if (length == 0 || (length >= 4 && length <= 16 && (length & 1) == 0)) {
            fastOpenLength = length;
            fastOpenOffset = offset;
            fastOpenExperimental = experimental;
        }
    }
}
