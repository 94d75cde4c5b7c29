package org.lastack.drill.stack;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lastack.core.Errno;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.SocketHandle;
import org.lastack.core.socket.SocketEvents;
import org.lastack.wire.IpAddress;

/// A socket behind a descriptor: what TCP and UDP sockets have in common for the calls of scripts. Results are `>= 0` or a negative errno.
abstract class HostSocket implements SocketEvents {
    /// No limit.
    static final long NEVER = Long.MAX_VALUE;

    private final SocketHandle socket;
    boolean nonBlocking;
    /// SO_RCVTIMEO and SO_SNDTIMEO in nanoseconds; 0 = none.
    long receiveTimeoutNs;
    long sendTimeoutNs;
    /// Counts readiness signals, for edge-triggered epoll.
    long signals;

    HostSocket(SocketHandle socket) {
        this.socket = socket;
        socket.events(this);
    }

    @Override
    public void ready(SocketHandle which, int mask) {
        signals++;
    }

    final boolean v4() {
        return socket.domain() == InetSocket.AF_INET;
    }

    final int poll() {
        return socket.poll();
    }

    /// 0, or what is wrong with an address for this socket's family.
    final int addressProblem(Endpoint address) {
        if (v4()) {
            return address.family() == 4 ? 0 : -Errno.EAFNOSUPPORT;
        }
        return address.family() == 6 ? 0 : -Errno.EINVAL;
    }

    abstract int bind(Endpoint address);

    int listen(int backlog) {
        return -Errno.EOPNOTSUPP;
    }

    /// A child, or null with the reason in [#acceptError].
    @Nullable HostSocket accept() {
        return null;
    }

    int acceptError() {
        return Errno.EOPNOTSUPP;
    }

    Endpoint peer() {
        return new Endpoint(v4() ? 4 : 6, socket.remotePort(), new IpAddress(socket.remoteHigh(), socket.remoteLow()));
    }

    abstract int connect(Endpoint address);

    abstract int disconnect();

    /// @param to family 0 for the connected peer
    abstract int send(byte[] data, int offset, int length, int flags, Endpoint to);

    /// send() with MSG_FASTOPEN: connects too. -EOPNOTSUPP where there is nothing to connect.
    int sendFastOpen(byte[] data, int length, int flags, Endpoint to) {
        return send(data, 0, length, flags, to);
    }

    /// A connection attempt is under way.
    boolean connecting() {
        return false;
    }

    /// A blocking send waits for the connection to come.
    void writerWaits(boolean waits) {
        // Datagrams wait for no connection.
    }

    /// Fills `into`; details in `message` if it is not null.
    abstract int receive(byte[] into, int offset, int length, int flags, @Nullable MessageDetails message);

    abstract int shutdown(int how);

    abstract int close();

    /// Seconds that close() has to wait at most, 0 if it need not.
    int lingerSeconds() {
        return 0;
    }

    boolean closeDone() {
        return true;
    }

    /// The value of an ioctl that returns an int, or a negative errno.
    abstract int ioctl(long request);

    abstract int setOption(int level, int name, byte[] value);

    abstract int getOption(int level, int name, byte[] out);

    /// What recvmsg() returns besides the data.
    static final class MessageDetails {
        Endpoint source = Endpoint.NONE;
        int flags;
        List<ControlData> control = List.of();
        int controlRoom;
    }
}
