package org.lastack.core.tcp;

import org.lastack.wire.Bytes;
import org.lastack.wire.TcpOptions;

/// A Fast Open option (RFC 7413 §4.1.1) as it will be sent or was received: absent, a request, or a cookie. Reused.
final class FastOpenCookie {
    /// [#length] of an option that is not there, and of one that asks for a cookie.
    static final int NONE = -1;
    static final int REQUEST = 0;
    static final int MOST = 16;

    final byte[] octets = new byte[MOST];
    int length = NONE;
    /// The option that was used before Fast Open had a kind of its own (RFC 6994).
    boolean experimental;

    void clear() {
        length = NONE;
        experimental = false;
    }

    /// Asks for a cookie.
    void request() {
        length = REQUEST;
    }

    void set(byte[] source, int offset, int count) {
        System.arraycopy(source, offset, octets, 0, count);
        length = count;
    }

    boolean present() {
        return length > 0;
    }

    /// Octets in the header, padding included.
    int size() {
        return length < 0 ? 0 : (length + (experimental ? 4 : 2) + 3) & ~3;
    }

    /// Writes the option and, as Linux does, NOPs behind it; returns the octets. Nothing if there is no room for it.
    int write(byte[] data, int at, int room) {
        if (length < 0 || size() > room) {
            return 0;
        }
        int index = at;
        if (experimental) {
            Bytes.put32(data, index, TcpOptions.EXPERIMENT << 24 | length + 4 << 16 | TcpOptions.FAST_OPEN_MAGIC);
            index += 4;
        } else {
            data[index++] = TcpOptions.FAST_OPEN;
            data[index++] = (byte) (length + 2);
        }
        System.arraycopy(octets, 0, data, index, length);
        index += length;
        while ((index - at & 3) != 0) {
            data[index++] = TcpOptions.NOP;
        }
        return index - at;
    }
}
