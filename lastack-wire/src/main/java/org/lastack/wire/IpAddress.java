package org.lastack.wire;

import org.jspecify.annotations.Nullable;

/// An IPv4 or IPv6 address in 128 bits. IPv4 addresses are kept in their IPv4-mapped form (`::ffff:a.b.c.d`, RFC 4291 §2.5.5.2), so one pair
/// of longs serves as a key for both families. Hot code passes the two longs; this record is for APIs and configuration.
///
/// Immutable, thread-safe.
public record IpAddress(long high, long low) implements Comparable<IpAddress> {
    private static final long V4_PREFIX = 0x0000_ffff_0000_0000L;

    /// `0.0.0.0`.
    public static final IpAddress ANY_V4 = v4(0);
    /// `::`.
    public static final IpAddress ANY_V6 = new IpAddress(0, 0);
    /// `127.0.0.1`.
    public static final IpAddress LOOPBACK_V4 = v4(0x7f000001);
    /// `::1`.
    public static final IpAddress LOOPBACK_V6 = new IpAddress(0, 1);

    /// From the 32 bits of an IPv4 address, most significant octet first.
    public static IpAddress v4(int address) {
        return new IpAddress(0, lowOfV4(address));
    }

    /// The low 64 bits of the mapped form of an IPv4 address; the high 64 bits are 0.
    public static long lowOfV4(int address) {
        return V4_PREFIX | (address & 0xffff_ffffL);
    }

    /// True for an IPv4(-mapped) address given as two longs.
    public static boolean isV4(long high, long low) {
        return high == 0 && (low & 0xffff_ffff_0000_0000L) == V4_PREFIX;
    }

    /// The 32 bits of an IPv4(-mapped) address from its low long.
    public static int v4Bits(long low) {
        return (int) low;
    }

    public boolean isV4() {
        return isV4(high, low);
    }

    public int v4Bits() {
        return (int) low;
    }

    /// True for `0.0.0.0` and `::`.
    public boolean isUnspecified() {
        return isUnspecified(high, low);
    }

    public static boolean isUnspecified(long high, long low) {
        return high == 0 && (low == 0 || low == V4_PREFIX);
    }

    public boolean isLoopback() {
        return isLoopback(high, low);
    }

    /// 127.0.0.0/8 and `::1`.
    public static boolean isLoopback(long high, long low) {
        return isV4(high, low) ? ((int) low >>> 24) == 127 : high == 0 && low == 1;
    }

    public boolean isMulticast() {
        return isMulticast(high, low);
    }

    /// 224.0.0.0/4 and ff00::/8.
    public static boolean isMulticast(long high, long low) {
        return isV4(high, low) ? ((int) low >>> 28) == 14 : (high >>> 56) == 0xff;
    }

    /// `255.255.255.255`.
    public static boolean isLimitedBroadcast(long high, long low) {
        return isV4(high, low) && (int) low == -1;
    }

    public boolean isLinkLocal() {
        return isLinkLocal(high, low);
    }

    /// 169.254.0.0/16 and fe80::/10.
    public static boolean isLinkLocal(long high, long low) {
        return isV4(high, low) ? ((int) low >>> 16) == 0xa9fe : (high >>> 54) == 0x3fa;
    }

    /// True if the first `prefixLength` bits are equal; for IPv4 addresses the length counts within the 32 bits.
    public boolean sharesPrefix(IpAddress other, int prefixLength) {
        if (isV4() != other.isV4()) {
            return false;
        }
        int bits = isV4() ? prefixLength + 96 : prefixLength;
        long highMask = bits >= 64 ? -1L : bits == 0 ? 0 : -1L << (64 - bits);
        long lowMask = bits >= 128 ? -1L : bits <= 64 ? 0 : -1L << (128 - bits);
        return ((high ^ other.high) & highMask) == 0 && ((low ^ other.low) & lowMask) == 0;
    }

    /// Parses a literal: dotted IPv4, IPv6 in any form of RFC 4291 §2.2, brackets allowed around IPv6. No names, no zone identifiers.
    ///
    /// @throws IllegalArgumentException with the text, if it is not an address literal
    public static IpAddress of(String text) {
        IpAddress parsed = parse(text);
        if (parsed == null) {
            throw new IllegalArgumentException("not an IP address: '" + text + "'");
        }
        return parsed;
    }

    /// As [#of], but null instead of an exception.
    public static @Nullable IpAddress parse(String text) {
        String literal = text;
        if (literal.startsWith("[") && literal.endsWith("]")) {
            literal = literal.substring(1, literal.length() - 1);
            if (literal.indexOf(':') < 0) {
                return null;
            }
        }
        if (literal.indexOf(':') < 0) {
            long v4 = parseV4(literal);
            return v4 < 0 ? null : v4((int) v4);
        }
        return parseV6(literal);
    }

    private static long parseV4(String text) {
        long value = 0;
        int octets = 0;
        int index = 0;
        while (index <= text.length()) {
            int end = text.indexOf('.', index);
            if (end < 0) {
                end = text.length();
            }
            int length = end - index;
            if (length < 1 || length > 3 || octets == 4 || (length > 1 && text.charAt(index) == '0')) {
                return -1;
            }
            int octet = 0;
            for (int i = index; i < end; i++) {
                char c = text.charAt(i);
                if (c < '0' || c > '9') {
                    return -1;
                }
                octet = octet * 10 + (c - '0');
            }
            if (octet > 255) {
                return -1;
            }
            value = value << 8 | octet;
            octets++;
            index = end + 1;
        }
        return octets == 4 ? value : -1;
    }

    private static @Nullable IpAddress parseV6(String text) {
        int[] groups = new int[8];
        int count = 0;
        int gap = -1;
        int index = 0;
        int length = text.length();
        if (text.startsWith("::")) {
            gap = 0;
            index = 2;
        } else if (text.startsWith(":")) {
            return null;
        }
        while (index < length) {
            int end = text.indexOf(':', index);
            if (end < 0) {
                end = length;
            }
            String group = text.substring(index, end);
            if (group.indexOf('.') >= 0) {
                long v4 = parseV4(group);
                if (v4 < 0 || end != length || count > 6) {
                    return null;
                }
                groups[count++] = (int) (v4 >>> 16);
                groups[count++] = (int) (v4 & 0xffff);
                index = length;
                break;
            }
            if (group.isEmpty()) {
                if (gap >= 0 || end == length) {
                    return null;
                }
                gap = count;
                index = end + 1;
                continue;
            }
            if (group.length() > 4 || count == 8) {
                return null;
            }
            int value = 0;
            for (int i = 0; i < group.length(); i++) {
                char c = group.charAt(i);
                int digit = c < 128 ? Character.digit(c, 16) : -1;
                if (digit < 0) {
                    return null;
                }
                value = value << 4 | digit;
            }
            groups[count++] = value;
            if (end == length) {
                index = length;
                break;
            }
            index = end + 1;
            if (index == length) {
                // A trailing single colon; "::" at the end has set the gap on the empty group before.
                return null;
            }
            if (text.charAt(index) == ':') {
                if (gap >= 0) {
                    return null;
                }
                gap = count;
                index++;
            }
        }
        if (gap < 0 ? count != 8 : count > 7) {
            return null;
        }
        long high = 0;
        long low = 0;
        for (int i = 0; i < 8; i++) {
            int value;
            if (gap < 0 || i < gap) {
                value = i < count ? groups[i] : 0;
            } else {
                int fromEnd = 8 - i;
                value = fromEnd <= count - gap ? groups[count - fromEnd] : 0;
            }
            if (i < 4) {
                high = high << 16 | value;
            } else {
                low = low << 16 | value;
            }
        }
        return new IpAddress(high, low);
    }

    /// Reads 4 octets.
    public static IpAddress readV4(byte[] bytes, int offset) {
        return v4(Bytes.i32(bytes, offset));
    }

    /// Reads 16 octets.
    public static IpAddress readV6(byte[] bytes, int offset) {
        return new IpAddress(Bytes.i64(bytes, offset), Bytes.i64(bytes, offset + 8));
    }

    /// The 4 or 16 octets of the address in network order (4 for an IPv4-mapped one).
    public byte[] toBytes() {
        if (isV4()) {
            byte[] four = new byte[4];
            Bytes.put32(four, 0, v4Bits());
            return four;
        }
        byte[] sixteen = new byte[16];
        Bytes.put64(sixteen, 0, high);
        Bytes.put64(sixteen, 8, low);
        return sixteen;
    }

    /// Dotted for IPv4 (also when mapped), RFC 5952 for IPv6.
    @Override
    public String toString() {
        if (isV4()) {
            int bits = v4Bits();
            return (bits >>> 24) + "." + (bits >>> 16 & 0xff) + "." + (bits >>> 8 & 0xff) + "." + (bits & 0xff);
        }
        int bestStart = -1;
        int bestLength = 1;
        for (int i = 0; i < 8; i++) {
            int run = 0;
            while (i + run < 8 && group(i + run) == 0) {
                run++;
            }
            if (run > bestLength) {
                bestStart = i;
                bestLength = run;
            }
            i += run;
        }
        StringBuilder text = new StringBuilder(39);
        for (int i = 0; i < 8; i++) {
            if (i == bestStart) {
                text.append("::");
                i += bestLength - 1;
                continue;
            }
            if (!text.isEmpty() && text.charAt(text.length() - 1) != ':') {
                text.append(':');
            }
            text.append(Integer.toHexString(group(i)));
        }
        return text.toString();
    }

    private int group(int index) {
        long half = index < 4 ? high : low;
        return (int) (half >>> (48 - 16 * (index & 3))) & 0xffff;
    }

    /// Address and port as tools print them: `10.0.0.1:80`, `[fd00::1]:80`.
    public String withPort(int port) {
        return isV4() ? this + ":" + port : "[" + this + "]:" + port;
    }

    @Override
    public int compareTo(IpAddress other) {
        int order = Long.compareUnsigned(high, other.high);
        return order != 0 ? order : Long.compareUnsigned(low, other.low);
    }
}
