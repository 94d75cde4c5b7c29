package org.lastack.drill.stack;

import org.jspecify.annotations.Nullable;
import org.lastack.core.Errno;
import org.lastack.core.tcp.TcpSocket;
import org.lastack.wire.IpAddress;

/// A TCP socket behind a descriptor.
final class TcpHostSocket extends HostSocket {
    private static final long SIOCINQ = 0x541b;
    private static final long SIOCOUTQ = 0x5411;
    private static final long SIOCOUTQNSD = 0x894b;
    private static final long SIOCATMARK = 0x8905;

    private final TcpSocket socket;

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
    int receive(byte[] into, int offset, int length, int flags, @Nullable MessageDetails message) {
        int octets = socket.receive(into, offset, length, flags);
        if (message != null && octets >= 0) {
            message.source = new Endpoint(v4() ? 4 : 6, socket.remotePort(), new IpAddress(socket.remoteHigh(), socket.remoteLow()));
        }
        return octets;
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
            return socket.listening() ? -Errno.EINVAL : socket.unreadOctets();
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
        return socket.setOption(level, name, value, 0, value.length);
    }

    @Override
    int getOption(int level, int name, byte[] out) {
        return socket.getOption(level, name, out, 0, out.length);
    }
}
