package org.lastack.bench;

import java.io.IOException;
import org.lastack.link.Link;
import org.lastack.link.linux.NativeException;
import org.lastack.link.linux.TunLink;
import org.lastack.wire.Bytes;
import org.lastack.wire.Checksum;
import org.lastack.wire.Frame;
import org.lastack.wire.FramePool;
import org.lastack.wire.IpAddress;

/// The ceiling of everything behind a TUN device: it speaks just enough TCP to keep the kernel busy, and does nothing that TCP is for. Nothing is verified, put in order,
/// kept, copied or sent again; one thread, one frame of memory in each direction. What a stack reaches of this is what its protocol costs.
///
/// Also the example of the protocol of `lastack bench --peer` (docs/performance.md): what to do stands in the environment, `ready` on standard output says that
/// the server can be reached, and the process is killed in the end.
public final class CeilingPeer {
    private static final int HEADERS = 40;
    private static final int FIN = 1;
    private static final int SYN = 2;
    private static final int RST = 4;
    private static final int PUSH = 8;
    private static final int ACK = 16;
    private static final int WINDOW_SHIFT = 3;
    /// Frames taken before anything is answered, as [org.lastack.host.LinkPort] does.
    private static final int BATCH = 32;
    /// Super-segment: 44 segments of 1460 octets, the most that fits in 64 KiB.
    private static final int MOST_SEGMENTS = 44;
    private static final long STALL_NS = 200_000_000;

    private final Link link;
    private final int address;
    private final int port;
    private final int segment;
    private final int burst;
    private final long busyNs;
    private final Frame in = Frame.unpooled(FramePool.LARGE + 64);
    private final Frame out = Frame.unpooled(FramePool.LARGE + 64);

    // Connections by the peer's port.
    private final int[] peer = new int[1 << 16];
    private final int[] received = new int[1 << 16];
    private final int[] sent = new int[1 << 16];
    private final int[] acknowledged = new int[1 << 16];
    private final int[] limit = new int[1 << 16];
    private final byte[] shift = new byte[1 << 16];
    private final char[] kind = new char[1 << 16];
    private final boolean[] dirty = new boolean[1 << 16];
    private final int[] dirtyPorts = new int[1 << 16];
    private int dirtyCount;
    private final int[] generating = new int[1 << 16];
    private int generatingCount;
    private long progressNs;

    private CeilingPeer(Link link, int address, int port, int mtu, boolean offload, long busyNs) {
        this.link = link;
        this.address = address;
        this.port = port;
        this.segment = mtu - HEADERS;
        this.burst = offload ? MOST_SEGMENTS * segment : segment;
        this.busyNs = busyNs;
    }

    /// See the class.
    public static void main(String[] args) throws NativeException {
        boolean offload = setting("OFFLOAD").equals("1");
        long busyNs = Long.parseLong(setting("BUSY_POLL_US")) * 1000;
        TunLink link = TunLink.open(TunLink.Options.tun(setting("DEVICE")).withVirtioHeader(offload));
        System.out.println("ready");
        new CeilingPeer(link, (int) IpAddress.of(setting("ADDRESS")).low(), Integer.parseInt(setting("PORT")), Integer.parseInt(setting("MTU")), offload, busyNs).run();
    }

    private static String setting(String name) {
        String value = System.getenv("LASTACK_BENCH_" + name);
        if (value == null) {
            System.err.println("LASTACK_BENCH_" + name + " is not set: `lastack bench --peer` sets it");
            System.exit(2);
            throw new IllegalStateException("exited");
        }
        return value;
    }

    private void run() {
        long activeNs = System.nanoTime();
        while (link.isOpen()) {
            boolean active = receive();
            answer();
            active |= generate();
            if (active) {
                activeNs = busyNs > 0 || generatingCount > 0 ? System.nanoTime() : 0;
            } else if (busyNs == 0 || System.nanoTime() - activeNs > busyNs) {
                link.awaitReadable(generatingCount > 0 ? STALL_NS : Long.MAX_VALUE);
            }
        }
    }

    private boolean receive() {
        for (int i = 0; i < BATCH; i++) {
            in.offset = Link.HEADROOM;
            if (link.receive(in) <= 0) {
                return i > 0;
            }
            arrived(in.data, in.offset, in.length);
        }
        return true;
    }

    private void arrived(byte[] data, int at, int length) {
        int tcp = at + (data[at] & 15) * 4;
        if (length < HEADERS || data[at] >> 4 != 4 || data[at + 9] != 6 || Bytes.u16(data, tcp + 2) != port) {
            return;
        }
        int from = Bytes.u16(data, tcp);
        int flags = data[tcp + 13];
        int text = at + Bytes.u16(data, at + 2) - tcp - (data[tcp + 12] >> 4 & 15) * 4;
        if ((flags & SYN) != 0) {
            opened(data, at, tcp, from);
            return;
        }
        if ((flags & RST) != 0) {
            forget(from);
            return;
        }
        acknowledged[from] = Bytes.i32(data, tcp + 8);
        limit[from] = acknowledged[from] + (Bytes.u16(data, tcp + 14) << shift[from]);
        progressNs = 0;
        int end = Bytes.i32(data, tcp + 4) + text + (flags & FIN);
        if (text == 0 && (flags & FIN) == 0 || end - received[from] <= 0) {
            return;
        }
        if (text > 0 && kind[from] == 0) {
            kind[from] = (char) data[tcp + (data[tcp + 12] >> 4 & 15) * 4];
            if (kind[from] == KernelPeer.GENERATE) {
                generating[generatingCount++] = from;
            }
        } else if (text > 0 && kind[from] == KernelPeer.ECHO) {
            received[from] = end;
            send(from, ACK | PUSH, 1);
            return;
        }
        received[from] = end;
        if ((flags & FIN) != 0) {
            send(from, ACK | FIN, 0);
            sent[from]++;
            forget(from);
        } else if (!dirty[from]) {
            dirty[from] = true;
            dirtyPorts[dirtyCount++] = from;
        }
    }

    private void opened(byte[] data, int at, int tcp, int from) {
        forget(from);
        peer[from] = Bytes.i32(data, at + 12);
        received[from] = Bytes.i32(data, tcp + 4) + 1;
        sent[from] = acknowledged[from] = limit[from] = 1_000;
        kind[from] = 0;
        int end = tcp + (data[tcp + 12] >> 4 & 15) * 4;
        shift[from] = 0;
        for (int option = tcp + 20; option < end && data[option] != 0; option += data[option] == 1 ? 1 : Math.max(2, data[option + 1])) {
            if (data[option] == 3) {
                shift[from] = data[option + 2];
            }
        }
        send(from, SYN | ACK, 0);
        sent[from]++;
    }

    private void forget(int from) {
        for (int i = 0; i < generatingCount; i++) {
            if (generating[i] == from) {
                generating[i] = generating[--generatingCount];
            }
        }
    }

    private void answer() {
        for (int i = 0; i < dirtyCount; i++) {
            dirty[dirtyPorts[i]] = false;
            send(dirtyPorts[i], ACK, 0);
        }
        dirtyCount = 0;
    }

    /// One burst for each connection that the window has room for.
    private boolean generate() {
        boolean any = false;
        for (int i = 0; i < generatingCount; i++) {
            int to = generating[i];
            int room = Math.min(burst, limit[to] - sent[to]);
            if (room >= segment) {
                send(to, ACK, room - room % segment);
                any = true;
            }
        }
        if (!any && generatingCount > 0) {
            stalled();
        }
        return any;
    }

    /// The one thing that must not be left out: what the kernel dropped is sent again, or the load would stop.
    private void stalled() {
        long now = System.nanoTime();
        if (progressNs == 0) {
            progressNs = now;
        } else if (now - progressNs > STALL_NS) {
            for (int i = 0; i < generatingCount; i++) {
                sent[generating[i]] = acknowledged[generating[i]];
            }
            progressNs = 0;
        }
    }

    private void send(int to, int flags, int text) {
        byte[] data = out.data;
        out.offset = 64;
        int at = out.offset;
        int tcp = at + 20;
        int options = (flags & SYN) != 0 ? 8 : 0;
        out.length = HEADERS + options + text;
        Bytes.put32(data, at, 0x4500_0000 | out.length);
        Bytes.put32(data, at + 4, 0x4000);
        Bytes.put32(data, at + 8, 0x4006_0000);
        Bytes.put32(data, at + 12, address);
        Bytes.put32(data, at + 16, peer[to]);
        Bytes.put16(data, at + 10, Checksum.finish(Checksum.add(0, data, at, 20)));
        Bytes.put16(data, tcp, port);
        Bytes.put16(data, tcp + 2, to);
        Bytes.put32(data, tcp + 4, sent[to]);
        Bytes.put32(data, tcp + 8, received[to]);
        Bytes.put32(data, tcp + 12, (20 + options) / 4 << 28 | flags << 16 | 0xffff);
        if (options > 0) {
            Bytes.put32(data, tcp + 20, 0x0204_0000 | segment);
            Bytes.put32(data, tcp + 24, 0x0103_0300 | WINDOW_SHIFT);
        }
        int length = out.length - 20;
        Bytes.put32(data, tcp + 16, 0);
        Bytes.put16(data, tcp + 16, Checksum.fold(Checksum.add(Checksum.addWord(Checksum.addWord(0, 6), length), data, at + 12, 8)));
        out.needsChecksum = true;
        out.checksumStart = 20;
        out.checksumOffset = 16;
        out.gsoType = text > segment ? Frame.GSO_TCPV4 : Frame.GSO_NONE;
        out.gsoSize = text > segment ? segment : 0;
        if (link.send(out)) {
            sent[to] += text;
        }
    }
}
