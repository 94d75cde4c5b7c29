package org.lastack.link.linux;

import org.lastack.link.Link;
import org.lastack.link.LinkType;
import org.lastack.wire.Bytes;
import org.lastack.wire.Frame;
import org.lastack.wire.FramePool;

/// Answers ARP, and sends every UDP datagram back to where it came from. No sum changes by swapping addresses and ports, so even an unfinished one stays right.
final class Echo implements Runnable {
    private final Link link;
    private final Frame frame = Frame.unpooled(FramePool.LARGE);
    int echoed;
    int unfinished;

    Echo(Link link) {
        this.link = link;
    }

    @Override
    public void run() {
        while (true) {
            frame.offset = 128;
            int length = link.receive(frame);
            if (length < 0) {
                return;
            }
            if (length == 0) {
                link.awaitReadable(Long.MAX_VALUE);
            } else if (answer()) {
                link.send(frame);
            }
        }
    }

    private boolean answer() {
        byte[] data = frame.data;
        int at = frame.offset;
        int protocolAt = at + link.type().headerOctets();
        if (link.type() == LinkType.ETHERNET) {
            int etherType = Bytes.u16(data, at + 12);
            if (etherType == 0x0806) {
                new Arp(link).answer(frame);
                return false;
            }
            if ((etherType != 0x0800 && etherType != 0x86dd) || (data[at] & 1) != 0) {
                return false;
            }
            swap(data, at, at + 6, 6);
        }
        int transport;
        if (data[protocolAt] >>> 4 == 4 && data[protocolAt + 9] == 17) {
            swap(data, protocolAt + 12, protocolAt + 16, 4);
            transport = protocolAt + 20;
        } else if (data[protocolAt] >>> 4 == 6 && data[protocolAt + 6] == 17) {
            swap(data, protocolAt + 8, protocolAt + 24, 16);
            transport = protocolAt + 40;
        } else {
            return false;
        }
        swap(data, transport, transport + 2, 2);
        echoed++;
        if (frame.needsChecksum) {
            if (!frame.checksumVerified) {
                throw new AssertionError("an unfinished checksum counts as verified");
            }
            unfinished++;
        }
        return true;
    }

    private static void swap(byte[] data, int a, int b, int octets) {
        for (int i = 0; i < octets; i++) {
            byte held = data[a + i];
            data[a + i] = data[b + i];
            data[b + i] = held;
        }
    }
}
