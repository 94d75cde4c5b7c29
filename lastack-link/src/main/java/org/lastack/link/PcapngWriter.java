package org.lastack.link;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// Writes a capture file in pcapng (draft-ietf-opsawg-pcapng), readable by Wireshark, tshark, tcpdump: one section, any number of interfaces, time stamps in nanoseconds.
///
/// Any thread may call at any time. Blocks go to the file whole and in order; [#flush] and [#close] bring out what is buffered. The first error of the file (disk full) ends the capture:
/// it is logged once, [#failure] has it, and later packets are only counted. Callers are not disturbed.
public final class PcapngWriter implements AutoCloseable {
    /// LINKTYPE_ETHERNET.
    public static final int LINKTYPE_ETHERNET = 1;
    /// LINKTYPE_RAW: IPv4 or IPv6 by the version nibble.
    public static final int LINKTYPE_RAW = 101;

    /// Which way a packet went, as seen from the interface (epb_flags, bits 0-1).
    public enum Direction {
        UNKNOWN,
        INBOUND,
        OUTBOUND
    }

    static final int SECTION_HEADER = 0x0a0d_0d0a;
    static final int INTERFACE_DESCRIPTION = 1;
    static final int SIMPLE_PACKET = 3;
    static final int ENHANCED_PACKET = 6;
    static final int BYTE_ORDER_MAGIC = 0x1a2b_3c4d;
    static final int OPT_END = 0;
    static final int OPT_COMMENT = 1;
    static final int SHB_USERAPPL = 4;
    static final int IF_NAME = 2;
    static final int IF_TSRESOL = 9;
    static final int IF_TSOFFSET = 14;
    static final int EPB_FLAGS = 2;

    /// Longest comment in octets: an option's length has 16 bits, and its padding must not overflow them.
    private static final int MAX_COMMENT = 65_528;
    private static final int MAX_PACKET = 1 << 18;
    private static final int BUFFER = 1 << 17;
    private static final System.Logger LOG = System.getLogger(PcapngWriter.class.getName());

    private final String what;
    private final OutputStream output;
    private final ReentrantLock lock = new ReentrantLock();
    /// lock: whole blocks, and the one being built.
    private ByteBuffer buffer = ByteBuffer.allocate(BUFFER).order(ByteOrder.LITTLE_ENDIAN);
    private int interfaces;
    private long packets;
    private long notWritten;
    private @Nullable IOException failure;
    private boolean closed;

    private PcapngWriter(String what, OutputStream output) {
        this.what = what;
        this.output = output;
        int begin = begin(SECTION_HEADER);
        buffer.putInt(BYTE_ORDER_MAGIC).putShort((short) 1).putShort((short) 0).putLong(-1);
        option(SHB_USERAPPL, "Lastack".getBytes(StandardCharsets.UTF_8));
        endOptions();
        end(begin);
    }

    /// Creates the file, or empties it.
    ///
    /// @throws IOException if that fails; later errors are not thrown
    public static PcapngWriter create(Path file) throws IOException {
        PcapngWriter writer = new PcapngWriter(file.toString(), Files.newOutputStream(file));
        writer.flush();
        return writer;
    }

    /// Writes to a stream, which [#close] closes. `what` names it in the message about an error.
    public static PcapngWriter to(OutputStream output, String what) {
        return new PcapngWriter(what, output);
    }

    /// The link-layer header type of a link's frames.
    public static int linkTypeOf(LinkType type) {
        return switch (type) {
            case IP -> LINKTYPE_RAW;
            case ETHERNET -> LINKTYPE_ETHERNET;
        };
    }

    /// Describes one more interface and returns its number for [#write].
    public int addInterface(String name, int linkType) {
        lock.lock();
        try {
            if (!closed && failure == null) {
                byte[] octets = limited(name, 1000);
                ensureRoom(64 + octets.length);
                int begin = begin(INTERFACE_DESCRIPTION);
                buffer.putShort((short) linkType).putShort((short) 0).putInt(0);
                option(IF_NAME, octets);
                option(IF_TSRESOL, new byte[] {9});
                endOptions();
                end(begin);
            }
            return interfaces++;
        } finally {
            lock.unlock();
        }
    }

    /// Writes one packet.
    ///
    /// @param interfaceNumber from [#addInterface]
    /// @param timeNs nanoseconds since 1970 (or since the beginning of virtual time)
    /// @param comment shown with the packet, or null; cut after 65,528 octets
    /// @return false if it was not written: the capture failed or was closed
    public boolean write(
            int interfaceNumber, long timeNs, byte[] data, int offset, int length, Direction direction, @Nullable String comment) {
        if (length > MAX_PACKET) {
            throw new IllegalArgumentException("a packet of " + length + " octets");
        }
        byte[] text = comment == null ? null : limited(comment, MAX_COMMENT);
        lock.lock();
        try {
            if (interfaceNumber < 0 || interfaceNumber >= interfaces) {
                throw new IllegalArgumentException("interface " + interfaceNumber + " was not described");
            }
            ensureRoom(64 + length + (text == null ? 0 : text.length));
            if (closed || failure != null) {
                notWritten++;
                return false;
            }
            int begin = begin(ENHANCED_PACKET);
            buffer.putInt(interfaceNumber).putInt((int) (timeNs >>> 32)).putInt((int) timeNs).putInt(length).putInt(length);
            buffer.put(data, offset, length);
            pad(length);
            if (direction != Direction.UNKNOWN) {
                buffer.putShort((short) EPB_FLAGS).putShort((short) 4).putInt(direction.ordinal());
            }
            if (text != null) {
                option(OPT_COMMENT, text);
            }
            if (direction != Direction.UNKNOWN || text != null) {
                endOptions();
            }
            end(begin);
            packets++;
            return true;
        } finally {
            lock.unlock();
        }
    }

    private static byte[] limited(String text, int octets) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        if (bytes.length <= octets) {
            return bytes;
        }
        int cut = octets;
        while ((bytes[cut] & 0xc0) == 0x80) {
            cut--; // not inside a character
        }
        return Arrays.copyOf(bytes, cut);
    }

    private int begin(int type) {
        int at = buffer.position();
        buffer.putInt(type).putInt(0);
        return at;
    }

    private void end(int begin) {
        int length = buffer.position() + 4 - begin;
        buffer.putInt(length);
        buffer.putInt(begin + 4, length);
    }

    private void option(int code, byte[] value) {
        buffer.putShort((short) code).putShort((short) value.length).put(value);
        pad(value.length);
    }

    private void endOptions() {
        buffer.putInt(OPT_END);
    }

    private void pad(int length) {
        for (int i = length; (i & 3) != 0; i++) {
            buffer.put((byte) 0);
        }
    }

    /// lock
    private void ensureRoom(int octets) {
        if (buffer.remaining() < octets) {
            drain();
            if (buffer.remaining() < octets) {
                buffer = ByteBuffer.allocate(octets).order(ByteOrder.LITTLE_ENDIAN);
            }
        }
    }

    /// lock
    private void drain() {
        if (failure == null && !closed && buffer.position() > 0) {
            try {
                output.write(buffer.array(), 0, buffer.position());
                output.flush();
            } catch (IOException e) {
                fail(e);
            }
        }
        buffer.clear();
    }

    /// lock
    private void fail(IOException e) {
        failure = e;
        LOG.log(System.Logger.Level.WARNING, "capture to {0} ended after {1} packets: {2}", what, packets, e.getMessage());
    }

    /// Brings what is buffered to the file. Blocks as long as the file does.
    public void flush() {
        lock.lock();
        try {
            drain();
        } finally {
            lock.unlock();
        }
    }

    /// Packets taken, whether or not they have reached the file.
    public long packets() {
        lock.lock();
        try {
            return packets;
        } finally {
            lock.unlock();
        }
    }

    /// Packets refused after the capture had failed or was closed.
    public long notWritten() {
        lock.lock();
        try {
            return notWritten;
        } finally {
            lock.unlock();
        }
    }

    /// The error that ended the capture, or null.
    public @Nullable IOException failure() {
        lock.lock();
        try {
            return failure;
        } finally {
            lock.unlock();
        }
    }

    /// Flushes and closes the file; may be called twice. Look at [#failure] if it matters whether all is on disk.
    @Override
    public void close() {
        lock.lock();
        try {
            if (closed) {
                return;
            }
            drain();
            closed = true;
            output.close();
        } catch (IOException e) {
            if (failure == null) {
                fail(e);
            }
        } finally {
            lock.unlock();
        }
    }
}
