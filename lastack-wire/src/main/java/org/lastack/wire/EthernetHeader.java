package org.lastack.wire;

import org.jspecify.annotations.Nullable;

/// The Ethernet II header at an offset of a `byte[]`; station addresses are the low 48 bits of a `long`.
///
/// One IEEE 802.1Q tag with VLAN identifier 0 (a priority tag, which an end station accepts as untagged) is stepped over; any other tag is
/// recognised and refused. [#check] is the door: behind it all accessors are safe.
public final class EthernetHeader {
    /// Octets of a header without tag.
    public static final int LENGTH = 14;
    /// Octets of one IEEE 802.1Q tag.
    public static final int TAG_LENGTH = 4;
    /// Least octets of a frame without its check sequence; shorter packets are padded with zeros (SECURITY I-02).
    public static final int MIN_FRAME = 60;

    public static final int TYPE_IPV4 = 0x0800;
    public static final int TYPE_ARP = 0x0806;
    public static final int TYPE_IPV6 = 0x86dd;
    /// IEEE 802.1Q customer tag.
    public static final int TYPE_VLAN = 0x8100;
    /// IEEE 802.1ad service tag.
    public static final int TYPE_SERVICE_VLAN = 0x88a8;
    /// Below this value the field is the length of an LLC frame (IEEE 802.3 §3.2.6).
    public static final int MIN_TYPE = 0x0600;

    public static final long BROADCAST = 0xffff_ffff_ffffL;

    private EthernetHeader() {}

    /// Null if `length` octets at `offset` hold an Ethernet II header that we accept, else the reason (SECURITY X-13).
    public static @Nullable Refusal check(byte[] bytes, int offset, int length) {
        if (length < LENGTH) {
            return Refusal.ETHERNET_RUNT;
        }
        int type = etherType(bytes, offset);
        if (isVlan(type)) {
            if (length < LENGTH + TAG_LENGTH) {
                return Refusal.ETHERNET_RUNT;
            }
            if (type != TYPE_VLAN || vlanIdentifier(bytes, offset) != 0) {
                return Refusal.ETHERNET_VLAN;
            }
            type = payloadType(bytes, offset);
            if (isVlan(type)) {
                return Refusal.ETHERNET_VLAN;
            }
        }
        return type < MIN_TYPE ? Refusal.ETHERNET_LLC : null;
    }

    public static long destination(byte[] bytes, int offset) {
        return address(bytes, offset);
    }

    public static long source(byte[] bytes, int offset) {
        return address(bytes, offset + 6);
    }

    /// The type field that follows the addresses; [#TYPE_VLAN] if the frame is tagged.
    public static int etherType(byte[] bytes, int offset) {
        return Bytes.u16(bytes, offset + 12);
    }

    /// True for the type of a VLAN tag.
    public static boolean isVlan(int etherType) {
        return etherType == TYPE_VLAN || etherType == TYPE_SERVICE_VLAN;
    }

    /// 0..4095; only of a tagged frame.
    public static int vlanIdentifier(byte[] bytes, int offset) {
        return Bytes.u16(bytes, offset + 14) & 0xfff;
    }

    /// 0..7; only of a tagged frame.
    public static int vlanPriority(byte[] bytes, int offset) {
        return bytes[offset + 14] >>> 5 & 7;
    }

    /// The type of the payload, behind a tag if there is one.
    public static int payloadType(byte[] bytes, int offset) {
        int type = etherType(bytes, offset);
        return isVlan(type) ? Bytes.u16(bytes, offset + LENGTH + 2) : type;
    }

    /// Octets before the payload: 14, or 18 with a tag.
    public static int headerLength(byte[] bytes, int offset) {
        return isVlan(etherType(bytes, offset)) ? LENGTH + TAG_LENGTH : LENGTH;
    }

    /// Six octets as the low 48 bits of a long.
    public static long address(byte[] bytes, int index) {
        return (long) Bytes.u16(bytes, index) << 32 | Bytes.u32(bytes, index + 2);
    }

    /// Writes the low 48 bits as six octets.
    public static void putAddress(byte[] bytes, int index, long address) {
        Bytes.put16(bytes, index, (int) (address >>> 32));
        Bytes.put32(bytes, index + 2, (int) address);
    }

    /// True for multicast and broadcast addresses: the lowest bit of the first octet.
    public static boolean isGroup(long address) {
        return (address >>> 40 & 1) != 0;
    }

    /// The address to which an IPv4 multicast group maps: 01:00:5e and 23 bits (RFC 1112 §6.4).
    public static long multicastV4(int group) {
        return 0x0100_5e00_0000L | (group & 0x7f_ffff);
    }

    /// The address to which an IPv6 multicast group maps: 33:33 and its low 32 bits (RFC 2464 §7).
    public static long multicastV6(long groupLow) {
        return 0x3333_0000_0000L | (groupLow & 0xffff_ffffL);
    }

    /// Writes the 14 octets.
    public static void write(byte[] bytes, int offset, long destination, long source, int etherType) {
        putAddress(bytes, offset, destination);
        putAddress(bytes, offset + 6, source);
        Bytes.put16(bytes, offset + 12, etherType);
    }

    /// `02:00:5e:10:00:01`.
    public static String addressText(long address) {
        StringBuilder text = new StringBuilder(17);
        for (int shift = 40; shift >= 0; shift -= 8) {
            int octet = (int) (address >>> shift) & 0xff;
            text.append(Character.forDigit(octet >>> 4, 16)).append(Character.forDigit(octet & 15, 16));
            if (shift > 0) {
                text.append(':');
            }
        }
        return text.toString();
    }

    /// The 48 bits of `02:00:5e:10:00:01`, or -1 if the text is not six pairs of hexadecimal digits between colons.
    public static long parseAddress(String text) {
        if (text.length() != 17) {
            return -1;
        }
        long address = 0;
        for (int i = 0; i < 17; i++) {
            char c = text.charAt(i);
            if (i % 3 == 2) {
                if (c != ':') {
                    return -1;
                }
                continue;
            }
            int digit = c < 128 ? Character.digit(c, 16) : -1;
            if (digit < 0) {
                return -1;
            }
            address = address << 4 | digit;
        }
        return address;
    }
}
