package org.lastack.wire;

import org.jspecify.annotations.Nullable;

/// Walks the extension headers of one IPv6 packet (RFC 8200 §4); an instance is reused for every packet.
///
/// After [#walk] returned null the fields tell where the upper layer begins, or - if [#isFragment] - where the fragment's data begin. After a
/// refusal [#problemCode] and [#problemPointer] tell which ICMPv6 parameter problem to send, if any.
public final class Ipv6Extensions {
    /// An honest packet has at most four; beyond this a chain is an attack on our time (RFC 8504 §5.3).
    public static final int MAX_HEADERS = 8;
    /// Options of one header, padding not counted: Linux's max_hbh_opts_number and max_dst_opts_number.
    public static final int MAX_OPTIONS = 8;
    /// Octets of padding in a row: more than alignment ever needs (RFC 8504 §5.3; Linux refuses the same).
    public static final int MAX_PADDING = 7;
    /// Octets of a fragment header.
    public static final int FRAGMENT_LENGTH = 8;

    public static final int OPTION_PAD1 = 0;
    public static final int OPTION_PADN = 1;
    /// RFC 2711.
    public static final int OPTION_ROUTER_ALERT = 5;
    /// RFC 2675.
    public static final int OPTION_JUMBO = 0xc2;

    /// The upper-layer protocol, or what follows the fragment header: the last next-header value.
    public int protocol;
    /// Index in the array of the first octet behind the extension headers that were walked.
    public int payloadOffset;
    /// Octets from [#payloadOffset] to the packet's end.
    public int payloadLength;
    /// Index of the octet that holds [#protocol]: the pointer for an unknown next header, and what reassembly rewrites.
    public int nextHeaderOffset;
    /// True if there is a fragment header and the packet is one of several; then the walk ended behind that header.
    public boolean isFragment;
    /// True if there is a fragment header on a whole packet (RFC 6946): processed as if the header were absent.
    public boolean isAtomicFragment;
    /// Index of the fragment header, or -1; the unfragmentable part ends there.
    public int fragmentHeaderOffset;
    /// Index of the octet that says that a fragment header follows.
    public int fragmentPreviousOffset;
    /// The fragment's position in octets.
    public int fragmentOffset;
    public boolean moreFragments;
    public int fragmentId;
    /// The Router Alert option's value, or -1.
    public int routerAlert;
    /// Code of the ICMPv6 parameter problem that the last refusal asks for, or -1 for none.
    public int problemCode;
    /// Its pointer: octets from the IPv6 header's first.
    public int problemPointer;
    /// True if the problem is to be reported even when the packet was sent to a multicast address (RFC 4443 §2.4 (e.3)).
    public boolean problemEvenForMulticast;

    private int packet;
    private int end;

    private void clear(int offset, int length) {
        packet = offset;
        end = offset + length;
        payloadOffset = offset + Ipv6Header.LENGTH;
        nextHeaderOffset = offset + Ipv6Header.NEXT_HEADER_OFFSET;
        payloadLength = 0;
        isFragment = false;
        isAtomicFragment = false;
        fragmentHeaderOffset = -1;
        fragmentPreviousOffset = -1;
        fragmentOffset = 0;
        moreFragments = false;
        fragmentId = 0;
        routerAlert = -1;
        problemCode = -1;
        problemPointer = 0;
        problemEvenForMulticast = false;
    }

    /// Walks the packet of `length` octets (40 + payload length) whose checked IPv6 header is at `offset`. Null, or why it is refused.
    public @Nullable Refusal walk(byte[] bytes, int offset, int length) {
        clear(offset, length);
        protocol = Ipv6Header.nextHeader(bytes, offset);
        for (int headers = 0; isExtension(protocol); headers++) {
            if (headers == MAX_HEADERS) {
                return Refusal.IPV6_TOO_MANY_EXTENSIONS;
            }
            Refusal refusal = header(bytes, protocol);
            if (refusal != null) {
                return refusal;
            }
            if (isFragment) {
                break;
            }
        }
        payloadLength = end - payloadOffset;
        return null;
    }

    /// Finds the upper layer of a packet that an ICMPv6 error quotes: steps over headers by their lengths and judges nothing in them.
    /// Null, or [Refusal#ICMPV6_BAD_QUOTE] if the quote ends within the chain (SECURITY X-15).
    public @Nullable Refusal walkQuote(byte[] bytes, int offset, int length) {
        Refusal refusal = Ipv6Header.checkQuote(bytes, offset, length);
        if (refusal != null) {
            return refusal;
        }
        clear(offset, Math.min(length, Ipv6Header.totalLength(bytes, offset)));
        protocol = Ipv6Header.nextHeader(bytes, offset);
        if (!skipToUpperLayer(bytes, protocol, payloadOffset)) {
            return Refusal.ICMPV6_BAD_QUOTE;
        }
        payloadLength = end - payloadOffset;
        return null;
    }

    /// True for the next-header values that this class walks.
    public static boolean isExtension(int nextHeader) {
        return nextHeader == IpProtocol.HOP_BY_HOP || nextHeader == IpProtocol.ROUTING || nextHeader == IpProtocol.FRAGMENT
                || nextHeader == IpProtocol.DESTINATION_OPTIONS;
    }

    private @Nullable Refusal header(byte[] bytes, int kind) {
        if (kind == IpProtocol.HOP_BY_HOP && payloadOffset != packet + Ipv6Header.LENGTH) {
            // RFC 8200 §4.1: zero is a next header that only the IPv6 header may name.
            return problem(Refusal.IPV6_MISPLACED_HEADER, Icmpv6.CODE_UNKNOWN_NEXT_HEADER, nextHeaderOffset);
        }
        if (payloadOffset + 8 > end) {
            return Refusal.IPV6_EXTENSION_TRUNCATED;
        }
        if (kind == IpProtocol.FRAGMENT) {
            return fragment(bytes);
        }
        int start = payloadOffset;
        int length = 8 + (bytes[start + 1] & 0xff) * 8;
        if (start + length > end) {
            return Refusal.IPV6_EXTENSION_TRUNCATED;
        }
        Refusal refusal = kind == IpProtocol.ROUTING ? routing(bytes, start) : options(bytes, start + 2, start + length, kind);
        if (refusal == null) {
            step(bytes, start, length);
        }
        return refusal;
    }

    private void step(byte[] bytes, int start, int length) {
        nextHeaderOffset = start;
        protocol = bytes[start] & 0xff;
        payloadOffset = start + length;
    }

    /// RFC 8200 §4.4: an unknown routing type is ignored when no segments are left and refused otherwise; RFC 5095 §3 makes type 0 unknown.
    private @Nullable Refusal routing(byte[] bytes, int start) {
        return bytes[start + 3] == 0 ? null : problem(Refusal.IPV6_ROUTING_HEADER, Icmpv6.CODE_ERRONEOUS_HEADER, start + 2);
    }

    private @Nullable Refusal fragment(byte[] bytes) {
        int start = payloadOffset;
        int field = Bytes.u16(bytes, start + 2);
        fragmentHeaderOffset = start;
        fragmentPreviousOffset = nextHeaderOffset;
        fragmentOffset = field & 0xfff8;
        moreFragments = (field & 1) != 0;
        fragmentId = Bytes.i32(bytes, start + 4);
        step(bytes, start, FRAGMENT_LENGTH);
        if (fragmentOffset == 0 && !moreFragments) {
            // RFC 6946 §4: an atomic fragment is processed in isolation, as a whole packet.
            isAtomicFragment = true;
            return null;
        }
        isFragment = true;
        isAtomicFragment = false;
        int data = end - payloadOffset;
        if (moreFragments && ((data & 7) != 0 || data == 0)) {
            // RFC 8200 §4.5: pointer to the payload length.
            return problem(Refusal.IPV6_FRAGMENT_MISALIGNED, Icmpv6.CODE_ERRONEOUS_HEADER, packet + Ipv6Header.PAYLOAD_LENGTH_OFFSET);
        }
        // RFC 8200 §4.5: the reassembled payload length counts the unfragmentable part's extension headers; pointer to the fragment offset.
        if (fragmentOffset + data + (start - packet - Ipv6Header.LENGTH) > Ipv6Header.MAX_PAYLOAD_LENGTH) {
            return problem(Refusal.IPV6_FRAGMENT_TOO_LONG, Icmpv6.CODE_ERRONEOUS_HEADER, start + 2);
        }
        if (fragmentOffset == 0 && !holdsWholeChain(bytes)) {
            // RFC 7112 §5, RFC 8200 §4.5: code 3, pointer 0.
            return problem(Refusal.IPV6_FRAGMENT_TINY, Icmpv6.CODE_INCOMPLETE_CHAIN, packet);
        }
        return null;
    }

    /// True if the first fragment holds all headers and the upper layer's fixed header. The fields that describe the fragment stay as they are.
    private boolean holdsWholeChain(byte[] bytes) {
        int keptProtocol = protocol;
        int keptPayload = payloadOffset;
        int keptNext = nextHeaderOffset;
        boolean whole = skipToUpperLayer(bytes, protocol, payloadOffset) && end - payloadOffset >= upperHeaderLength(protocol);
        protocol = keptProtocol;
        payloadOffset = keptPayload;
        nextHeaderOffset = keptNext;
        return whole;
    }

    private static int upperHeaderLength(int protocol) {
        return switch (protocol) {
            case IpProtocol.TCP -> TcpHeader.MIN_LENGTH;
            case IpProtocol.UDP -> UdpHeader.LENGTH;
            case IpProtocol.ICMPV6 -> Icmpv6.HEADER_LENGTH;
            default -> 0;
        };
    }

    private boolean skipToUpperLayer(byte[] bytes, int firstHeader, int firstOffset) {
        protocol = firstHeader;
        payloadOffset = firstOffset;
        while (isExtension(protocol)) {
            int start = payloadOffset;
            if (start + 8 > end) {
                return false;
            }
            if (protocol == IpProtocol.FRAGMENT) {
                int position = Bytes.u16(bytes, start + 2) & 0xfff8;
                step(bytes, start, FRAGMENT_LENGTH);
                if (position != 0) {
                    // What follows is the middle of something, not a header.
                    return false;
                }
            } else {
                step(bytes, start, 8 + (bytes[start + 1] & 0xff) * 8);
            }
        }
        return payloadOffset <= end;
    }

    private @Nullable Refusal options(byte[] bytes, int first, int optionsEnd, int header) {
        int index = first;
        int padding = 0;
        int options = 0;
        while (index < optionsEnd) {
            int type = bytes[index] & 0xff;
            if (type == OPTION_PAD1) {
                index++;
                if (++padding > MAX_PADDING) {
                    return Refusal.IPV6_TOO_MANY_EXTENSIONS;
                }
                continue;
            }
            if (index + 1 >= optionsEnd) {
                return Refusal.IPV6_BAD_OPTION;
            }
            int size = 2 + (bytes[index + 1] & 0xff);
            if (index + size > optionsEnd) {
                return Refusal.IPV6_BAD_OPTION;
            }
            if (type == OPTION_PADN) {
                padding += size;
                if (padding > MAX_PADDING) {
                    return Refusal.IPV6_TOO_MANY_EXTENSIONS;
                }
            } else {
                padding = 0;
                if (++options > MAX_OPTIONS) {
                    return Refusal.IPV6_TOO_MANY_EXTENSIONS;
                }
                Refusal refusal = option(bytes, index, type, size, header);
                if (refusal != null) {
                    return refusal;
                }
            }
            index += size;
        }
        return null;
    }

    private @Nullable Refusal option(byte[] bytes, int index, int type, int size, int header) {
        if (header == IpProtocol.HOP_BY_HOP && type == OPTION_ROUTER_ALERT) {
            if (size != 4) {
                return Refusal.IPV6_BAD_OPTION;
            }
            routerAlert = Bytes.u16(bytes, index + 2);
            return null;
        }
        if (header == IpProtocol.HOP_BY_HOP && type == OPTION_JUMBO) {
            // RFC 2675 §3: in a packet whose payload length is not 0, code 0 with the pointer at the option's type.
            return problem(Refusal.IPV6_JUMBOGRAM, Icmpv6.CODE_ERRONEOUS_HEADER, index);
        }
        // RFC 8200 §4.2: the two highest bits say what to do with an option that we do not know.
        return switch (type >>> 6) {
            case 0 -> null;
            case 1 -> Refusal.IPV6_UNKNOWN_OPTION;
            case 2 -> {
                problemEvenForMulticast = true;
                yield problem(Refusal.IPV6_UNKNOWN_OPTION, Icmpv6.CODE_UNKNOWN_OPTION, index);
            }
            case 3 -> problem(Refusal.IPV6_UNKNOWN_OPTION, Icmpv6.CODE_UNKNOWN_OPTION, index);
            default -> throw new AssertionError("two bits");
        };
    }

    private Refusal problem(Refusal refusal, int code, int index) {
        problemCode = code;
        problemPointer = index - packet;
        return refusal;
    }

    /// Writes the 8 octets of a fragment header (RFC 8200 §4.5). `position` is in octets, a multiple of 8.
    public static void writeFragment(byte[] bytes, int offset, int nextHeader, int position, boolean moreFragments, int id) {
        bytes[offset] = (byte) nextHeader;
        bytes[offset + 1] = 0;
        Bytes.put16(bytes, offset + 2, position | (moreFragments ? 1 : 0));
        Bytes.put32(bytes, offset + 4, id);
    }
}
