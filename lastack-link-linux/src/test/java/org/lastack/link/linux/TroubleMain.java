package org.lastack.link.linux;

import org.lastack.link.Link;
import org.lastack.link.LinkDrop;
import org.lastack.link.LinkType;
import org.lastack.wire.Bytes;
import org.lastack.wire.Checksum;
import org.lastack.wire.Frame;
import org.lastack.wire.FramePool;
import org.lastack.wire.IpAddress;

/// Runs inside a fresh namespace: malformed frames, an interface that goes down and comes back, and one that is deleted. `TroubleMain KIND`.
public final class TroubleMain {
    private TroubleMain() {}

    public static void main(String[] arguments) throws Exception {
        String kind = arguments[0];
        try (InterfaceSetup setup = InterfaceSetup.open();
                Link link = open(setup, kind)) {
            String kernelSide = kind.equals("packet") ? "veth-k" : link.name();
            Frame frame = packet(link);
            int ip = link.type().headerOctets();
            EchoMain.check(!link.send(frame), "the interface is still down");
            EchoMain.check(link.counters().txDropped(LinkDrop.INTERFACE_DOWN) == 1, link.counters() + " " + link.lastError());
            setup.addAddress(kernelSide, IpAddress.of("10.9.0.1"), 24);
            up(setup, link, kernelSide);
            EchoMain.check(link.send(frame), "after up: " + link.lastError());
            if (kind.equals("tun")) {
                frame.data[frame.offset] = 0x70; // no IP version: TUN answers EINVAL
                EchoMain.check(!link.send(frame) && link.counters().txDropped(LinkDrop.REFUSED) == 1, link.counters() + " " + link.lastError());
                frame.data[frame.offset] = 0x45;
            }
            frame.needsChecksum = true; // the field lies outside
            frame.checksumStart = ip + 20;
            frame.checksumOffset = 60_000;
            EchoMain.check(!link.send(frame) && link.counters().txDropped(LinkDrop.HEADER_MALFORMED) == 1, link.counters().toString());
            frame.needsChecksum = false;
            frame.length = ip;
            EchoMain.check(!link.send(frame) && link.counters().txDropped(LinkDrop.TOO_SHORT) == 1, link.counters().toString());
            frame.length = ip + 28;
            setup.down(link.name());
            drain(link);
            EchoMain.check(link.isOpen(), "down ended the link: " + link.closeReason());
            EchoMain.check(!link.send(frame) && link.counters().txDropped(LinkDrop.INTERFACE_DOWN) == 2, link.counters() + " " + link.lastError());
            up(setup, link, kernelSide);
            EchoMain.check(link.send(frame), "after the second up: " + link.lastError());
            link.wakeup();
            drain(link);
            Thread waiter = Thread.ofPlatform().start(() -> waitForEnd(link));
            setup.delete(link.name());
            waiter.join(20_000);
            EchoMain.check(!waiter.isAlive(), "the receiver did not notice the deletion");
            EchoMain.check(!link.isOpen() && link.closeReason() != null, "open after deletion");
            EchoMain.check(!link.send(frame) && link.counters().txDropped(LinkDrop.CLOSED) == 1, link.counters().toString());
            System.out.println("OK " + link.counters() + " closed: " + link.closeReason());
        }
    }

    private static Link open(InterfaceSetup setup, String kind) throws NativeException {
        if (kind.equals("packet")) {
            setup.createVethPair("veth-k", "veth-l");
            return PacketSocketLink.open(PacketSocketLink.Options.of("veth-l"));
        }
        return TunLink.open(kind.equals("tun") ? TunLink.Options.tun("t0") : TunLink.Options.tap("t0"));
    }

    private static void up(InterfaceSetup setup, Link link, String kernelSide) throws NativeException {
        setup.up(link.name());
        if (!kernelSide.equals(link.name())) {
            setup.up(kernelSide);
        }
    }

    /// Reads until nothing comes for 50 ms: what comes are the kernel's own announcements, if any.
    private static void drain(Link link) {
        Frame frame = Frame.unpooled(FramePool.LARGE);
        frame.offset = 128;
        do {
            while (link.receive(frame) > 0) {
                EchoMain.check(frame.length > 0, "length");
            }
        } while (link.awaitReadable(50_000_000));
    }

    private static void waitForEnd(Link link) {
        Frame frame = Frame.unpooled(FramePool.LARGE);
        frame.offset = 128;
        while (link.receive(frame) >= 0) {
            link.awaitReadable(Long.MAX_VALUE);
        }
    }

    /// A UDP datagram without payload and checksum from 10.9.0.2 to port 9 of 10.9.0.1, in a broadcast frame on Ethernet.
    private static Frame packet(Link link) {
        Frame frame = Frame.unpooled(300);
        frame.offset = 128;
        byte[] data = frame.data;
        int ip = frame.offset + link.type().headerOctets();
        if (link.type() == LinkType.ETHERNET) {
            Bytes.put32(data, frame.offset, -1);
            Bytes.put16(data, frame.offset + 4, 0xffff);
            Bytes.put16(data, frame.offset + 6, 0x0200);
            Bytes.put16(data, frame.offset + 12, 0x0800);
        }
        Bytes.put32(data, ip, 0x4500_001c);
        Bytes.put32(data, ip + 8, 0x4011_0000);
        Bytes.put32(data, ip + 12, 0x0a09_0002);
        Bytes.put32(data, ip + 16, 0x0a09_0001);
        Bytes.put16(data, ip + 10, Checksum.finish(Checksum.add(0, data, ip, 20)));
        Bytes.put32(data, ip + 20, 9 << 16 | 9);
        Bytes.put32(data, ip + 24, 8 << 16);
        frame.length = link.type().headerOctets() + 28;
        return frame;
    }
}
