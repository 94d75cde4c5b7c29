package org.lastack.drill.remote;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;

/// Messages with a length in front, over a stream channel. One thread at a time.
final class MessageChannel implements Closeable {
    private final SocketChannel channel;
    private final Selector selector;
    private final SelectionKey key;
    private final ByteBuffer lengthField = ByteBuffer.allocate(4);
    private @Nullable ByteBuffer message;

    MessageChannel(SocketChannel channel) throws IOException {
        this.channel = channel;
        channel.configureBlocking(false);
        selector = Selector.open();
        key = channel.register(selector, SelectionKey.OP_READ);
    }

    /// A received message, the end of the stream, or neither within the time.
    record Incoming(byte @Nullable [] message, boolean end) {}

    private static final Incoming NOTHING = new Incoming(null, false);
    private static final Incoming END = new Incoming(null, true);

    /// Blocks until a whole message is there, at most `timeoutMs`; 0 waits without limit.
    ///
    /// @throws ProtocolException if the length is impossible or the stream ends within a message
    Incoming receive(long timeoutMs) throws IOException {
        while (true) {
            ByteBuffer into = message == null ? lengthField : message;
            int octets = channel.read(into);
            if (octets < 0) {
                if (message != null || lengthField.position() > 0) {
                    throw new ProtocolException("the connection ended within a message");
                }
                return END;
            }
            if (!into.hasRemaining()) {
                byte[] whole = advance();
                if (whole != null) {
                    return new Incoming(whole, false);
                }
                continue;
            }
            if (octets == 0) {
                key.interestOps(SelectionKey.OP_READ);
                if (selector.select(timeoutMs) == 0 && timeoutMs > 0) {
                    return NOTHING;
                }
                selector.selectedKeys().clear();
            }
        }
    }

    /// The length or the message is complete: the message, or null after a length.
    private byte @Nullable [] advance() throws IOException {
        ByteBuffer complete = message;
        if (complete != null) {
            message = null;
            return complete.array();
        }
        int length = lengthField.flip().getInt();
        lengthField.clear();
        if (length < 8 || length > Wire.MAX_MESSAGE) {
            throw new ProtocolException("a message of " + Integer.toUnsignedString(length) + " octets");
        }
        message = ByteBuffer.allocate(length);
        return null;
    }

    /// Blocks until everything is written.
    void send(ByteBuffer octets) throws IOException {
        while (octets.hasRemaining()) {
            if (channel.write(octets) == 0) {
                key.interestOps(SelectionKey.OP_WRITE);
                selector.select();
                selector.selectedKeys().clear();
            }
        }
    }

    @Override
    public void close() throws IOException {
        selector.close();
        channel.close();
    }
}
