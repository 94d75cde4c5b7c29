package org.lastack.wire;

import org.jspecify.annotations.Nullable;

/// Neighbour discovery messages (RFC 4861) at an offset of a `byte[]`: the offset is that of the ICMPv6 header. [#check] is the door; behind it
/// accessors and the option iteration are safe.
///
/// Options are iterated by index:
/// `for (int i = Ndp.firstOption(b, at); i < end; i += Ndp.optionLength(b, i))`.
public final class Ndp {
    /// Hop limit of every message: who is not on the link cannot send it (RFC 4861 §3.1).
    public static final int HOP_LIMIT = 255;

    public static final int OPTION_SOURCE_LINK_ADDRESS = 1;
    public static final int OPTION_TARGET_LINK_ADDRESS = 2;
    public static final int OPTION_PREFIX = 3;
    public static final int OPTION_REDIRECTED = 4;
    public static final int OPTION_MTU = 5;
    /// RFC 8106.
    public static final int OPTION_RECURSIVE_DNS = 25;

    /// Flags of a neighbour advertisement, in its four octets after the checksum.
    public static final int FLAG_ROUTER = 0x8000_0000;
    public static final int FLAG_SOLICITED = 0x4000_0000;
    public static final int FLAG_OVERRIDE = 0x2000_0000;

    /// Octets of a solicitation or advertisement of a neighbour without options.
    public static final int NEIGHBOR_LENGTH = 24;
    /// Octets of the option that carries an Ethernet address.
    public static final int LINK_ADDRESS_LENGTH = 8;

    private static final int PREFIX_LENGTH = 32;
    private static final int MTU_LENGTH = 8;

    private Ndp() {}

    /// Null if `length` octets at `offset` are a valid message of neighbour discovery, whose checksum [Icmpv6#check] has verified, else the
    /// reason. Checks hop limit, code, length, every option's length (0 is refused, RFC 4861 §4.6; SECURITY X-08) and the address rules of
    /// RFC 4861 §6.1.1, §6.1.2, §7.1.1, §7.1.2 and §8.1.
    public static @Nullable Refusal check(byte[] bytes, int offset, int length, int hopLimit, long sourceHigh, long sourceLow,
            long destinationHigh, long destinationLow) {
        if (length < Icmpv6.HEADER_LENGTH) {
            return Refusal.ICMPV6_TRUNCATED;
        }
        if (hopLimit != HOP_LIMIT) {
            return Refusal.NDP_BAD_HOP_LIMIT;
        }
        if (Icmpv6.code(bytes, offset) != 0) {
            return Refusal.NDP_BAD_CODE;
        }
        int type = Icmpv6.type(bytes, offset);
        if (!Icmpv6.isNeighborDiscovery(type)) {
            return Refusal.ICMPV6_UNKNOWN_TYPE;
        }
        int options = fixedLength(type);
        if (length < options) {
            return Refusal.ICMPV6_TRUNCATED;
        }
        Refusal refusal = checkOptions(bytes, offset + options, offset + length);
        if (refusal != null) {
            return refusal;
        }
        return addressesValid(bytes, offset, length, type, sourceHigh, sourceLow, destinationHigh, destinationLow) ? null
                : Refusal.NDP_BAD_ADDRESS;
    }

    private static boolean addressesValid(byte[] bytes, int offset, int length, int type, long sourceHigh, long sourceLow,
            long destinationHigh, long destinationLow) {
        boolean unspecified = (sourceHigh | sourceLow) == 0;
        boolean sourceLinkAddress = findOption(bytes, offset + fixedLength(type), offset + length, OPTION_SOURCE_LINK_ADDRESS) >= 0;
        return switch (type) {
            case Icmpv6.ROUTER_SOLICITATION -> !(unspecified && sourceLinkAddress);
            case Icmpv6.ROUTER_ADVERTISEMENT -> isLinkLocal(sourceHigh);
            case Icmpv6.NEIGHBOR_SOLICITATION -> !isMulticast(targetHigh(bytes, offset))
                    && !(unspecified && (sourceLinkAddress || !isSolicitedNode(destinationHigh, destinationLow)));
            case Icmpv6.NEIGHBOR_ADVERTISEMENT -> !isMulticast(targetHigh(bytes, offset))
                    && !(isMulticast(destinationHigh) && isSolicited(bytes, offset));
            // RFC 4861 §8.1: the target is a router's link-local address or the destination itself, which is no group.
            case Icmpv6.REDIRECT -> isLinkLocal(sourceHigh) && !isMulticast(redirectDestinationHigh(bytes, offset))
                    && (isLinkLocal(targetHigh(bytes, offset)) || targetHigh(bytes, offset) == redirectDestinationHigh(bytes, offset)
                            && targetLow(bytes, offset) == redirectDestinationLow(bytes, offset));
            default -> false;
        };
    }

    private static boolean isLinkLocal(long high) {
        return high >>> 54 == 0x3fa;
    }

    private static boolean isMulticast(long high) {
        return high >>> 56 == 0xff;
    }

    /// True for ff02::1:ff00:0/104 (RFC 4291 §2.7.1).
    public static boolean isSolicitedNode(long high, long low) {
        return high == 0xff02_0000_0000_0000L && low >>> 24 == 0x01ffL;
    }

    /// The low half of the solicited-node group of an address; the high half is ff02:: .
    public static long solicitedNodeLow(long low) {
        return 0x0000_0001_ff00_0000L | (low & 0xff_ffff);
    }

    /// Octets before the options of a message of this type.
    public static int fixedLength(int type) {
        return switch (type) {
            case Icmpv6.ROUTER_SOLICITATION -> 8;
            case Icmpv6.ROUTER_ADVERTISEMENT -> 16;
            case Icmpv6.NEIGHBOR_SOLICITATION, Icmpv6.NEIGHBOR_ADVERTISEMENT -> NEIGHBOR_LENGTH;
            case Icmpv6.REDIRECT -> 40;
            // The caller asks only about the five types.
            default -> throw new IllegalArgumentException("not a neighbour discovery type: " + type);
        };
    }

    /// Null if the options from `index` to `end` have lengths that are not 0 and end exactly there, and the kinds that we read have room for
    /// what they must hold; else [Refusal#NDP_BAD_OPTION].
    public static @Nullable Refusal checkOptions(byte[] bytes, int index, int end) {
        int at = index;
        while (at < end) {
            if (at + 2 > end) {
                return Refusal.NDP_BAD_OPTION;
            }
            int size = optionLength(bytes, at);
            if (size == 0 || at + size > end) {
                return Refusal.NDP_BAD_OPTION;
            }
            if (optionType(bytes, at) == OPTION_PREFIX && size != PREFIX_LENGTH || optionType(bytes, at) == OPTION_MTU && size != MTU_LENGTH) {
                return Refusal.NDP_BAD_OPTION;
            }
            at += size;
        }
        return null;
    }

    /// Index of the first option of a checked message.
    public static int firstOption(byte[] bytes, int offset) {
        return offset + fixedLength(Icmpv6.type(bytes, offset));
    }

    public static int optionType(byte[] bytes, int index) {
        return bytes[index] & 0xff;
    }

    /// Octets of the option: the field times 8.
    public static int optionLength(byte[] bytes, int index) {
        return (bytes[index + 1] & 0xff) << 3;
    }

    /// Index of the first option of this type between `index` and `end` of a checked message, or -1.
    public static int findOption(byte[] bytes, int index, int end, int type) {
        for (int at = index; at < end; at += optionLength(bytes, at)) {
            if (optionType(bytes, at) == type) {
                return at;
            }
        }
        return -1;
    }

    /// The Ethernet address in a source or target link-layer address option, in the low 48 bits.
    public static long linkAddress(byte[] bytes, int option) {
        return EthernetHeader.address(bytes, option + 2);
    }

    /// Of an MTU option: octets, 0..2^32-1.
    public static long optionMtu(byte[] bytes, int option) {
        return Bytes.u32(bytes, option + 4);
    }

    /// Of a prefix option: bits, 0..255 as sent.
    public static int prefixLength(byte[] bytes, int option) {
        return bytes[option + 2] & 0xff;
    }

    public static boolean prefixOnLink(byte[] bytes, int option) {
        return (bytes[option + 3] & 0x80) != 0;
    }

    public static boolean prefixAutonomous(byte[] bytes, int option) {
        return (bytes[option + 3] & 0x40) != 0;
    }

    /// Seconds; 2^32-1 is for ever.
    public static long prefixValidSeconds(byte[] bytes, int option) {
        return Bytes.u32(bytes, option + 4);
    }

    /// Seconds; 2^32-1 is for ever.
    public static long prefixPreferredSeconds(byte[] bytes, int option) {
        return Bytes.u32(bytes, option + 8);
    }

    public static long prefixHigh(byte[] bytes, int option) {
        return Bytes.i64(bytes, option + 16);
    }

    public static long prefixLow(byte[] bytes, int option) {
        return Bytes.i64(bytes, option + 24);
    }

    /// The target of a neighbour solicitation, advertisement or redirect.
    public static long targetHigh(byte[] bytes, int offset) {
        return Bytes.i64(bytes, offset + 8);
    }

    public static long targetLow(byte[] bytes, int offset) {
        return Bytes.i64(bytes, offset + 16);
    }

    public static long redirectDestinationHigh(byte[] bytes, int offset) {
        return Bytes.i64(bytes, offset + 24);
    }

    public static long redirectDestinationLow(byte[] bytes, int offset) {
        return Bytes.i64(bytes, offset + 32);
    }

    /// Of a neighbour advertisement.
    public static boolean isRouter(byte[] bytes, int offset) {
        return (Icmpv6.rest(bytes, offset) & FLAG_ROUTER) != 0;
    }

    /// Of a neighbour advertisement.
    public static boolean isSolicited(byte[] bytes, int offset) {
        return (Icmpv6.rest(bytes, offset) & FLAG_SOLICITED) != 0;
    }

    /// Of a neighbour advertisement.
    public static boolean isOverride(byte[] bytes, int offset) {
        return (Icmpv6.rest(bytes, offset) & FLAG_OVERRIDE) != 0;
    }

    /// Of a router advertisement: 0 says nothing.
    public static int routerHopLimit(byte[] bytes, int offset) {
        return bytes[offset + 4] & 0xff;
    }

    /// Of a router advertisement: addresses by DHCPv6.
    public static boolean routerManaged(byte[] bytes, int offset) {
        return (bytes[offset + 5] & 0x80) != 0;
    }

    /// Of a router advertisement: seconds; 0 is no default router.
    public static int routerLifetimeSeconds(byte[] bytes, int offset) {
        return Bytes.u16(bytes, offset + 6);
    }

    /// Of a router advertisement: milliseconds, 0..2^32-1; 0 says nothing.
    public static long reachableTimeMs(byte[] bytes, int offset) {
        return Bytes.u32(bytes, offset + 8);
    }

    /// Of a router advertisement: milliseconds, 0..2^32-1; 0 says nothing.
    public static long retransmitTimerMs(byte[] bytes, int offset) {
        return Bytes.u32(bytes, offset + 12);
    }

    /// Writes a link-layer address option and returns the index behind it.
    public static int writeLinkAddress(byte[] bytes, int index, int optionType, long linkAddress) {
        bytes[index] = (byte) optionType;
        bytes[index + 1] = 1;
        EthernetHeader.putAddress(bytes, index + 2, linkAddress);
        return index + LINK_ADDRESS_LENGTH;
    }

    /// Writes a neighbour solicitation with its checksum and returns its octets. `linkAddress` goes into a source link-layer address option;
    /// -1 leaves the option out, as duplicate address detection must (RFC 4862 §5.4.2).
    public static int writeSolicitation(byte[] bytes, int offset, long targetHigh, long targetLow, long linkAddress, long sourceHigh,
            long sourceLow, long destinationHigh, long destinationLow) {
        return writeNeighbor(bytes, offset, Icmpv6.NEIGHBOR_SOLICITATION, 0, targetHigh, targetLow, OPTION_SOURCE_LINK_ADDRESS, linkAddress,
                sourceHigh, sourceLow, destinationHigh, destinationLow);
    }

    /// Writes a neighbour advertisement with its checksum and returns its octets. `flags` are the constants of this class; `linkAddress` goes
    /// into a target link-layer address option, -1 leaves it out.
    public static int writeAdvertisement(byte[] bytes, int offset, int flags, long targetHigh, long targetLow, long linkAddress,
            long sourceHigh, long sourceLow, long destinationHigh, long destinationLow) {
        return writeNeighbor(bytes, offset, Icmpv6.NEIGHBOR_ADVERTISEMENT, flags, targetHigh, targetLow, OPTION_TARGET_LINK_ADDRESS,
                linkAddress, sourceHigh, sourceLow, destinationHigh, destinationLow);
    }

    private static int writeNeighbor(byte[] bytes, int offset, int type, int flags, long targetHigh, long targetLow, int option,
            long linkAddress, long sourceHigh, long sourceLow, long destinationHigh, long destinationLow) {
        Bytes.put64(bytes, offset + 8, targetHigh);
        Bytes.put64(bytes, offset + 16, targetLow);
        int end = offset + NEIGHBOR_LENGTH;
        if (linkAddress != -1) {
            end = writeLinkAddress(bytes, end, option, linkAddress);
        }
        return Icmpv6.write(bytes, offset, type, 0, flags, end - offset - Icmpv6.HEADER_LENGTH, sourceHigh, sourceLow, destinationHigh,
                destinationLow);
    }

    /// Writes a router solicitation with its checksum and returns its octets; `linkAddress` -1 leaves the option out.
    public static int writeRouterSolicitation(byte[] bytes, int offset, long linkAddress, long sourceHigh, long sourceLow,
            long destinationHigh, long destinationLow) {
        int end = offset + Icmpv6.HEADER_LENGTH;
        if (linkAddress != -1) {
            end = writeLinkAddress(bytes, end, OPTION_SOURCE_LINK_ADDRESS, linkAddress);
        }
        return Icmpv6.write(bytes, offset, Icmpv6.ROUTER_SOLICITATION, 0, 0, end - offset - Icmpv6.HEADER_LENGTH, sourceHigh, sourceLow,
                destinationHigh, destinationLow);
    }
}
