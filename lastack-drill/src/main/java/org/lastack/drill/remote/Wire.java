package org.lastack.drill.remote;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.lastack.drill.stack.ControlData;
import org.lastack.drill.stack.Endpoint;
import org.lastack.wire.IpAddress;

/// The protocol's basic types: big-endian integers, blobs, strings, addresses, control messages.
final class Wire {
    /// Larger messages than this are no messages: the biggest real one is a write of the send buffer's size.
    static final int MAX_MESSAGE = 64 << 20;

    /// Reads a message body; what is missing is a [ProtocolException].
    static final class Reader {
        private final DataInputStream in;
        private final byte[] bytes;

        Reader(byte[] bytes, int offset) {
            this.bytes = bytes;
            in = new DataInputStream(new ByteArrayInputStream(bytes, offset, bytes.length - offset));
        }

        int u8() throws IOException {
            return in.readUnsignedByte();
        }

        int u16() throws IOException {
            return in.readUnsignedShort();
        }

        int i32() throws IOException {
            return in.readInt();
        }

        /// An unsigned number that must fit an `int`.
        int count() throws IOException {
            int value = in.readInt();
            if (value < 0) {
                throw new ProtocolException("number " + Integer.toUnsignedString(value) + " is too large");
            }
            return value;
        }

        long i64() throws IOException {
            return in.readLong();
        }

        byte[] blob() throws IOException {
            int length = count();
            if (length > bytes.length) {
                throw new ProtocolException("a blob of " + length + " octets in a message of " + bytes.length);
            }
            byte[] blob = new byte[length];
            in.readFully(blob);
            return blob;
        }

        String str() throws IOException {
            return new String(blob(), StandardCharsets.UTF_8);
        }

        Endpoint address() throws IOException {
            int family = u8();
            int port = u16();
            switch (family) {
                case 0 -> {
                    return Endpoint.NONE;
                }
                case 4 -> {
                    return new Endpoint(4, port, IpAddress.v4(i32()));
                }
                case 6 -> {
                    long high = i64();
                    return new Endpoint(6, port, new IpAddress(high, i64()));
                }
                default -> throw new ProtocolException("address family " + family + " is not 0, 4 or 6");
            }
        }

        List<ControlData> control() throws IOException {
            int count = count();
            List<ControlData> list = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                int level = i32();
                int type = i32();
                list.add(new ControlData(level, type, blob()));
            }
            return list;
        }
    }

    /// Collects a message.
    static final class Writer {
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

        Writer u8(int value) {
            bytes.write(value);
            return this;
        }

        Writer u16(int value) {
            bytes.write(value >>> 8);
            bytes.write(value);
            return this;
        }

        Writer i32(int value) {
            u16(value >>> 16);
            return u16(value);
        }

        Writer i64(long value) {
            i32((int) (value >>> 32));
            return i32((int) value);
        }

        Writer blob(byte[] value) {
            i32(value.length);
            bytes.writeBytes(value);
            return this;
        }

        Writer str(String value) {
            return blob(value.getBytes(StandardCharsets.UTF_8));
        }

        Writer address(Endpoint address) {
            u8(address.family());
            u16(address.port());
            if (address.family() == 4) {
                i32(address.address().v4Bits());
            } else if (address.family() == 6) {
                i64(address.address().high());
                i64(address.address().low());
            }
            return this;
        }

        Writer control(List<ControlData> list) {
            i32(list.size());
            for (ControlData each : list) {
                i32(each.level()).i32(each.type()).blob(each.data());
            }
            return this;
        }

        /// The message with its length in front.
        ByteBuffer message() {
            byte[] body = bytes.toByteArray();
            ByteBuffer message = ByteBuffer.allocate(4 + body.length);
            return message.putInt(body.length).put(body).flip();
        }
    }

    private Wire() {}
}
