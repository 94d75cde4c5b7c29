package org.lastack.drill.stack;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.SocketHandle;
import org.lastack.core.socket.SocketOptions;
import org.lastack.core.udp.ReceivedFrom;

/// A control message (`cmsg`) with its data in Linux's layout.
public record ControlData(int level, int type, byte[] data) {
    private static final int SOL_SOCKET = 1;
    private static final int SCM_TIMESTAMP = 29;
    private static final int SCM_TIMESTAMPNS = 35;
    private static final int SCM_TIMESTAMPING = 37;

    /// A time stamp, on the stack's clock.
    public boolean isTime() {
        return level == SOL_SOCKET && (type == SCM_TIMESTAMP || type == SCM_TIMESTAMPNS || type == SCM_TIMESTAMPING) && data.length >= 16;
    }

    /// The moment that a time stamp tells, in nanoseconds.
    public long timeNs() {
        ByteBuffer in = ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN);
        return in.getLong(0) * 1_000_000_000 + in.getLong(8) * (type == SCM_TIMESTAMP ? 1000 : 1);
    }

    /// This stamp for another moment.
    public ControlData at(long ns) {
        byte[] copy = data.clone();
        ByteBuffer.wrap(copy).order(ByteOrder.LITTLE_ENDIAN).putLong(0, ns / 1_000_000_000).putLong(8, ns % 1_000_000_000 / (type == SCM_TIMESTAMP ? 1000 : 1));
        return new ControlData(level, type, copy);
    }

    /// What a socket's options want to be told about the time at which something came; `struct scm_timestamping` has three, of which only the first is used.
    static void received(SocketHandle socket, long timeNs, List<ControlData> into) {
        int wanted = SocketOptions.STAMP_RX_SOFTWARE | SocketOptions.STAMP_SOFTWARE;
        if (socket.option(InetSocket.TIMESTAMP)) {
            into.add(new ControlData(SOL_SOCKET, SCM_TIMESTAMP, new byte[16]).at(timeNs));
        } else if (socket.option(InetSocket.TIMESTAMPNS)) {
            into.add(new ControlData(SOL_SOCKET, SCM_TIMESTAMPNS, new byte[16]).at(timeNs));
        }
        if ((socket.timestamping() & wanted) == wanted) {
            into.add(timestamping(timeNs));
        }
    }

    private static ControlData timestamping(long timeNs) {
        return new ControlData(SOL_SOCKET, SCM_TIMESTAMPING, new byte[48]).at(timeNs);
    }

    /// What an entry of the error queue says: its time, if that is told, `struct sock_extended_err`, and the address of whoever sent an ICMP message.
    static List<ControlData> ofError(SocketHandle socket, ReceivedFrom from) {
        boolean v6 = socket.domain() == InetSocket.AF_INET6;
        ByteBuffer out = ByteBuffer.allocate(v6 ? 44 : 32).order(ByteOrder.LITTLE_ENDIAN);
        out.putInt(from.errno).put((byte) from.errorOrigin).put((byte) from.errorType).put((byte) from.errorCode).put((byte) 0).putInt(from.errorInfo)
                .putInt(from.errorData);
        if (from.errorOrigin == ReceivedFrom.ORIGIN_ICMP || from.errorOrigin == ReceivedFrom.ORIGIN_ICMP6) {
            out.putShort((short) socket.domain()).putShort((short) 0);
            out.order(ByteOrder.BIG_ENDIAN);
            if (v6) {
                out.putInt(0).putLong(from.offenderHigh).putLong(from.offenderLow);
            } else {
                out.putInt((int) from.offenderLow);
            }
        }
        ControlData error = new ControlData(v6 ? SocketOptions.IPPROTO_IPV6 : SocketOptions.IPPROTO_IP, v6 ? SocketOptions.IPV6_RECVERR : SocketOptions.IP_RECVERR,
                out.array());
        return from.stamped ? List.of(timestamping(from.timeNs), error) : List.of(error);
    }
}
