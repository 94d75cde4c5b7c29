package org.lastack.core;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.lastack.wire.Frame;
import org.lastack.wire.IpAddress;
import org.lastack.wire.PacketPrinter;

/// A host 10.77.0.1/24, fd77::1/64 behind a TUN of MTU 1500, as the oracle was recorded; the test is the peer 10.77.0.2, fd77::2.
public class EngineFixture {
    public static final IpAddress HOST = IpAddress.of("10.77.0.1");
    public static final IpAddress PEER = IpAddress.of("10.77.0.2");
    public static final IpAddress HOST6 = IpAddress.of("fd77::1");
    public static final IpAddress PEER6 = IpAddress.of("fd77::2");

    public final Engine engine;
    public final Interface tun;

    public EngineFixture() {
        this(1500);
    }

    public EngineFixture(int mtu) {
        engine = new Engine(EngineConfig.named("host").rethrowing(), Entropy.seeded(7));
        engine.setNow(1_000_000_000L);
        tun = engine.addInterface("tun0", Interface.Kind.IP, 0, mtu);
        tun.addAddress(Interface.Address.of("10.77.0.1/24"));
        tun.addAddress(Interface.Address.of("fd77::1/64"));
    }

    /// Hands a packet to the engine and returns what it sends.
    public List<byte[]> input(byte[] packet) {
        engine.input(tun, packet, 0, packet.length);
        return output();
    }

    /// Drains the engine.
    public List<byte[]> output() {
        List<byte[]> packets = new ArrayList<>();
        for (Frame frame = engine.poll(); frame != null; frame = engine.poll()) {
            packets.add(Arrays.copyOfRange(frame.data, frame.offset, frame.offset + frame.length));
            frame.release();
        }
        return packets;
    }

    /// Runs every deadline up to `untilNs`, each at its own time, and returns what was sent.
    public List<byte[]> runUntil(long untilNs) {
        List<byte[]> packets = new ArrayList<>(output());
        while (engine.nextTimeoutNs() <= untilNs) {
            engine.setNow(Math.max(engine.now(), engine.nextTimeoutNs()));
            engine.timeout();
            packets.addAll(output());
        }
        engine.setNow(untilNs);
        return packets;
    }

    public List<byte[]> advanceSeconds(double seconds) {
        return runUntil(engine.now() + (long) (seconds * 1e9));
    }

    public static String print(byte[] packet) {
        return PacketPrinter.print(packet, 0, packet.length);
    }

    public static List<String> print(List<byte[]> packets) {
        return packets.stream().map(EngineFixture::print).toList();
    }
}
