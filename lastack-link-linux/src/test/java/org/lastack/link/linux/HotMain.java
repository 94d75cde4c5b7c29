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
    private static final int CLEAN_BATCHES = 100;
    /// Octets per frame. The JDK's downcall makes a 40-octet slice of the segment for errno, which the JIT compiler removes in most processes, not in all (measured: 0 or 40.4); two
    /// segments of our own would be 112.
    private static final int LIMIT = 44;
    private static final int MAX_BATCHES = 2_000;

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
        Steady steady = new Steady("receive");
        while (!steady.reached()) {
            for (int i = 0; i < BATCH; i++) {
                socket.send(packet);
            }
            steady.begin();
            int got = drain();
            steady.end();
            EchoMain.check(got >= BATCH, "only " + got + " frames came");
        }
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
        Steady steady = new Steady("send");
        while (!steady.reached()) {
            boolean sent = true;
            steady.begin();
            for (int i = 0; i < BATCH; i++) {
                sent &= link.send(frame);
            }
            steady.end();
            EchoMain.check(sent, "send: " + link.counters());
        }
    }

    /// Counts batches that allocated nothing. Not the first ones: call sites link themselves, and compilers may allocate on the way.
    private final class Steady {
        private final String what;
        private int batches;
        private int clean;
        private long octetsBefore;
        private long nanosBefore;
        private long allocated;
        private long nanos;

        Steady(String what) {
            this.what = what;
        }

        void begin() {
            octetsBefore = threads.getCurrentThreadAllocatedBytes();
            nanosBefore = System.nanoTime();
        }

        void end() {
            long took = System.nanoTime() - nanosBefore;
            allocated = threads.getCurrentThreadAllocatedBytes() - octetsBefore;
            batches++;
            boolean isClean = allocated < BATCH * LIMIT;
            clean = isClean ? clean + 1 : 0;
            nanos = isClean ? nanos + took : 0;
        }

        boolean reached() {
            if (clean == CLEAN_BATCHES) {
                System.out.println("OK " + what + " of 1000 octets: " + nanos / (BATCH * CLEAN_BATCHES) + " ns and " + allocated / BATCH + " octets allocated per frame, after "
                        + (batches - clean) * BATCH + " frames");
                return true;
            }
            EchoMain.check(batches < MAX_BATCHES, what + " still allocates " + (double) allocated / BATCH + " octets per frame after " + batches * BATCH);
            return false;
        }
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
