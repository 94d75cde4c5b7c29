package org.lastack.link;

import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Reads the packets of a pcapng file: both byte orders, several sections, any time resolution, enhanced and simple packet blocks; other blocks are skipped.
///
/// A damaged or hostile file gives [PcapngFormatException], never anything else, and never makes the reader take more memory than [#MAX_BLOCK] and what the file has.
/// Not thread-safe.
public final class PcapngReader implements Closeable {
    /// Longest block in octets that is read.
    public static final int MAX_BLOCK = 1 << 24;

    private static final int MAX_INTERFACES = 1 << 16;
    private static final BigInteger GIGA = BigInteger.valueOf(1_000_000_000L);

    /// @param perSecond time stamp units per second
    private record Interface(@Nullable String name, int linkType, int snapLength, BigInteger perSecond, long offsetSeconds) {}

    private final InputStream input;
    private final List<Interface> interfaces = new ArrayList<>();
    private ByteOrder order = ByteOrder.LITTLE_ENDIAN;
    private boolean inSection;
    private long offset;
    private long blockOffset;

    private PcapngReader(InputStream input) {
        this.input = input;
    }

    /// @throws IOException if the file cannot be opened
    public static PcapngReader open(Path file) throws IOException {
        return new PcapngReader(new BufferedInputStream(Files.newInputStream(file), 1 << 16));
    }

    /// Reads from a stream, which [#close] closes.
    public static PcapngReader of(InputStream input) {
        return new PcapngReader(input);
    }

    /// All packets of a file.
    public static List<PcapngPacket> readAll(Path file) throws IOException {
        List<PcapngPacket> all = new ArrayList<>();
        try (PcapngReader reader = open(file)) {
            for (PcapngPacket each = reader.next(); each != null; each = reader.next()) {
                all.add(each);
            }
        }
        return all;
    }

    /// The next packet, or null at the end of the file.
    ///
    /// @throws PcapngFormatException if the file is damaged here; a file that ends inside a block is one too
    public @Nullable PcapngPacket next() throws IOException {
        while (true) {
            blockOffset = offset;
            byte[] head = input.readNBytes(8);
            offset += head.length;
            if (head.length == 0) {
                return null;
            }
            if (head.length < 8) {
                throw bad("the file ends inside a block header");
            }
            int type = ByteBuffer.wrap(head).order(order).getInt();
            PcapngPacket packet = block(type, body(head, type));
            if (packet != null) {
                return packet;
            }
        }
    }

    private PcapngFormatException bad(String message) {
        return new PcapngFormatException(message, blockOffset);
    }

    /// The block without type and both lengths.
    private ByteBuffer body(byte[] head, int type) throws IOException {
        byte[] magic = new byte[0];
        if (type == PcapngWriter.SECTION_HEADER) {
            magic = input.readNBytes(4);
            offset += magic.length;
            if (magic.length < 4) {
                throw bad("the file ends inside a section header");
            }
            order = byteOrder(magic);
        } else if (!inSection) {
            throw bad("not a pcapng file: it does not begin with a section header");
        }
        long length = ByteBuffer.wrap(head, 4, 4).order(order).getInt() & 0xffff_ffffL;
        if (length < 12 + magic.length || (length & 3) != 0 || length > MAX_BLOCK) {
            throw bad("a block of " + length + " octets");
        }
        int rest = (int) length - 8 - magic.length;
        byte[] octets = input.readNBytes(rest);
        offset += octets.length;
        if (octets.length < rest) {
            throw bad("the file ends inside a block");
        }
        ByteBuffer body = ByteBuffer.wrap(octets).order(order);
        if ((body.getInt(rest - 4) & 0xffff_ffffL) != length) {
            throw bad("the two lengths of a block differ");
        }
        return body.limit(rest - 4);
    }

    private ByteOrder byteOrder(byte[] magic) throws PcapngFormatException {
        ByteBuffer buffer = ByteBuffer.wrap(magic);
        if (buffer.order(ByteOrder.BIG_ENDIAN).getInt(0) == PcapngWriter.BYTE_ORDER_MAGIC) {
            return ByteOrder.BIG_ENDIAN;
        }
        if (buffer.order(ByteOrder.LITTLE_ENDIAN).getInt(0) == PcapngWriter.BYTE_ORDER_MAGIC) {
            return ByteOrder.LITTLE_ENDIAN;
        }
        throw bad("not a pcapng file: no byte-order magic");
    }

    private @Nullable PcapngPacket block(int type, ByteBuffer body) throws PcapngFormatException {
        switch (type) {
            case PcapngWriter.SECTION_HEADER -> section(body);
            case PcapngWriter.INTERFACE_DESCRIPTION -> interfaces.add(description(body));
            case PcapngWriter.ENHANCED_PACKET -> {
                return enhanced(body);
            }
            case PcapngWriter.SIMPLE_PACKET -> {
                return simple(body);
            }
            default -> {
                // Name resolution, statistics, custom blocks: nothing that packets need.
            }
        }
        return null;
    }

    private void section(ByteBuffer body) throws PcapngFormatException {
        need(body, 12, "section header");
        int major = body.getShort();
        if (major != 1) {
            throw bad("pcapng version " + (major & 0xffff));
        }
        inSection = true;
        interfaces.clear();
    }

    private Interface description(ByteBuffer body) throws PcapngFormatException {
        need(body, 8, "interface description");
        if (interfaces.size() >= MAX_INTERFACES) {
            throw bad("more than " + MAX_INTERFACES + " interfaces");
        }
        int linkType = body.getShort() & 0xffff;
        body.getShort();
        int snapLength = body.getInt();
        String name = null;
        BigInteger perSecond = BigInteger.valueOf(1_000_000);
        long offsetSeconds = 0;
        for (Option each : options(body)) {
            if (each.code == PcapngWriter.IF_NAME) {
                name = each.text();
            } else if (each.code == PcapngWriter.IF_TSRESOL && each.value.length == 1) {
                int exponent = each.value[0] & 0x7f;
                perSecond = BigInteger.valueOf(each.value[0] < 0 ? 2 : 10).pow(exponent);
            } else if (each.code == PcapngWriter.IF_TSOFFSET && each.value.length == 8) {
                offsetSeconds = ByteBuffer.wrap(each.value).order(order).getLong();
            }
        }
        return new Interface(name, linkType, snapLength, perSecond, offsetSeconds);
    }

    private PcapngPacket enhanced(ByteBuffer body) throws PcapngFormatException {
        need(body, 20, "packet");
        int number = body.getInt();
        Interface from = described(number);
        long high = body.getInt();
        long units = high << 32 | body.getInt() & 0xffff_ffffL;
        int captured = body.getInt();
        int original = body.getInt();
        byte[] data = data(body, captured);
        PcapngWriter.Direction direction = PcapngWriter.Direction.UNKNOWN;
        String comment = null;
        for (Option each : options(body)) {
            if (each.code == PcapngWriter.EPB_FLAGS && each.value.length == 4) {
                direction = switch (ByteBuffer.wrap(each.value).order(order).getInt() & 3) {
                    case 1 -> PcapngWriter.Direction.INBOUND;
                    case 2 -> PcapngWriter.Direction.OUTBOUND;
                    default -> PcapngWriter.Direction.UNKNOWN;
                };
            } else if (each.code == PcapngWriter.OPT_COMMENT && comment == null) {
                comment = each.text();
            }
        }
        return new PcapngPacket(from.name, number, from.linkType, timeNs(from, units), data, original, direction, comment);
    }

    private PcapngPacket simple(ByteBuffer body) throws PcapngFormatException {
        need(body, 4, "packet");
        Interface from = described(0);
        int original = body.getInt();
        long captured = Math.min(original & 0xffff_ffffL, from.snapLength == 0 ? Long.MAX_VALUE : from.snapLength & 0xffff_ffffL);
        if (captured > body.remaining()) {
            throw bad("a packet longer than its block");
        }
        return new PcapngPacket(
                from.name, 0, from.linkType, 0, data(body, (int) captured), original, PcapngWriter.Direction.UNKNOWN, null);
    }

    private Interface described(int number) throws PcapngFormatException {
        if (number < 0 || number >= interfaces.size()) {
            throw bad("a packet of interface " + (number & 0xffff_ffffL) + ", which is not described");
        }
        return interfaces.get(number);
    }

    private byte[] data(ByteBuffer body, int captured) throws PcapngFormatException {
        if (captured < 0 || captured > body.remaining()) {
            throw bad("a packet longer than its block");
        }
        byte[] data = new byte[captured];
        body.get(data);
        skipPadding(body, captured);
        return data;
    }

    private void skipPadding(ByteBuffer body, int length) throws PcapngFormatException {
        int padding = -length & 3;
        need(body, padding, "padding");
        body.position(body.position() + padding);
    }

    private void need(ByteBuffer body, int octets, String what) throws PcapngFormatException {
        if (body.remaining() < octets) {
            throw bad("a " + what + " that is too short");
        }
    }

    private record Option(int code, byte[] value) {
        String text() {
            return new String(value, StandardCharsets.UTF_8);
        }
    }

    private List<Option> options(ByteBuffer body) throws PcapngFormatException {
        List<Option> all = new ArrayList<>();
        while (body.remaining() >= 4) {
            int code = body.getShort() & 0xffff;
            int length = body.getShort() & 0xffff;
            if (code == PcapngWriter.OPT_END) {
                break;
            }
            need(body, length, "option");
            byte[] value = new byte[length];
            body.get(value);
            skipPadding(body, length);
            all.add(new Option(code, value));
        }
        return all;
    }

    /// Saturates outside what a `long` of nanoseconds holds (the years 1677 to 2262).
    private static long timeNs(Interface from, long units) {
        BigInteger ns = new BigInteger(Long.toUnsignedString(units))
                .multiply(GIGA)
                .divide(from.perSecond)
                .add(BigInteger.valueOf(from.offsetSeconds).multiply(GIGA));
        return ns.bitLength() < 64 ? ns.longValue() : ns.signum() < 0 ? Long.MIN_VALUE : Long.MAX_VALUE;
    }

    @Override
    public void close() throws IOException {
        input.close();
    }
}
