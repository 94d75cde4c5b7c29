package org.lastack.link.linux;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.Arrays;
import java.util.Random;
import org.lastack.link.Link;
import org.lastack.link.LinkType;
import org.lastack.wire.Bytes;
import org.lastack.wire.Checksum;
import org.lastack.wire.Frame;
import org.lastack.wire.FramePool;
import org.lastack.wire.IpAddress;

/// Runs inside a fresh namespace: a peer that speaks just enough TCP receives a megabyte from the kernel and sends one back, in super-segments with unfinished checksums.
public final class TcpMain {
    private static final int OCTETS = 1 << 20;
    private static final int CHUNK = 40_000;
    private static final int MSS = 1460;

    private final Link link;
    private final int ip;
    private final Frame in = Frame.unpooled(FramePool.LARGE);
    private final Frame out = Frame.unpooled(FramePool.LARGE);
    private final byte[] received = new byte[OCTETS];
    private int receivedOctets;
    private int superSegments;
    private int largest;
    private int sendNext = 1000;
    private int receiveNext;

    private TcpMain(Link link) {
        this.link = link;
        this.ip = link.type().headerOctets();
    }

    public static void main(String[] arguments) throws Exception {
        try (InterfaceSetup setup = InterfaceSetup.open();
                Link link = open(setup, arguments[0])) {
            String kernelSide = arguments[0].equals("packet") ? "veth-k" : link.name();
            setup.up(kernelSide);
            setup.up(link.name());
            setup.addAddress(kernelSide, IpAddress.of("10.9.0.1"), 24);
            byte[] data = new byte[OCTETS];
            new Random(7).nextBytes(data);
            byte[] back = new byte[OCTETS];
            Thread kernel = Thread.ofPlatform().start(() -> talk(data, back));
            TcpMain peer = new TcpMain(link);
            peer.receiveAll();
            EchoMain.check(Arrays.equals(data, peer.received), "what the kernel sent is not what arrived");
            EchoMain.check(peer.superSegments > 0 && peer.largest > 2 * MSS, "no super-segment came, largest " + peer.largest);
            peer.sendAll(data);
            kernel.join();
            EchoMain.check(Arrays.equals(data, back), "what we sent is not what the kernel received");
            EchoMain.check(link.counters().txDropped() == 0 && link.counters().rxDropped() == 0, link.counters().toString());
            System.out.println("OK super-segments=" + peer.superSegments + " largest=" + peer.largest + " " + link.counters());
        }
    }

    private static Link open(InterfaceSetup setup, String kind) throws NativeException {
        if (kind.equals("tun")) {
            return TunLink.open(TunLink.Options.tun("tun0"));
        }
        setup.createVethPair("veth-k", "veth-l");
        return PacketSocketLink.open(PacketSocketLink.Options.of("veth-l"));
    }

    private static void talk(byte[] data, byte[] back) {
        try (Socket socket = new Socket()) {
            socket.setSoTimeout(20_000);
            socket.connect(new InetSocketAddress("10.9.0.2", 80), 10_000);
            OutputStream output = socket.getOutputStream();
            output.write(data);
            InputStream input = socket.getInputStream();
            int got = input.readNBytes(back, 0, back.length);
            EchoMain.check(got == back.length, "the kernel got " + got);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// The next TCP segment, in [#in].
    private void next() {
        while (true) {
            in.offset = 128;
            int length = link.receive(in);
            EchoMain.check(length >= 0, "the link ended: " + link.closeReason());
            if (length == 0) {
                EchoMain.check(link.awaitReadable(20_000_000_000L), "nothing came for 20 s");
                continue;
            }
            if (link.type() == LinkType.ETHERNET && Bytes.u16(in.data, in.offset + 12) == 0x0806) {
                new Arp(link).answer(in);
            } else if (Bytes.u8(in.data, in.offset + ip) >>> 4 == 4 && in.data[in.offset + ip + 9] == 6) {
                return;
            }
        }
    }

    private int tcp() {
        return in.offset + ip + 20;
    }

    private void receiveAll() {
        while (receivedOctets < OCTETS) {
            next();
            int flags = Bytes.u8(in.data, tcp() + 13);
            int sequence = Bytes.i32(in.data, tcp() + 4);
            if ((flags & 2) != 0) {
                receiveNext = sequence + 1;
                send(0x12, new byte[0], 0, 0);
                sendNext++;
                continue;
            }
            int header = 20 + (Bytes.u8(in.data, tcp() + 12) >>> 4) * 4;
            int octets = Bytes.u16(in.data, in.offset + ip + 2) - header;
            if (octets > 0 && sequence == receiveNext) {
                System.arraycopy(in.data, in.offset + ip + header, received, receivedOctets, octets);
                receivedOctets += octets;
                receiveNext += octets;
                largest = Math.max(largest, octets);
                if (in.gsoType == Frame.GSO_TCPV4) {
                    EchoMain.check(in.gsoSize == MSS, "gso_size " + in.gsoSize);
                    superSegments++;
                }
            }
            if (octets > 0) {
                send(0x10, received, 0, 0);
            }
        }
    }

    private void sendAll(byte[] data) {
        for (int at = 0; at < data.length; ) {
            int octets = Math.min(CHUNK, data.length - at);
            send(0x18, data, at, octets);
            sendNext += octets;
            at += octets;
            do {
                next();
            } while (Bytes.i32(in.data, tcp() + 8) != sendNext);
        }
    }

    /// Headers are those of the last received segment, turned around.
    private void send(int flags, byte[] data, int at, int octets) {
        out.offset = 128;
        byte[] o = out.data;
        int base = out.offset;
        System.arraycopy(in.data, in.offset, o, base, ip);
        for (int i = 0; i < (ip == 0 ? 0 : 6); i++) {
            o[base + i] = in.data[in.offset + 6 + i];
            o[base + 6 + i] = in.data[in.offset + i];
        }
        int ip4 = base + ip;
        boolean syn = (flags & 2) != 0;
        int header = syn ? 24 : 20;
        Bytes.put32(o, ip4, 0x4500_0000 | 20 + header + octets);
        Bytes.put32(o, ip4 + 4, 0x4000);
        Bytes.put32(o, ip4 + 8, 0x4006_0000);
        Bytes.put32(o, ip4 + 12, Bytes.i32(in.data, in.offset + ip + 16));
        Bytes.put32(o, ip4 + 16, Bytes.i32(in.data, in.offset + ip + 12));
        Bytes.put16(o, ip4 + 10, Checksum.finish(Checksum.add(0, o, ip4, 20)));
        int tcp = ip4 + 20;
        Bytes.put16(o, tcp, Bytes.u16(in.data, tcp() + 2));
        Bytes.put16(o, tcp + 2, Bytes.u16(in.data, tcp()));
        Bytes.put32(o, tcp + 4, sendNext);
        Bytes.put32(o, tcp + 8, receiveNext);
        Bytes.put16(o, tcp + 12, header << 10 | flags);
        Bytes.put16(o, tcp + 14, 65_535);
        Bytes.put32(o, tcp + 16, 0);
        if (syn) {
            Bytes.put32(o, tcp + 20, 2 << 24 | 4 << 16 | MSS);
        }
        System.arraycopy(data, at, o, tcp + header, octets);
        long pseudo = Checksum.addWord(Checksum.addWord(Checksum.add(0, o, ip4 + 12, 8), 6), header + octets);
        Bytes.put16(o, tcp + 16, Checksum.fold(pseudo));
        out.length = ip + 20 + header + octets;
        out.needsChecksum = true;
        out.checksumStart = ip + 20;
        out.checksumOffset = 16;
        out.gsoType = octets > MSS ? Frame.GSO_TCPV4 : Frame.GSO_NONE;
        out.gsoSize = octets > MSS ? MSS : 0;
        EchoMain.check(link.send(out), "send: " + link.counters() + " " + link.lastError());
    }
}
