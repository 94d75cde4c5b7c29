package org.lastack.host;

import java.nio.ByteBuffer;
import java.nio.ReadOnlyBufferException;
import org.lastack.core.Errno;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.Msg;
import org.lastack.core.socket.Owner;
import org.lastack.core.udp.ReceivedFrom;
import org.lastack.core.udp.UdpSocket;
import org.lastack.wire.IpAddress;

/// A UDP socket of a host. See [HostSocket] for results, time-outs and threads.
public final class HostUdpSocket extends HostSocket {
    private final UdpSocket udp;

    HostUdpSocket(Host host, UdpSocket udp) {
        super(host, udp);
        this.udp = udp;
    }

    /// The engine's socket: use it under the host's lock only ([Host#call]).
    public UdpSocket udp() {
        return udp;
    }

    /// Sets the peer: only its datagrams are received from now on, and [#send] goes to it. Does not wait.
    public int connect(IpAddress address, int port) {
        host.enter();
        try {
            return closed() ? -Errno.EBADF : udp.connect(address.high(), address.low(), port);
        } finally {
            host.leave();
        }
    }

    /// Sends one datagram to the peer.
    public int send(byte[] bytes, int offset, int length, int flags, long timeoutNs) {
        return sendTo(bytes, offset, length, flags, 0, 0, -1, timeoutNs);
    }

    /// Sends one datagram.
    ///
    /// @param port the destination's, or -1 to send to the peer
    /// @return its length, or -EAGAIN, -EMSGSIZE, -EDESTADDRREQ, -ENETUNREACH, -ECONNREFUSED ...
    public int sendTo(byte[] bytes, int offset, int length, int flags, long high, long low, int port, long timeoutNs) {
        if (!within(bytes, offset, length)) {
            return -Errno.EFAULT;
        }
        host.enter();
        try {
            return sendLoop(bytes, offset, length, flags, high, low, port, timeoutNs);
        } finally {
            host.leave();
        }
    }

    private int sendLoop(byte[] bytes, int offset, int length, int flags, long high, long low, int port, long timeoutNs) {
        long wait = (flags & NEVER_WAITING) != 0 ? 0 : timeoutNs;
        long deadlineNs = 0;
        while (!closed()) {
            int sent = port < 0 ? udp.send(bytes, offset, length, flags) : udp.sendTo(bytes, offset, length, flags, high, low, port);
            // EAGAIN from the choice of a port would not go away by waiting: only a full send buffer is waited for.
            if (sent != -Errno.EAGAIN || wait == 0 || (udp.poll() & InetSocket.POLLOUT) != 0) {
                return sent;
            }
            deadlineNs = deadlineNs == 0 ? sendDeadline(wait) : deadlineNs;
            int outcome = blockUnlessClosed(InetSocket.POLLOUT, deadlineNs);
            if (outcome < 0) {
                return outcome;
            }
        }
        return -Errno.EBADF;
    }

    /// Sends the rest of a buffer as one datagram and moves the position to its limit. See [#sendTo].
    public int sendTo(ByteBuffer source, int flags, long high, long low, int port, long timeoutNs) {
        int length = source.remaining();
        int sent;
        if (source.hasArray()) {
            sent = sendTo(source.array(), source.arrayOffset() + source.position(), length, flags, high, low, port, timeoutNs);
        } else {
            byte[] copy = new byte[length];
            source.get(source.position(), copy, 0, length);
            sent = sendTo(copy, 0, length, flags, high, low, port, timeoutNs);
        }
        if (sent >= 0) {
            source.position(source.limit());
        }
        return sent;
    }

    /// Receives one datagram; what does not fit is lost, and `info` says so.
    ///
    /// @return octets copied (0 is a valid empty datagram; with [Msg#TRUNC] the real length), or -EAGAIN, -ECONNREFUSED ...
    public int receive(byte[] bytes, int offset, int length, int flags, ReceivedFrom info, long timeoutNs) {
        if (!within(bytes, offset, length)) {
            return -Errno.EFAULT;
        }
        host.enter();
        try {
            long wait = (flags & NEVER_WAITING) != 0 ? 0 : timeoutNs;
            long deadlineNs = 0;
            while (!closed()) {
                int octets = udp.receive(bytes, offset, length, flags, info);
                if (octets != -Errno.EAGAIN || wait == 0) {
                    return octets;
                }
                deadlineNs = deadlineNs == 0 ? receiveDeadline(wait) : deadlineNs;
                int outcome = blockUnlessClosed(InetSocket.POLLIN, deadlineNs);
                if (outcome < 0) {
                    return outcome;
                }
            }
            return -Errno.EBADF;
        } finally {
            host.leave();
        }
    }

    /// As [#receive], into a buffer whose position moves.
    ///
    /// @throws ReadOnlyBufferException if it cannot be written to
    public int receive(ByteBuffer target, int flags, ReceivedFrom info, long timeoutNs) {
        if (target.isReadOnly()) {
            throw new ReadOnlyBufferException();
        }
        boolean direct = !target.hasArray();
        int room = target.remaining();
        byte[] bytes = direct ? new byte[Math.min(room, 65_535)] : target.array();
        int offset = direct ? 0 : target.arrayOffset() + target.position();
        int octets = receive(bytes, offset, direct ? bytes.length : room, flags, info, timeoutNs);
        int copied = Math.min(octets, room);
        if (copied > 0) {
            if (direct) {
                target.put(bytes, 0, copied);
            } else {
                target.position(target.position() + copied);
            }
        }
        return octets;
    }

    @Override
    int bindCore(long high, long low, int port) {
        return udp.bind(high, low, port);
    }

    @Override
    int disconnectCore() {
        return udp.disconnect();
    }

    @Override
    int shutdownCore(int how) {
        return udp.shutdown(how);
    }

    @Override
    int closeCore() {
        return udp.close();
    }

    @Override
    void abortCore() {
        // Nothing is queued that could be lost.
    }

    @Override
    void lingerCore() {
        // A datagram socket has nothing that could linger.
    }

    @Override
    int setOptionCore(int level, int name, byte[] value, int offset, int length) {
        return udp.setOption(level, name, value, offset, length);
    }

    @Override
    int getOptionCore(int level, int name, byte[] out, int offset, int room) {
        return udp.getOption(level, name, out, offset, room);
    }

    @Override
    int setIntCore(int level, int name, int value) {
        return udp.setInt(level, name, value);
    }

    @Override
    int getIntCore(int level, int name) {
        return udp.getInt(level, name);
    }

    static HostUdpSocket open(Host host, int domain, Owner owner) {
        host.enter();
        try {
            return new HostUdpSocket(host, host.engine().udpSocket(domain, owner));
        } finally {
            host.leave();
        }
    }
}
