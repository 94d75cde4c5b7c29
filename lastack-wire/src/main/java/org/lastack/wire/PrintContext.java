package org.lastack.wire;

import org.jspecify.annotations.Nullable;

/// One packet on its way through the printers: the octets that were captured, and what the IP header said.
final class PrintContext {
    final StringBuilder out;
    final byte[] bytes;
    /// Index behind the last octet that was captured and belongs to the packet.
    int end;
    boolean v6;
    long sourceHigh;
    long sourceLow;
    long destinationHigh;
    long destinationLow;
    /// IPv6 extension headers were printed, and the addresses before them.
    boolean addressesPrinted;
    /// Only a first fragment: checksums cannot be verified.
    boolean fragment;
    boolean verbose;
    /// An Ethernet header that was printed has named the packet's type.
    boolean typePrinted;
    @Nullable TcpFlows flows;

    PrintContext(StringBuilder out, byte[] bytes, int end) {
        this.out = out;
        this.bytes = bytes;
        this.end = end;
    }

    /// True if `octets` from `index` were captured.
    boolean has(int index, int octets) {
        return octets >= 0 && index <= end - octets;
    }

    int u8(int index) {
        return Bytes.u8(bytes, index);
    }

    int u16(int index) {
        return Bytes.u16(bytes, index);
    }

    long u32(int index) {
        return Bytes.u32(bytes, index);
    }

    PrintContext text(String text) {
        out.append(text);
        return this;
    }

    PrintContext number(long number) {
        out.append(number);
        return this;
    }

    /// Lower case, as short as it is.
    PrintContext hex(long number) {
        out.append(Long.toHexString(number));
        return this;
    }

    PrintContext hex(long number, int digits) {
        for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) {
            out.append(Character.forDigit((int) (number >>> shift) & 15, 16));
        }
        return this;
    }

    /// `octets` octets from `index`, two digits each; those that were not captured are left out.
    PrintContext hexOctets(int index, int octets) {
        for (int i = index; i < index + octets && i < end; i++) {
            hex(u8(i), 2);
        }
        return this;
    }

    PrintContext address(long high, long low) {
        // In an IPv6 packet an IPv4-mapped address is a fact to be shown, not a notation.
        if (v6 && IpAddress.isV4(high, low)) {
            out.append("::ffff:");
        }
        out.append(new IpAddress(high, low));
        return this;
    }

    PrintContext v4Address(int index) {
        out.append(IpAddress.readV4(bytes, index));
        return this;
    }

    PrintContext v6Address(int index) {
        return address(Bytes.i64(bytes, index), Bytes.i64(bytes, index + 8));
    }

    /// `a > b: `
    PrintContext addresses() {
        if (!addressesPrinted) {
            address(sourceHigh, sourceLow).text(" > ").address(destinationHigh, destinationLow).text(": ");
        }
        return this;
    }

    /// `a.1 > b.2: `, or only the ports if the addresses stand before extension headers.
    PrintContext endpoints(int sourcePort, int destinationPort) {
        if (addressesPrinted) {
            return number(sourcePort).text(" > ").number(destinationPort).text(": ");
        }
        address(sourceHigh, sourceLow).text(".").number(sourcePort).text(" > ");
        return address(destinationHigh, destinationLow).text(".").number(destinationPort).text(": ");
    }

    /// The checksum as it is over the pseudo-header and `length` octets at `at`: 0 if it is right. All of them must have been captured.
    int checksumResidue(int at, int length, int protocol) {
        long pseudo = Checksum.pseudoHeader(sourceHigh, sourceLow, destinationHigh, destinationLow, protocol, length);
        return Checksum.finish(Checksum.add(pseudo, bytes, at, length));
    }

    /// What the field should hold, given what it holds and the residue.
    static int expectedChecksum(int field, int residue) {
        int sum = field + residue;
        int folded = (sum & 0xffff) + (sum >>> 16);
        return folded == 0xffff ? 0 : folded;
    }
}
