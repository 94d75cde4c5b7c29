package org.lastack.drill.stack;

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
            // What is no error has no address.
            boolean notice = from.sourcePort == 0 && (flags & Msg.ERRQUEUE) != 0;
            message.source = notice ? Endpoint.NONE : new Endpoint(v4() ? 4 : 6, from.sourcePort, new IpAddress(from.sourceHigh, from.sourceLow));
            message.flags = (from.truncated ? Msg.TRUNC : 0) | (flags & Msg.ERRQUEUE);
            message.control = control(from, (flags & Msg.ERRQUEUE) != 0);
        }
        return octets;
    }

    private List<ControlData> control(ReceivedFrom from, boolean errors) {
        List<ControlData> list = new ArrayList<>();
        if (!errors) {
            ControlData.received(socket, from.timeNs, list);
        }
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
            list.addAll(ControlData.ofError(socket, from));
        }
        return list;
    }

    private static ControlData number(int level, int type, int value, int octets) {
        byte[] data = new byte[octets];
        data[0] = (byte) value;
        return new ControlData(level, type, data);
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
