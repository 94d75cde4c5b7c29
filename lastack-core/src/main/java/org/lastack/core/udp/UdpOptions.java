package org.lastack.core.udp;

import java.util.Arrays;
import org.lastack.core.Errno;
import org.lastack.core.socket.OptionBytes;

/// Options of level IPPROTO_UDP (17) with Linux's numbers, ranges and errors, and what UDP_CORK collects.
final class UdpOptions {
    static final int IPPROTO_UDP = 17;
    static final int UDP_CORK = 1;
    static final int UDP_ENCAP = 100;
    static final int UDP_NO_CHECK6_TX = 101;
    static final int UDP_NO_CHECK6_RX = 102;
    static final int UDP_SEGMENT = 103;
    static final int UDP_GRO = 104;
    /// Datagrams of one send with UDP_SEGMENT (UDP_MAX_SEGMENTS).
    static final int MAX_SEGMENTS = 128;

    boolean cork;
    boolean noChecksum6;
    /// Zero checksums over IPv6 are taken (RFC 6936): for tunnels.
    boolean takesNoChecksum6;
    /// UDP_SEGMENT: octets of payload per datagram, 0 = off.
    int segment;
    /// UDP_GRO: datagrams may be handed over several at once. This stack never joins any, which is allowed.
    boolean gro;

    // What is collected, for whom.
    private byte[] text = new byte[0];
    int collected;
    boolean pending;
    long high;
    long low;
    int port;
    boolean toPeer;

    int set(int name, byte[] value, int offset, int length) {
        if (length < 4) {
            return -Errno.EINVAL;
        }
        int v = OptionBytes.int32(value, offset);
        switch (name) {
            case UDP_CORK -> cork = v != 0;
            case UDP_NO_CHECK6_TX -> noChecksum6 = v != 0;
            case UDP_NO_CHECK6_RX -> takesNoChecksum6 = v != 0;
            case UDP_SEGMENT -> {
                if (v < 0 || v > 0xffff) {
                    return -Errno.EINVAL;
                }
                segment = v;
            }
            case UDP_GRO -> gro = v != 0;
            case UDP_ENCAP -> {
                // 0 is "no encapsulation"; IPsec and the others are not here.
                return v == 0 ? 0 : -Errno.ENOPROTOOPT;
            }
            default -> {
                return -Errno.ENOPROTOOPT;
            }
        }
        return 0;
    }

    int get(int name, byte[] out, int offset, int room) {
        return switch (name) {
            case UDP_CORK -> OptionBytes.answer(out, offset, room, cork ? 1 : 0);
            case UDP_NO_CHECK6_TX -> OptionBytes.answer(out, offset, room, noChecksum6 ? 1 : 0);
            case UDP_NO_CHECK6_RX -> OptionBytes.answer(out, offset, room, takesNoChecksum6 ? 1 : 0);
            case UDP_SEGMENT -> OptionBytes.answer(out, offset, room, segment);
            case UDP_GRO -> OptionBytes.answer(out, offset, room, gro ? 1 : 0);
            case UDP_ENCAP -> OptionBytes.answer(out, offset, room, 0);
            default -> -Errno.ENOPROTOOPT;
        };
    }

    /// Begins a datagram whose destination no later piece changes.
    void begin(long toHigh, long toLow, int toPort, boolean peer) {
        pending = true;
        collected = 0;
        high = toHigh;
        low = toLow;
        port = toPort;
        toPeer = peer;
    }

    void append(byte[] data, int offset, int length) {
        if (collected + length > text.length) {
            text = Arrays.copyOf(text, Math.max(collected + length, Math.min(text.length * 2, 0xffff)));
        }
        System.arraycopy(data, offset, text, collected, length);
        collected += length;
    }

    byte[] text() {
        return text;
    }

    void forget() {
        pending = false;
        collected = 0;
        text = new byte[0];
    }
}
