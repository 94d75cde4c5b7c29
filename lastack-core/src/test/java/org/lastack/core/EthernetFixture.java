package org.lastack.core;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.lastack.wire.EthernetHeader;
import org.lastack.wire.Frame;
import org.lastack.wire.IpAddress;
import org.lastack.wire.Packets;

/// A host 10.77.0.1/24 on an Ethernet; the test is the station 10.77.0.2.
public class EthernetFixture {
    public static final IpAddress HOST = IpAddress.of("10.77.0.1");
    public static final IpAddress PEER = IpAddress.of("10.77.0.2");
    public static final IpAddress HOST6 = IpAddress.of("fe80::ff:fe00:1");
    public static final IpAddress PEER6 = IpAddress.of("fe80::ff:fe00:2");
    public static final long HOST_MAC = 0x0200_0000_0001L;
    public static final long PEER_MAC = 0x0200_0000_0002L;
    public static final long OTHER_MAC = 0x0200_0000_0003L;

    public final Engine engine;
    public final Interface eth;

    public EthernetFixture() {
        engine = new Engine(EngineConfig.named("host").rethrowing(), Entropy.seeded(7));
        engine.setNow(1_000_000_000L);
        eth = engine.addInterface("eth0", Interface.Kind.ETHERNET, HOST_MAC, 1500);
    }

    public List<byte[]> frame(long destination, int type, byte[] packet) {
        byte[] frame = Packets.ethernet(destination, PEER_MAC, type, packet);
        engine.input(eth, frame, 0, frame.length);
        return output();
    }

    public List<byte[]> ipv4(byte[] packet) {
        return frame(HOST_MAC, EthernetHeader.TYPE_IPV4, packet);
    }

    public List<byte[]> arp(int operation, long senderMac, IpAddress sender, long targetMac, IpAddress target) {
        return frame(operation == 1 ? EthernetHeader.BROADCAST : HOST_MAC, EthernetHeader.TYPE_ARP,
                Packets.arp(operation, senderMac, sender, targetMac, target));
    }

    public List<byte[]> output() {
        List<byte[]> frames = new ArrayList<>();
        for (Frame frame = engine.poll(); frame != null; frame = engine.poll()) {
            frames.add(Arrays.copyOfRange(frame.data, frame.offset, frame.offset + frame.length));
            frame.release();
        }
        return frames;
    }

    /// Runs every deadline within the time, each at its own nanosecond; returns what was sent.
    public List<byte[]> advanceSeconds(double seconds) {
        long until = engine.now() + (long) (seconds * 1e9);
        List<byte[]> frames = new ArrayList<>(output());
        while (engine.nextTimeoutNs() <= until) {
            engine.setNow(Math.max(engine.now(), engine.nextTimeoutNs()));
            engine.timeout();
            frames.addAll(output());
        }
        engine.setNow(until);
        return frames;
    }

    public static int type(byte[] frame) {
        return EthernetHeader.etherType(frame, 0);
    }
}
