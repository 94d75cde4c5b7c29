package org.lastack.core.tcp;

import org.lastack.core.Errno;
import org.lastack.core.Sysctl;
import org.lastack.core.socket.OptionBytes;

/// The socket options of Fast Open, with Linux's ranges and errors.
final class FastOpenOptions {
    private FastOpenOptions() {}

    static int set(Tcb c, int name, int v) {
        boolean fresh = c.tcpState() == TcpState.CLOSED;
        boolean idle = fresh || c.tcpState() == TcpState.LISTEN;
        switch (name) {
            case TcpOptionCalls.TCP_FASTOPEN -> {
                if (v < 0 || !idle) {
                    return -Errno.EINVAL;
                }
                c.fastOpen().queueLimit = Math.min(v, c.tcp.sysctls().getInt(Sysctl.SOMAXCONN));
            }
            case TcpOptionCalls.TCP_FASTOPEN_CONNECT -> {
                if (v < 0 || v > 1) {
                    return -Errno.EINVAL;
                }
                if (!c.tcp.fastOpenClient().enabled()) {
                    return -Errno.EOPNOTSUPP;
                }
                if (!fresh) {
                    return -Errno.EINVAL;
                }
                c.fastOpen().onConnect = v == 1;
            }
            case TcpOptionCalls.TCP_FASTOPEN_NO_COOKIE -> {
                if (v < 0 || v > 1 || !idle) {
                    return -Errno.EINVAL;
                }
                c.fastOpen().noCookie = v == 1;
            }
            default -> throw new IllegalArgumentException("option " + name + " is not one of Fast Open");
        }
        return 0;
    }

    static int get(Tcb c, int name) {
        FastOpen f = c.fastOpen;
        if (f == null) {
            return 0;
        }
        return switch (name) {
            case TcpOptionCalls.TCP_FASTOPEN -> f.queueLimit;
            case TcpOptionCalls.TCP_FASTOPEN_CONNECT -> f.onConnect ? 1 : 0;
            case TcpOptionCalls.TCP_FASTOPEN_NO_COOKIE -> f.noCookie ? 1 : 0;
            default -> throw new IllegalArgumentException("option " + name + " is not one of Fast Open");
        };
    }

    /// TCP_FASTOPEN_KEY: one key of 16 octets, or two.
    static int keys(Tcb c, byte[] value, int offset, int length) {
        if (length != FastOpenKeys.KEY_OCTETS && length != 2 * FastOpenKeys.KEY_OCTETS) {
            return -Errno.EINVAL;
        }
        long[] keys = new long[length / 8];
        for (int i = 0; i < keys.length; i++) {
            keys[i] = OptionBytes.int64(value, offset + 8 * i);
        }
        c.fastOpen().keys = keys;
        return 0;
    }

    static byte[] keys(Tcb c) {
        long[] keys = c.tcp.fastOpenServer().keys(c);
        byte[] octets = new byte[8 * keys.length];
        for (int i = 0; i < keys.length; i++) {
            OptionBytes.put64(octets, 8 * i, keys[i]);
        }
        return octets;
    }
}
