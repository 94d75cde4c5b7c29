package org.lastack.drill.stack;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lastack.core.Errno;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.Msg;
import org.lastack.core.tcp.TcpSocket;
import org.lastack.core.tcp.TcpState;
import org.lastack.core.udp.ReceivedFrom;
import org.lastack.wire.IpAddress;

/// A TCP socket behind a descriptor.
final class TcpHostSocket extends HostSocket {
    private static final long SIOCINQ = 0x541b;
    private static final long SIOCOUTQ = 0x5411;
    private static final long SIOCOUTQNSD = 0x894b;
    private static final long SIOCATMARK = 0x8905;

    private static final int SOL_TCP = 6;
    /// TCP_INQ: each recvmsg() tells how many octets are left. The option belongs to the call layer, not to the protocol.
    private static final int TCP_INQ = 36;

    private final TcpSocket socket;
    private boolean tellsUnread;

    TcpHostSocket(TcpSocket socket) {
        super(socket);
        this.socket = socket;
    }

    @Override
    int bind(Endpoint address) {
        return socket.bind(address.address().high(), address.address().low(), address.port());
    }

    @Override
    int listen(int backlog) {
        return socket.listen(backlog);
    }

    @Override
    @Nullable HostSocket accept() {
        TcpSocket child = socket.accept();
        return child == null ? null : new TcpHostSocket(child);
    }

    @Override
    int acceptError() {
        return Math.abs(socket.acceptError());
    }

    @Override
    int connect(Endpoint address) {
        return socket.connect(address.address().high(), address.address().low(), address.port());
    }

    @Override
    int disconnect() {
        return socket.disconnect();
    }

    @Override
    int send(byte[] data, int offset, int length, int flags, Endpoint to) {
        // An address given for a connected stream is ignored, as on Linux.
        return socket.send(data, offset, length, flags);
    }

    @Override
    int sendFastOpen(byte[] data, int length, int flags, Endpoint to) {
        if (to.family() == 0) {
            return socket.fastOpenNeedsAddress();
        }
        return socket.sendFastOpen(to.address().high(), to.address().low(), to.port(), data, 0, length, flags);
    }

    @Override
    boolean connecting() {
        return socket.connecting() && (socket.state() == TcpState.SYN_SENT || socket.state() == TcpState.SYN_RECEIVED);
    }

    @Override
    void writerWaits(boolean waits) {
        socket.writerWaits(waits);
    }

    @Override
    int receive(byte[] into, int offset, int length, int flags, @Nullable MessageDetails message) {
        if ((flags & Msg.ERRQUEUE) != 0) {
            ReceivedFrom from = new ReceivedFrom();
            int quoted = socket.receiveError(into, offset, length, from);
            if (message != null && quoted >= 0) {
                message.flags = Msg.ERRQUEUE | (from.truncated ? Msg.TRUNC : 0);
                message.control = ControlData.ofError(socket, from);
            }
            return quoted;
        }
        int octets = socket.receive(into, offset, length, flags);
        if (message != null && octets >= 0) {
            message.source = new Endpoint(v4() ? 4 : 6, socket.remotePort(), new IpAddress(socket.remoteHigh(), socket.remoteLow()));
            List<ControlData> control = new ArrayList<>();
            if (octets > 0) {
                ControlData.received(socket, socket.lastReceivedNs(), control);
            }
            if (tellsUnread && message.controlRoom > 0) {
                control.add(unread());
            }
            message.control = control;
        }
        return octets;
    }

    /// After FIN the number is at least 1, so that the reader comes back for the end of file.
    private ControlData unread() {
        int left = socket.unreadOctets();
        if (left == 0 && (socket.poll() & InetSocket.POLLRDHUP) != 0) {
            left = 1;
        }
        return new ControlData(SOL_TCP, TCP_INQ, ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(left).array());
    }

    @Override
    int shutdown(int how) {
        return socket.shutdown(how);
    }

    @Override
    int close() {
        return socket.close();
    }

    @Override
    int lingerSeconds() {
        return socket.lingerSeconds();
    }

    @Override
    boolean closeDone() {
        return socket.closeDone();
    }

    @Override
    int ioctl(long request) {
        if (request == SIOCINQ) {
            return socket.listening() ? -Errno.EINVAL : socket.inputQueueOctets();
        }
        if (request == SIOCOUTQ) {
            return socket.listening() ? -Errno.EINVAL : socket.unackedOctets();
        }
        if (request == SIOCOUTQNSD) {
            return socket.listening() ? -Errno.EINVAL : socket.unsentOctets();
        }
        return request == SIOCATMARK ? socket.atMark() ? 1 : 0 : -Errno.ENOTTY;
    }

    @Override
    int setOption(int level, int name, byte[] value) {
        if (level == SOL_TCP && name == TCP_INQ && value.length >= 4) {
            int on = ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN).getInt();
            if (on < 0 || on > 1) {
                return -Errno.EINVAL;
            }
            tellsUnread = on == 1;
            return 0;
        }
        return socket.setOption(level, name, value, 0, value.length);
    }

    @Override
    int getOption(int level, int name, byte[] out) {
        if (level == SOL_TCP && name == TCP_INQ && out.length >= 4) {
            out[0] = (byte) (tellsUnread ? 1 : 0);
            return 4;
        }
        return socket.getOption(level, name, out, 0, out.length);
    }
}
