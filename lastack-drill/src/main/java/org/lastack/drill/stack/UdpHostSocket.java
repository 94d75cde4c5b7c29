package org.lastack.drill.stack;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lastack.core.Errno;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.Msg;
import org.lastack.core.udp.ReceivedFrom;
import org.lastack.core.udp.UdpSocket;
import org.lastack.wire.IpAddress;

/// A UDP socket behind a descriptor.
final class UdpHostSocket extends HostSocket {
    private static final long SIOCINQ = 0x541b;
    private static final long SIOCOUTQ = 0x5411;

    private final UdpSocket socket;

    UdpHostSocket(UdpSocket socket) {
        super(socket);
        this.socket = socket;
    }

    @Override
    int bind(Endpoint address) {
        return socket.bind(address.address().high(), address.address().low(), address.port());
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
        if (to.family() == 0) {
            return socket.send(data, offset, length, flags);
        }
        int problem = addressProblem(to);
        return problem < 0 ? problem : socket.sendTo(data, offset, length, flags, to.address().high(), to.address().low(), to.port());
    }

    @Override
    int receive(byte[] into, int offset, int length, int flags, @Nullable MessageDetails message) {
        ReceivedFrom from = new ReceivedFrom();
        int octets = socket.receive(into, offset, length, flags, from);
        if (octets >= 0 && message != null) {
            message.source = new Endpoint(v4() ? 4 : 6, from.sourcePort, new IpAddress(from.sourceHigh, from.sourceLow));
            message.flags = (from.truncated ? Msg.TRUNC : 0) | (flags & Msg.ERRQUEUE);
            message.control = control(from, (flags & Msg.ERRQUEUE) != 0);
        }
        return octets;
    }

    private List<ControlData> control(ReceivedFrom from, boolean errors) {
        List<ControlData> list = new ArrayList<>();
        boolean v4Packet = IpAddress.isV4(from.sourceHigh, from.sourceLow);
        if (socket.option(InetSocket.RECVTTL) && v4Packet) {
            list.add(number(0, 2, from.ttl, 4));
        }
        if (socket.option(InetSocket.RECVTOS) && v4Packet) {
            list.add(number(0, 1, from.tos, 1));
        }
        if (socket.option(InetSocket.RECVHOPLIMIT) && !v4Packet) {
            list.add(number(41, 52, from.ttl, 4));
        }
        if (socket.option(InetSocket.RECVTCLASS) && !v4Packet) {
            list.add(number(41, 67, from.tos, 4));
        }
        if (errors) {
            list.add(extendedError(from, v4Packet));
        }
        return list;
    }

    private static ControlData number(int level, int type, int value, int octets) {
        byte[] data = new byte[octets];
        data[0] = (byte) value;
        return new ControlData(level, type, data);
    }

    /// `struct sock_extended_err` and the offender's address; cmsg types IP_RECVERR and IPV6_RECVERR.
    private static ControlData extendedError(ReceivedFrom from, boolean v4) {
        ByteBuffer out = ByteBuffer.allocate(v4 ? 32 : 44).order(ByteOrder.LITTLE_ENDIAN);
        out.putInt(from.errno).put((byte) from.errorOrigin).put((byte) from.errorType).put((byte) from.errorCode).put((byte) 0).putInt(from.errorInfo).putInt(0);
        out.putShort((short) (v4 ? 2 : 10)).putShort((short) 0);
        out.order(ByteOrder.BIG_ENDIAN);
        if (v4) {
            out.putInt((int) from.offenderLow);
        } else {
            out.putInt(0).putLong(from.offenderHigh).putLong(from.offenderLow);
        }
        return new ControlData(v4 ? 0 : 41, v4 ? 11 : 25, out.array());
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
    int ioctl(long request) {
        if (request == SIOCINQ) {
            return socket.unreadOctets();
        }
        return request == SIOCOUTQ ? 0 : -Errno.ENOTTY;
    }

    @Override
    int setOption(int level, int name, byte[] value) {
        return socket.setOption(level, name, value, 0, value.length);
    }

    @Override
    int getOption(int level, int name, byte[] out) {
        return socket.getOption(level, name, out, 0, out.length);
    }
}
