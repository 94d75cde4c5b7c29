package org.lastack.wire;

import org.jspecify.annotations.Nullable;

/// An ARP packet for IPv4 over Ethernet (RFC 826) at an offset of a `byte[]`. [#check] is the door.
public final class ArpPacket {
    /// Octets of the packet; an Ethernet frame around it is padded to [EthernetHeader#MIN_FRAME].
    public static final int LENGTH = 28;
    public static final int REQUEST = 1;
    public static final int REPLY = 2;

    private static final int HARDWARE_ETHERNET = 1;

    private ArpPacket() {}

    /// Null if `length` octets at `offset` hold an ARP packet for IPv4 over Ethernet, else the reason (SECURITY ).
    public static @Nullable Refusal check(byte[] bytes, int offset, int length) {
        if (length < 8) {
            return Refusal.ARP_TRUNCATED;
        }
        if (Bytes.u16(bytes, offset) != HARDWARE_ETHERNET || Bytes.u16(bytes, offset + 2) != EthernetHeader.TYPE_IPV4
                || Bytes.u16(bytes, offset + 4) != 0x0604) {
            return Refusal.ARP_BAD_FORMAT;
        }
        if (length < LENGTH) {
            return Refusal.ARP_TRUNCATED;
        }
        int operation = operation(bytes, offset);
        if (operation != REQUEST && operation != REPLY) {
            return Refusal.ARP_BAD_OPERATION;
        }
        // RFC 1812 §3.3.2: a group address in the sender's field must not be believed.
        int sender = senderProtocol(bytes, offset);
        if (EthernetHeader.isGroup(senderHardware(bytes, offset)) || sender >>> 28 >= 14) {
            return Refusal.ARP_BAD_SENDER;
        }
        return null;
    }

    /// [#REQUEST] or [#REPLY].
    public static int operation(byte[] bytes, int offset) {
        return Bytes.u16(bytes, offset + 6);
    }

    /// The sender's Ethernet address in the low 48 bits.
    public static long senderHardware(byte[] bytes, int offset) {
        return EthernetHeader.address(bytes, offset + 8);
    }

    /// The sender's IPv4 address; 0 in an address probe (RFC 5227).
    public static int senderProtocol(byte[] bytes, int offset) {
        return Bytes.i32(bytes, offset + 14);
    }

    public static long targetHardware(byte[] bytes, int offset) {
        return EthernetHeader.address(bytes, offset + 18);
    }

    public static int targetProtocol(byte[] bytes, int offset) {
        return Bytes.i32(bytes, offset + 24);
    }

    /// Writes the 28 octets. In a request `targetHardware` is 0 by custom.
    public static void write(byte[] bytes, int offset, int operation, long senderHardware, int senderProtocol, long targetHardware,
            int targetProtocol) {
        Bytes.put16(bytes, offset, HARDWARE_ETHERNET);
        Bytes.put16(bytes, offset + 2, EthernetHeader.TYPE_IPV4);
        Bytes.put16(bytes, offset + 4, 0x0604);
        Bytes.put16(bytes, offset + 6, operation);
        EthernetHeader.putAddress(bytes, offset + 8, senderHardware);
        Bytes.put32(bytes, offset + 14, senderProtocol);
        EthernetHeader.putAddress(bytes, offset + 18, targetHardware);
        Bytes.put32(bytes, offset + 24, targetProtocol);
    }
}
