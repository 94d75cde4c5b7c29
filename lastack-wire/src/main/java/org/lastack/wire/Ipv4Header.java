package org.lastack.wire;

import org.jspecify.annotations.Nullable;

/// The IPv4 header (RFC 791) at an offset of a `byte[]`. [#check] is the door: behind it all accessors are safe, and the packet is
/// [#totalLength] octets long whatever else the link delivered.
public final class Ipv4Header {
    /// Octets of a header without options.
    public static final int MIN_LENGTH = 20;
    /// Octets of a header with 40 octets of options.
    public static final int MAX_LENGTH = 60;
    /// The largest packet.
    public static final int MAX_TOTAL_LENGTH = 65_535;
    /// Every link carries this many octets in one piece (RFC 791 §3.2).
    public static final int MIN_MTU = 68;
    /// RFC 1700's recommendation and Linux's default.
    public static final int DEFAULT_TTL = 64;
    /// Offset of the checksum within the header.
    public static final int CHECKSUM_OFFSET = 10;

    /// [#flags]: do not fragment.
    public static final int DF = 0x4000;
    /// [#flags]: more fragments follow.
    public static final int MF = 0x2000;

    /// ECN field (RFC 3168 §5): not ECN-capable.
    public static final int NOT_ECT = 0;
    public static final int ECT_1 = 1;
    public static final int ECT_0 = 2;
    /// Congestion experienced.
    public static final int CE = 3;

    public static final int OPTION_END = 0;
    public static final int OPTION_NOP = 1;
    public static final int OPTION_RECORD_ROUTE = 7;
    public static final int OPTION_TIMESTAMP = 68;
    public static final int OPTION_LOOSE_SOURCE_ROUTE = 131;
    public static final int OPTION_STRICT_SOURCE_ROUTE = 137;
    /// RFC 2113.
    public static final int OPTION_ROUTER_ALERT = 148;

    private Ipv4Header() {}

    /// Null if `length` octets at `offset` begin with a whole, correct IPv4 packet (trailing link padding is allowed), else the reason.
    ///
    /// Checks version, header length, total length, checksum, options and the extent of a fragment (RFC 1122 §3.2.1; SECURITY,
    /// F-03, F-04).
    public static @Nullable Refusal check(byte[] bytes, int offset, int length) {
        if (length < MIN_LENGTH) {
            return Refusal.IPV4_TRUNCATED;
        }
        if (version(bytes, offset) != 4) {
            return Refusal.IPV4_BAD_VERSION;
        }
        int header = headerLength(bytes, offset);
        if (header < MIN_LENGTH) {
            return Refusal.IPV4_BAD_HEADER_LENGTH;
        }
        if (header > length) {
            return Refusal.IPV4_TRUNCATED;
        }
        // RFC 1122 §3.2.1.2: a packet with a wrong checksum is dropped silently, before any other field is believed.
        if (Checksum.finish(Checksum.add(0, bytes, offset, header)) != 0) {
            return Refusal.IPV4_BAD_CHECKSUM;
        }
        int total = totalLength(bytes, offset);
        if (total < header) {
            return Refusal.IPV4_BAD_TOTAL_LENGTH;
        }
        if (total > length) {
            return Refusal.IPV4_TRUNCATED;
        }
        if (header > MIN_LENGTH && optionProblem(bytes, offset) >= 0) {
            return Refusal.IPV4_BAD_OPTIONS;
        }
        return isFragment(bytes, offset) ? checkFragment(bytes, offset, total - header) : null;
    }

    private static @Nullable Refusal checkFragment(byte[] bytes, int offset, int payload) {
        int start = fragmentOffset(bytes, offset);
        if (start + payload + headerLength(bytes, offset) > MAX_TOTAL_LENGTH) {
            return Refusal.IPV4_FRAGMENT_TOO_LONG;
        }
        if (moreFragments(bytes, offset) && ((payload & 7) != 0 || payload == 0)) {
            return Refusal.IPV4_FRAGMENT_MISALIGNED;
        }
        // RFC 1858 §3.2 and RFC 3128: no boundary may lie within the TCP header. No honest link has an MTU that makes one.
        if (protocol(bytes, offset) == IpProtocol.TCP && (start == 0 ? payload < TcpHeader.MIN_LENGTH : start < TcpHeader.MIN_LENGTH)) {
            return Refusal.IPV4_FRAGMENT_TINY;
        }
        return null;
    }

    /// Null if `length` octets at `offset`, quoted by an ICMP error, hold an IPv4 header and at least 8 octets behind it. Lengths beyond the
    /// quote are expected; the checksum is not verified, because routers changed the header after it was made (RFC 1812 §4.3.2.3).
    public static @Nullable Refusal checkQuote(byte[] bytes, int offset, int length) {
        if (length < MIN_LENGTH || version(bytes, offset) != 4) {
            return Refusal.ICMPV4_BAD_QUOTE;
        }
        int header = headerLength(bytes, offset);
        return header < MIN_LENGTH || header + 8 > length ? Refusal.ICMPV4_BAD_QUOTE : null;
    }

    /// The version nibble of any IP packet.
    public static int version(byte[] bytes, int offset) {
        return bytes[offset] >>> 4 & 15;
    }

    /// Octets of header and options.
    public static int headerLength(byte[] bytes, int offset) {
        return (bytes[offset] & 15) << 2;
    }

    /// The octet that holds DSCP and ECN.
    public static int tos(byte[] bytes, int offset) {
        return bytes[offset + 1] & 0xff;
    }

    /// 0..63 (RFC 2474).
    public static int dscp(byte[] bytes, int offset) {
        return tos(bytes, offset) >>> 2;
    }

    /// One of [#NOT_ECT], [#ECT_0], [#ECT_1], [#CE].
    public static int ecn(byte[] bytes, int offset) {
        return bytes[offset + 1] & 3;
    }

    /// Octets of the packet, header included.
    public static int totalLength(byte[] bytes, int offset) {
        return Bytes.u16(bytes, offset + 2);
    }

    /// Octets behind the header.
    public static int payloadLength(byte[] bytes, int offset) {
        return totalLength(bytes, offset) - headerLength(bytes, offset);
    }

    public static int identification(byte[] bytes, int offset) {
        return Bytes.u16(bytes, offset + 4);
    }

    /// [#DF] and [#MF].
    public static int flags(byte[] bytes, int offset) {
        return Bytes.u16(bytes, offset + 6) & (DF | MF);
    }

    public static boolean dontFragment(byte[] bytes, int offset) {
        return (bytes[offset + 6] & 0x40) != 0;
    }

    public static boolean moreFragments(byte[] bytes, int offset) {
        return (bytes[offset + 6] & 0x20) != 0;
    }

    /// The fragment's position in octets (the field times 8).
    public static int fragmentOffset(byte[] bytes, int offset) {
        return (Bytes.u16(bytes, offset + 6) & 0x1fff) << 3;
    }

    /// True if the packet is one of several fragments.
    public static boolean isFragment(byte[] bytes, int offset) {
        return (Bytes.u16(bytes, offset + 6) & 0x3fff) != 0;
    }

    public static int ttl(byte[] bytes, int offset) {
        return bytes[offset + 8] & 0xff;
    }

    public static int protocol(byte[] bytes, int offset) {
        return bytes[offset + 9] & 0xff;
    }

    public static int checksum(byte[] bytes, int offset) {
        return Bytes.u16(bytes, offset + CHECKSUM_OFFSET);
    }

    public static int source(byte[] bytes, int offset) {
        return Bytes.i32(bytes, offset + 12);
    }

    public static int destination(byte[] bytes, int offset) {
        return Bytes.i32(bytes, offset + 16);
    }

    /// Where the options of a checked header are malformed, in octets from the header's first (the pointer of an ICMP parameter problem,
    /// RFC 792), or -1 if they are well formed: no option of length 0, 1 or beyond the header, none twice that may stand only once.
    public static int optionProblem(byte[] bytes, int offset) {
        int end = offset + headerLength(bytes, offset);
        boolean routeSeen = false;
        int index = offset + MIN_LENGTH;
        while (index < end) {
            int kind = bytes[index] & 0xff;
            if (kind == OPTION_END) {
                return -1;
            }
            if (kind == OPTION_NOP) {
                index++;
                continue;
            }
            if (index + 1 >= end) {
                return index - offset;
            }
            int size = bytes[index + 1] & 0xff;
            if (size < 2 || index + size > end) {
                return index + 1 - offset;
            }
            int problem = optionBodyProblem(bytes, index, kind, size);
            if (problem >= 0) {
                return index + problem - offset;
            }
            if (kind == OPTION_LOOSE_SOURCE_ROUTE || kind == OPTION_STRICT_SOURCE_ROUTE) {
                // RFC 1122 §3.2.1.8 (c): at most one source route.
                if (routeSeen) {
                    return index - offset;
                }
                routeSeen = true;
            }
            index += size;
        }
        return -1;
    }

    private static int optionBodyProblem(byte[] bytes, int index, int kind, int size) {
        return switch (kind) {
            // RFC 791: the pointer of a route counts from the option's first octet and is at least 4.
            case OPTION_RECORD_ROUTE, OPTION_LOOSE_SOURCE_ROUTE, OPTION_STRICT_SOURCE_ROUTE ->
                size < 3 ? 1 : (bytes[index + 2] & 0xff) < 4 ? 2 : -1;
            case OPTION_TIMESTAMP -> size < 4 ? 1 : (bytes[index + 2] & 0xff) < 5 ? 2 : -1;
            case OPTION_ROUTER_ALERT -> size != 4 ? 1 : -1;
            default -> -1;
        };
    }

    /// The index in `bytes` of the first option of this kind in a checked header, or -1.
    public static int findOption(byte[] bytes, int offset, int kind) {
        int end = offset + headerLength(bytes, offset);
        int index = offset + MIN_LENGTH;
        while (index < end) {
            int found = bytes[index] & 0xff;
            if (found == kind) {
                return index;
            }
            if (found == OPTION_END) {
                return -1;
            }
            index += found == OPTION_NOP ? 1 : bytes[index + 1] & 0xff;
        }
        return -1;
    }

    /// True if a checked header asks for loose or strict source routing.
    public static boolean isSourceRouted(byte[] bytes, int offset) {
        return headerLength(bytes, offset) > MIN_LENGTH && (findOption(bytes, offset, OPTION_LOOSE_SOURCE_ROUTE) >= 0
                || findOption(bytes, offset, OPTION_STRICT_SOURCE_ROUTE) >= 0);
    }

    /// Writes a header without options and its checksum. `flagsAndOffset` is [#DF], [#MF] and the fragment's position in units of 8 octets.
    public static void write(byte[] bytes, int offset, int tos, int totalLength, int identification, int flagsAndOffset, int ttl, int protocol,
            int source, int destination) {
        Bytes.put32(bytes, offset, 0x4500_0000 | (tos & 0xff) << 16 | (totalLength & 0xffff));
        Bytes.put16(bytes, offset + 4, identification);
        Bytes.put16(bytes, offset + 6, flagsAndOffset);
        bytes[offset + 8] = (byte) ttl;
        bytes[offset + 9] = (byte) protocol;
        Bytes.put32(bytes, offset + 12, source);
        Bytes.put32(bytes, offset + 16, destination);
        writeChecksum(bytes, offset);
    }

    /// Computes the header's checksum and writes it; for a header of any length.
    public static void writeChecksum(byte[] bytes, int offset) {
        Bytes.put16(bytes, offset + CHECKSUM_OFFSET, 0);
        Bytes.put16(bytes, offset + CHECKSUM_OFFSET, Checksum.finish(Checksum.add(0, bytes, offset, headerLength(bytes, offset))));
    }

    /// Takes one from the time to live and updates the checksum (RFC 1624). The time to live must not be 0.
    public static void decrementTtl(byte[] bytes, int offset) {
        int before = Bytes.u16(bytes, offset + 8);
        bytes[offset + 8]--;
        Bytes.put16(bytes, offset + CHECKSUM_OFFSET, Checksum.update(checksum(bytes, offset), before, Bytes.u16(bytes, offset + 8)));
    }

    /// Writes the ECN field and updates the checksum: what a router does that marks congestion.
    public static void setEcn(byte[] bytes, int offset, int ecn) {
        int before = Bytes.u16(bytes, offset);
        bytes[offset + 1] = (byte) (bytes[offset + 1] & 0xfc | ecn & 3);
        Bytes.put16(bytes, offset + CHECKSUM_OFFSET, Checksum.update(checksum(bytes, offset), before, Bytes.u16(bytes, offset)));
    }
}
