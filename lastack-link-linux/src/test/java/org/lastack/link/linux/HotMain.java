package org.lastack.link.linux;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Arrays;
import org.lastack.link.Frames;
import org.lastack.wire.Bytes;
import org.lastack.wire.Checksum;
import org.lastack.wire.Frame;
import org.lastack.wire.FramePool;
import org.lastack.wire.IpAddress;

/// Runs inside a fresh namespace: what sending and receiving a frame costs in time (printed) and in memory (must be nothing).
public final class HotMain {
    private static final int BATCH = 300;
    private static final int BATCHES = 200;
    private static final int WARM = 100;

    private final TunLink link;
    private final Frame frame = Frame.unpooled(FramePool.LARGE);
    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private HotMain(TunLink link) {
        this.link = link;
    }

    public static void main(String[] arguments) throws Exception {
        try (InterfaceSetup setup = InterfaceSetup.open();
                TunLink link = TunLink.open(TunLink.Options.tun("tun0"));
                DatagramSocket socket = new DatagramSocket(new InetSocketAddress("0.0.0.0", 9))) {
            setup.up("tun0");
            setup.addAddress("tun0", IpAddress.of("10.9.0.1"), 24);
            HotMain hot = new HotMain(link);
            hot.receiving(socket);
            hot.sending();
        }
    }

    private void receiving(DatagramSocket socket) throws Exception {
        DatagramPacket packet = new DatagramPacket(new byte[972], 972, InetAddress.getByName("10.9.0.2"), 7);
        long allocated = 0;
        long nanos = 0;
        int frames = 0;
        for (int batch = 0; batch < BATCHES; batch++) {
            for (int i = 0; i < BATCH; i++) {
                socket.send(packet);
            }
            long octetsBefore = threads.getCurrentThreadAllocatedBytes();
            long before = System.nanoTime();
            int got = drain();
            long took = System.nanoTime() - before;
            if (batch >= WARM) {
                allocated += threads.getCurrentThreadAllocatedBytes() - octetsBefore;
                nanos += took;
                frames += got;
            }
        }
        EchoMain.check(frames >= BATCH * (BATCHES - WARM), "only " + frames + " frames came");
        report("receive", nanos, allocated, frames);
    }

    private int drain() {
        int got = 0;
        while (link.awaitReadable(0)) {
            frame.offset = 128;
            while (link.receive(frame) > 0) {
                got++;
            }
        }
        return got;
    }

    private void sending() {
        datagram();
        long allocated = 0;
        long nanos = 0;
        for (int batch = 0; batch < BATCHES; batch++) {
            long octetsBefore = threads.getCurrentThreadAllocatedBytes();
            long before = System.nanoTime();
            for (int i = 0; i < BATCH; i++) {
                EchoMain.check(link.send(frame), "send");
            }
            if (batch >= WARM) {
                allocated += threads.getCurrentThreadAllocatedBytes() - octetsBefore;
                nanos += System.nanoTime() - before;
            }
        }
        report("send", nanos, allocated, BATCH * (BATCHES - WARM));
    }

    private static void report(String what, long nanos, long allocated, int frames) {
        System.out.println("OK " + what + " of 1000 octets: " + nanos / frames + " ns, " + (double) allocated / frames + " octets allocated per frame");
        // The measuring itself, and a late compilation, may allocate a little; one small object per frame would be 16 octets.
        EchoMain.check(allocated < frames, what + " allocates " + (double) allocated / frames + " octets per frame");
    }

    /// IPv4 UDP without checksum, 10.9.0.2 to port 9 of 10.9.0.1.
    private void datagram() {
        byte[] data = frame.data;
        frame.offset = 128;
        frame.length = 1000;
        Frames.clearOffload(frame);
        int ip = frame.offset;
        Arrays.fill(data, ip, ip + 1000, (byte) 0);
        Bytes.put32(data, ip, 0x4500_03e8);
        Bytes.put32(data, ip + 8, 0x4011_0000);
        Bytes.put32(data, ip + 12, 0x0a09_0002);
        Bytes.put32(data, ip + 16, 0x0a09_0001);
        Bytes.put16(data, ip + 10, Checksum.finish(Checksum.add(0, data, ip, 20)));
        Bytes.put32(data, ip + 20, 9 << 16 | 9);
        Bytes.put32(data, ip + 24, 980 << 16);
    }
}
