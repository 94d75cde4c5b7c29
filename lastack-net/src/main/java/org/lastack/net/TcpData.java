package org.lastack.net;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.lastack.core.Errno;
import org.lastack.core.socket.Msg;
import org.lastack.host.HostSocket;
import org.lastack.host.HostTcpSocket;

/// The octets of a [TcpChannel]: one buffer or several, with errors as exceptions. The channel has the locks, and knows what closing means.
///
/// Results: octets; [#END]; -EAGAIN; -EBADF if the socket was closed.
final class TcpData {
    /// The end of the stream, as `ReadableByteChannel` has it.
    static final int END = -1;

    private final HostTcpSocket socket;
    /// A reset was read once: it is told again to every later read. Written under the channel's read lock.
    private volatile boolean reset;

    TcpData(HostTcpSocket socket) {
        this.socket = socket;
    }

    private static long timeout(boolean blocking) {
        return blocking ? HostSocket.FOREVER : 0;
    }

    void throwIfReset() throws IOException {
        if (reset) {
            throw Failures.ofRead(Errno.ECONNRESET);
        }
    }

    /// @throws IllegalArgumentException for a read-only buffer
    int read(ByteBuffer target, boolean blocking) throws IOException {
        Buffers.refuseReadOnly(target);
        return target.hasRemaining() ? received(socket.receive(target, 0, timeout(blocking))) : -Errno.EAGAIN;
    }

    int read(byte[] bytes, int offset, int length, long timeoutNs) throws IOException {
        return received(socket.receive(bytes, offset, length, 0, timeoutNs));
    }

    /// The first buffer with room may wait, the others take what is there.
    long scatter(ByteBuffer[] targets, int offset, int length, boolean blocking) throws IOException {
        Buffers.refuseReadOnly(targets, offset, length);
        long total = 0;
        for (int i = offset; i < offset + length; i++) {
            if (!targets[i].hasRemaining()) {
                continue;
            }
            int octets = total == 0 ? read(targets[i], blocking) : socket.receive(targets[i], 0, 0);
            if (octets <= 0) {
                // An error or the end after something was read is for the next call.
                return total > 0 ? total : octets;
            }
            total += octets;
            if (targets[i].hasRemaining()) {
                return total;
            }
        }
        return total > 0 ? total : -Errno.EAGAIN;
    }

    private int received(int octets) throws IOException {
        if (octets == 0) {
            return END;
        }
        if (octets > 0 || octets == -Errno.EAGAIN || octets == -Errno.EBADF) {
            return octets;
        }
        if (octets == -Errno.ECONNRESET) {
            reset = true;
        }
        throw Failures.ofRead(octets);
    }

    int write(ByteBuffer source, boolean blocking) throws IOException {
        return sent(socket.send(source, 0, timeout(blocking)));
    }

    int write(byte[] bytes, int offset, int length, int flags, boolean blocking) throws IOException {
        return sent(socket.send(bytes, offset, length, flags, timeout(blocking)));
    }

    /// All but the last non-empty buffer say that more follows, so that they share segments and Nagle's rule sees one write.
    long gather(ByteBuffer[] sources, int offset, int length, boolean blocking) throws IOException {
        int last = offset - 1;
        for (int i = offset; i < offset + length; i++) {
            last = sources[i].hasRemaining() ? i : last;
        }
        long total = 0;
        for (int i = offset; i <= last; i++) {
            int asked = sources[i].remaining();
            if (asked == 0) {
                continue;
            }
            int octets = socket.send(sources[i], i == last ? 0 : Msg.MORE, timeout(blocking));
            if (total == 0) {
                sent(octets);
            }
            if (octets < 0) {
                // After something was taken an error is left to the next call.
                return total > 0 ? total : octets;
            }
            total += octets;
            if (octets < asked) {
                break;
            }
        }
        return total;
    }

    private static int sent(int octets) throws IOException {
        if (octets >= 0 || octets == -Errno.EAGAIN || octets == -Errno.EBADF) {
            return octets;
        }
        throw Failures.ofWrite(octets);
    }
}
