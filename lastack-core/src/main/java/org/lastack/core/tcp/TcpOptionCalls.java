package org.lastack.core.tcp;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.lastack.core.Errno;
import org.lastack.core.Sysctl;
import org.lastack.core.socket.ExtraOptions;
import org.lastack.core.socket.OptionBytes;

/// Socket options of level IPPROTO_TCP with Linux's numbers, ranges and errors. What has no effect here is refused, not stored.
public final class TcpOptionCalls {
    public static final int IPPROTO_TCP = 6;
    public static final int TCP_NODELAY = 1;
    public static final int TCP_MAXSEG = 2;
    public static final int TCP_CORK = 3;
    public static final int TCP_KEEPIDLE = 4;
    public static final int TCP_KEEPINTVL = 5;
    public static final int TCP_KEEPCNT = 6;
    public static final int TCP_SYNCNT = 7;
    public static final int TCP_LINGER2 = 8;
    public static final int TCP_DEFER_ACCEPT = 9;
    public static final int TCP_WINDOW_CLAMP = 10;
    public static final int TCP_INFO = 11;
    public static final int TCP_QUICKACK = 12;
    public static final int TCP_CONGESTION = 13;
    public static final int TCP_THIN_DUPACK = 17;
    public static final int TCP_USER_TIMEOUT = 18;
    public static final int TCP_FASTOPEN = 23;
    public static final int TCP_NOTSENT_LOWAT = 25;
    public static final int TCP_SAVE_SYN = 27;
    public static final int TCP_SAVED_SYN = 28;
    public static final int TCP_FASTOPEN_CONNECT = 30;
    public static final int TCP_FASTOPEN_KEY = 33;
    public static final int TCP_FASTOPEN_NO_COOKIE = 34;
    public static final int TCP_CC_INFO = 26;
    public static final int TCP_INQ = 36;
    public static final int TCP_THIN_LINEAR_TIMEOUTS = 16;
    public static final int TCP_RTO_MAX_MS = 44;
    public static final int TCP_RTO_MIN_US = 45;
    public static final int TCP_DELACK_MAX_US = 46;

    private static final int MAX_KEEPIDLE = 32_767;
    private static final int MAX_KEEPINTVL = 32_767;
    private static final int MAX_KEEPCNT = 127;
    private static final int MAX_SYNCNT = 127;
    private static final int MAX_WINDOW = 32_767;
    private static final int CONGESTION_NAME = 16;
    /// Linux's bounds of the time-outs that a connection may choose for itself.
    private static final int LEAST_TIMEOUT_US = 2_000;
    private static final int MOST_TIMEOUT_US = 200_000;
    private static final int LEAST_RTO_MAX_MS = 1_000;
    private static final int MOST_RTO_MAX_MS = 120_000;

    private TcpOptionCalls() {}

    static int set(Tcb c, int name, byte[] value, int offset, int length) {
        if (name == TCP_CONGESTION) {
            return congestion(c, value, offset, length);
        }
        if (name == TCP_FASTOPEN_KEY) {
            return FastOpenOptions.keys(c, value, offset, length);
        }
        if (length < 4) {
            return -Errno.EINVAL;
        }
        int v = OptionBytes.int32(value, offset);
        switch (name) {
            case TCP_FASTOPEN, TCP_FASTOPEN_CONNECT, TCP_FASTOPEN_NO_COOKIE -> {
                return FastOpenOptions.set(c, name, v);
            }
            case TCP_NODELAY -> {
                c.noDelay = v != 0;
                if (v != 0) {
                    c.pushOnce = true;
                    c.tcp.wantOutput(c);
                }
            }
            case TCP_MAXSEG -> {
                if (v != 0 && (v < 88 || v > MAX_WINDOW)) {
                    return -Errno.EINVAL;
                }
                c.userMss = v;
            }
            case TCP_CORK -> {
                // Nagle's algorithm still applies to what is released, unless it is off.
                boolean released = c.cork && v == 0;
                c.cork = v != 0;
                if (released) {
                    c.pushOnce = c.noDelay;
                    c.tcp.wantOutput(c);
                }
            }
            case TCP_KEEPIDLE -> {
                return keepIdle(c, v);
            }
            case TCP_KEEPINTVL -> {
                if (v < 1 || v > MAX_KEEPINTVL) {
                    return -Errno.EINVAL;
                }
                c.keepIntervalSeconds = v;
            }
            case TCP_KEEPCNT -> {
                if (v < 1 || v > MAX_KEEPCNT) {
                    return -Errno.EINVAL;
                }
                c.keepProbes = v;
            }
            case TCP_SYNCNT -> {
                if (v < 1 || v > MAX_SYNCNT) {
                    return -Errno.EINVAL;
                }
                c.synRetries = v;
            }
            case TCP_LINGER2 -> c.linger2Seconds = v < 0 ? -1 : v > 120 ? 120 : v;
            case TCP_DEFER_ACCEPT -> c.deferAcceptRetries = secondsToRetries(v);
            case TCP_WINDOW_CLAMP -> {
                return windowClamp(c, v);
            }
            case TCP_QUICKACK -> quickAck(c, v);
            // RFC 9293 §3.8.3, MUST-21: R2 of this connection.
            case TCP_USER_TIMEOUT -> {
                if (v < 0) {
                    return -Errno.EINVAL;
                }
                c.userTimeoutMs = v;
            }
            case TCP_THIN_LINEAR_TIMEOUTS -> {
                if (v < 0 || v > 1) {
                    return -Errno.EINVAL;
                }
                c.thinLinear = v == 1;
            }
            // Linux keeps the name and has forgotten the effect.
            case TCP_THIN_DUPACK -> {
                return v < 0 || v > 1 ? -Errno.EINVAL : 0;
            }
            case TCP_INQ -> {
                if (v < 0 || v > 1) {
                    return -Errno.EINVAL;
                }
                c.needExtras().reportsInq = v == 1;
            }
            case TCP_SAVE_SYN -> {
                if (v < 0 || v > 2) {
                    return -Errno.EINVAL;
                }
                c.needExtras().saveSyn = v;
            }
            case TCP_RTO_MAX_MS -> {
                if (v < LEAST_RTO_MAX_MS || v > MOST_RTO_MAX_MS) {
                    return -Errno.EINVAL;
                }
                c.rtoMaxMs = v;
            }
            case TCP_RTO_MIN_US, TCP_DELACK_MAX_US -> {
                if (v < LEAST_TIMEOUT_US || v > MOST_TIMEOUT_US) {
                    return -Errno.EINVAL;
                }
                if (name == TCP_RTO_MIN_US) {
                    c.rtoMinUs = v;
                } else {
                    c.delayedAckMaxUs = v;
                }
            }
            case TCP_NOTSENT_LOWAT -> {
                c.notSentLowWater = v == 0 ? -1 : Integer.toUnsignedLong(v);
                c.tcp.wantOutput(c);
            }
            default -> {
                return -Errno.ENOPROTOOPT;
            }
        }
        return 0;
    }

    private static int keepIdle(Tcb c, int seconds) {
        if (seconds < 1 || seconds > MAX_KEEPIDLE) {
            return -Errno.EINVAL;
        }
        c.keepIdleSeconds = seconds;
        if (c.keepaliveDeadlineNs != Connection.never()) {
            Timeouts.startKeepalive(c);
        }
        return 0;
    }

    private static int windowClamp(Tcb c, int octets) {
        if (octets == 0) {
            if (c.tcpState() != TcpState.CLOSED) {
                return -Errno.EINVAL;
            }
            c.windowClamp = 0;
            c.userClamp = false;
            return 0;
        }
        c.windowClamp = Math.max(octets, 2304 / 2);
        c.userClamp = true;
        if (c.tcpState() != TcpState.CLOSED && c.tcpState() != TcpState.LISTEN) {
            c.receiveThreshold = Math.min(Math.max(c.rcv.wnd, 0), c.windowClamp);
        }
        return 0;
    }

    /// As Linux: 0 switches to delayed ACKs, 1 to immediate ones (and sends one that is pending if nothing waits for the reader), for a while: the connection's rhythm takes over again.
    private static void quickAck(Tcb c, int v) {
        if (v == 0) {
            c.pingpong = true;
            return;
        }
        c.pingpong = false;
        boolean open = c.tcpState() == TcpState.ESTABLISHED || c.tcpState() == TcpState.CLOSE_WAIT;
        if (open && c.ackPending) {
            c.ackPushed = true;
            Acknowledging.afterRead(c, 1);
            if ((v & 1) == 0) {
                c.pingpong = true;
            }
        }
    }

    private static int congestion(Tcb c, byte[] value, int offset, int length) {
        if (length < 1) {
            return -Errno.EINVAL;
        }
        int end = 0;
        int most = Math.min(length, CONGESTION_NAME - 1);
        while (end < most && value[offset + end] != 0) {
            end++;
        }
        String name = new String(value, offset, end, StandardCharsets.ISO_8859_1);
        if (!CongestionControls.exists(name)) {
            return -Errno.ENOENT;
        }
        c.congestion(name);
        return 0;
    }

    /// Retransmissions of the SYN-ACK that fit into so many seconds.
    private static int secondsToRetries(int seconds) {
        int retries = 0;
        if (seconds > 0) {
            int timeout = 1;
            int period = 1;
            retries = 1;
            while (seconds > period && retries < 255) {
                retries++;
                timeout = Math.min(timeout << 1, 120);
                period += timeout;
            }
        }
        return retries;
    }

    private static int retriesToSeconds(int retries) {
        int period = 0;
        if (retries > 0) {
            int timeout = 1;
            period = timeout;
            for (int i = retries - 1; i > 0; i--) {
                timeout = Math.min(timeout << 1, 120);
                period += timeout;
            }
        }
        return period;
    }

    static int get(Tcb c, int name, byte[] out, int offset, int room) {
        if (room < 0) {
            return -Errno.EINVAL;
        }
        return switch (name) {
            case TCP_NODELAY -> OptionBytes.answer(out, offset, room, c.noDelay ? 1 : 0);
            case TCP_MAXSEG -> OptionBytes.answer(out, offset, room, maxSegment(c));
            case TCP_CORK -> OptionBytes.answer(out, offset, room, c.cork ? 1 : 0);
            case TCP_KEEPIDLE -> OptionBytes.answer(out, offset, room, (int) (Timeouts.keepIdleNs(c) / 1_000_000_000L));
            case TCP_KEEPINTVL -> OptionBytes.answer(out, offset, room, (int) (Timeouts.keepIntervalNs(c) / 1_000_000_000L));
            case TCP_KEEPCNT -> OptionBytes.answer(out, offset, room, Timeouts.keepCount(c));
            case TCP_SYNCNT -> OptionBytes.answer(out, offset, room, c.synRetries > 0 ? c.synRetries : c.tcp.sysctls().getInt(Sysctl.TCP_SYN_RETRIES));
            case TCP_LINGER2 -> OptionBytes.answer(out, offset, room,
                    c.linger2Seconds == 0 ? c.tcp.sysctls().getInt(Sysctl.TCP_FIN_TIMEOUT) : c.linger2Seconds);
            case TCP_DEFER_ACCEPT -> OptionBytes.answer(out, offset, room, retriesToSeconds(c.deferAcceptRetries));
            case TCP_WINDOW_CLAMP -> OptionBytes.answer(out, offset, room, c.windowClamp);
            case TCP_QUICKACK -> OptionBytes.answer(out, offset, room, c.pingpong ? 0 : 1);
            case TCP_USER_TIMEOUT -> OptionBytes.answer(out, offset, room, c.userTimeoutMs);
            case TCP_THIN_LINEAR_TIMEOUTS -> OptionBytes.answer(out, offset, room, c.thinLinear ? 1 : 0);
            case TCP_THIN_DUPACK -> OptionBytes.answer(out, offset, room, 0);
            case TCP_INQ -> OptionBytes.answer(out, offset, room, c.extras() != null && c.extras().reportsInq ? 1 : 0);
            case TCP_SAVE_SYN -> OptionBytes.answer(out, offset, room, c.extras() == null ? 0 : c.extras().saveSyn);
            case TCP_SAVED_SYN -> savedSyn(c, out, offset, room);
            case TCP_RTO_MAX_MS -> OptionBytes.answer(out, offset, room, (int) (RoundTrip.maxRtoUs(c) / 1000));
            case TCP_RTO_MIN_US -> OptionBytes.answer(out, offset, room, RoundTrip.minRtoUs(c));
            case TCP_DELACK_MAX_US -> OptionBytes.answer(out, offset, room, c.delayedAckMaxUs > 0 ? c.delayedAckMaxUs : MOST_TIMEOUT_US);
            case TCP_NOTSENT_LOWAT -> OptionBytes.answer(out, offset, room, (int) Math.max(0, c.notSentLowWater));
            case TCP_FASTOPEN, TCP_FASTOPEN_CONNECT, TCP_FASTOPEN_NO_COOKIE -> OptionBytes.answer(out, offset, room, FastOpenOptions.get(c, name));
            case TCP_FASTOPEN_KEY -> bytes(FastOpenOptions.keys(c), out, offset, room);
            case TCP_INFO -> bytes(c.info().toLinux(), out, offset, room);
            case TCP_CC_INFO -> bytes(congestionInformation(c), out, offset, room);
            case TCP_CONGESTION -> {
                byte[] text = new byte[CONGESTION_NAME];
                byte[] ascii = c.congestionName().getBytes(StandardCharsets.ISO_8859_1);
                System.arraycopy(ascii, 0, text, 0, ascii.length);
                yield bytes(text, out, offset, room);
            }
            default -> -Errno.ENOPROTOOPT;
        };
    }

    /// Given once; a room that is too small is EINVAL and takes nothing.
    private static int savedSyn(Tcb c, byte[] out, int offset, int room) {
        ExtraOptions options = c.extras();
        byte[] syn = options == null ? null : options.savedSyn;
        if (options == null || syn == null) {
            return 0;
        }
        if (room < syn.length) {
            return -Errno.EINVAL;
        }
        options.savedSyn = null;
        return bytes(syn, out, offset, room);
    }

    private static int maxSegment(Tcb c) {
        if (c.tcpState() == TcpState.CLOSED || c.tcpState() == TcpState.LISTEN) {
            return c.userMss > 0 ? c.userMss : Sending.DEFAULT_MSS_V4;
        }
        return c.mss > 0 ? c.mss : Sending.DEFAULT_MSS_V4;
    }

    private static byte[] congestionInformation(Tcb c) {
        Sender s = c.sender;
        byte[] value = new byte[CongestionControl.INFORMATION];
        return s == null ? new byte[0] : Arrays.copyOf(value, s.control.information(c, s, value));
    }

    private static int bytes(byte[] value, byte[] out, int offset, int room) {
        int octets = Math.min(room, value.length);
        System.arraycopy(value, 0, out, offset, octets);
        return octets;
    }
}
