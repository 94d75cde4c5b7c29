package org.lastack.link.linux;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import org.lastack.link.Frames;
import org.lastack.link.LinkType;
import org.lastack.wire.Bytes;
import org.lastack.wire.Frame;
import org.lastack.wire.IpProtocol;

/// `struct virtio_net_hdr` in front of a frame: flags, gso_type (octets), hdr_len, gso_size, csum_start, csum_offset (16 bits each, in the machine's order
/// as TUN and packet sockets have it by default). Virtio 1.2 §5.1.6.
final class VirtioHeader {
    /// The plain header. Devices may be set to a longer one (12 with num_buffers); what follows the first ten octets is written as 0 and not read.
    static final int OCTETS = 10;

    private static final int NEEDS_CSUM = 1;
    private static final int DATA_VALID = 2;
    private static final int GSO_NONE = 0;
    private static final int GSO_TCPV4 = 1;
    private static final int GSO_TCPV6 = 4;
    private static final int GSO_UDP_L4 = 5;
    private static final int GSO_ECN = 0x80;
    private static final int ETHERTYPE_IPV4 = 0x0800;
    private static final int ETHERTYPE_IPV6 = 0x86dd;
    private static final VarHandle SHORT = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.nativeOrder());

    private VirtioHeader() {}

    /// Takes over into the frame's fields what the header at `at` says about the frame, whose offset and length are set.
    ///
    /// @return false if header and frame contradict each other, or the header says something that was never agreed on: drop the frame
    static boolean decode(byte[] data, int at, Frame frame, LinkType type) {
        Frames.clearOffload(frame);
        int flags = data[at];
        // Nothing else was agreed on; RSC_INFO, for one, would give csum_start another meaning.
        if ((flags & ~(NEEDS_CSUM | DATA_VALID)) != 0 || u16(data, at + 2) > frame.length) {
            return false;
        }
        if ((flags & NEEDS_CSUM) != 0) {
            frame.needsChecksum = true;
            frame.checksumStart = u16(data, at + 6);
            frame.checksumOffset = u16(data, at + 8);
            // 20: no transport header begins before the end of the shortest IP header.
            if (!Frames.checksumFieldInside(frame) || frame.checksumStart < type.headerOctets() + 20) {
                Frames.clearOffload(frame);
                return false;
            }
        }
        frame.checksumVerified = flags != 0;
        return decodeGso(data[at + 1] & 0xff, u16(data, at + 4), frame, type);
    }

    private static boolean decodeGso(int typeAndEcn, int size, Frame frame, LinkType type) {
        // The ECN bit says that CWR is set in the first segment only; a receiver sees CWR in the header and needs no more.
        int gsoType = typeAndEcn & ~GSO_ECN;
        if (gsoType == GSO_NONE) {
            return typeAndEcn == GSO_NONE;
        }
        int version = ipVersion(frame, type);
        int ip = frame.offset + type.headerOctets();
        // What IPv6 carries may stand behind extension headers, so only IPv4's protocol is looked at.
        int protocol = version == 4 ? Bytes.u8(frame.data, ip + 9) : -1;
        boolean matches = switch (gsoType) {
            case GSO_TCPV4 -> protocol == IpProtocol.TCP;
            case GSO_TCPV6 -> version == 6;
            case GSO_UDP_L4 -> version == 6 || protocol == IpProtocol.UDP;
            default -> false;
        };
        if (!matches || size == 0) {
            return false;
        }
        frame.gsoType = gsoType;
        frame.gsoSize = size;
        return true;
    }

    /// 4 or 6 if the frame carries at least the fixed IP header of that version, else 0.
    private static int ipVersion(Frame frame, LinkType type) {
        int link = type.headerOctets();
        if (frame.length < link + 20) {
            return 0;
        }
        int version = Bytes.u8(frame.data, frame.offset + link) >>> 4;
        if (type == LinkType.ETHERNET) {
            int etherType = Bytes.u16(frame.data, frame.offset + 12);
            if (etherType != (version == 4 ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6)) {
                return 0;
            }
        }
        return version == 4 || (version == 6 && frame.length >= link + 40) ? version : 0;
    }

    /// Writes the header for a frame to `at`, `octets` long.
    ///
    /// @return false if the frame's fields contradict its length: a programming error above, and the kernel would say EINVAL
    static boolean encode(Frame frame, byte[] data, int at, int octets) {
        for (int i = OCTETS; i < octets; i++) {
            data[at + i] = 0;
        }
        boolean gso = frame.gsoType != Frame.GSO_NONE;
        if (!frame.needsChecksum) {
            Bytes.put64(data, at, 0);
            Bytes.put16(data, at + 8, 0);
            // The kernel cannot cut a segment whose checksum is already final.
            return !gso;
        }
        if (!Frames.checksumFieldInside(frame)) {
            return false;
        }
        int headers = gso ? headerLength(frame) : 0;
        if (gso && (headers < 0 || frame.gsoSize <= 0 || frame.gsoSize > 0xffff)) {
            return false;
        }
        data[at] = NEEDS_CSUM;
        data[at + 1] = (byte) frame.gsoType;
        put16(data, at + 2, headers);
        put16(data, at + 4, gso ? frame.gsoSize : 0);
        put16(data, at + 6, frame.checksumStart);
        put16(data, at + 8, frame.checksumOffset);
        return true;
    }

    /// Octets of all headers of a super-segment, which every segment repeats; -1 if they do not fit into the frame.
    private static int headerLength(Frame frame) {
        int transport = frame.offset + frame.checksumStart;
        int room = frame.length - frame.checksumStart;
        int header = frame.gsoType == Frame.GSO_UDP_L4 ? 8 : room < 20 ? -1 : (Bytes.u8(frame.data, transport + 12) >>> 4) * 4;
        return header < 8 || header > room ? -1 : frame.checksumStart + header;
    }

    private static int u16(byte[] data, int index) {
        return (short) SHORT.get(data, index) & 0xffff;
    }

    private static void put16(byte[] data, int index, int value) {
        SHORT.set(data, index, (short) value);
    }
}
