package org.lastack.host;

import java.nio.ByteBuffer;
import java.nio.ReadOnlyBufferException;
import org.jspecify.annotations.Nullable;
import org.lastack.core.Errno;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.Msg;
import org.lastack.core.socket.Owner;
import org.lastack.core.tcp.TcpSocket;
import org.lastack.core.udp.ReceivedFrom;
import org.lastack.wire.IpAddress;

/// A TCP socket of a host: listener or connection. See [HostSocket] for results, time-outs and threads.
public final class HostTcpSocket extends HostSocket {
    /// A call that sends so much takes in acknowledgments too: what they free is used for the next call while it is in the cache (bulk-tx,
    /// of the ceiling, two to three runs before and after: four flows 0.44 and 0.68, one flow 0.44 and 0.47: within noise).
    private static final int BULK = 1 << 15;
    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    private final TcpSocket tcp;
    /// Why the last [#accept] gave null; guarded by the host's lock.
    private int acceptError;

    HostTcpSocket(Host host, TcpSocket tcp) {
        super(host, tcp);
        this.tcp = tcp;
    }

    /// The engine's socket: use it under the host's lock only ([Host#call]).
    public TcpSocket tcp() {
        return tcp;
    }

    /// Makes it a listener; `backlog` as in Linux (n holds n + 1 connections).
    public int listen(int backlog) {
        host.enter();
        try {
            return closed() ? -Errno.EBADF : tcp.listen(backlog);
        } finally {
            host.leave();
        }
    }

    /// Connects, waiting for the handshake as long as the time-out allows.
    ///
    /// @return 0; -EINPROGRESS if time is over (the attempt goes on), -EALREADY if it is over in a repeated call, -ECONNREFUSED ...
    public int connect(IpAddress address, int port, long timeoutNs) {
        host.enter();
        try {
            return closed() ? -Errno.EBADF : connectLoop(address, port, timeoutNs);
        } finally {
            host.leave();
        }
    }

    private int connectLoop(IpAddress address, int port, long timeoutNs) {
        int result = tcp.connect(address.high(), address.low(), port);
        int unfinished = result;
        if (timeoutNs == 0 || !pending(result)) {
            return result;
        }
        long deadlineNs = sendDeadline(timeoutNs);
        while (pending(result)) {
            int outcome = blockUnlessClosed(InetSocket.POLLOUT | InetSocket.POLLIN, deadlineNs);
            if (outcome == -Errno.EAGAIN) {
                return unfinished;
            }
            if (outcome < 0) {
                return outcome;
            }
            if (!tcp.connecting()) {
                // Another thread has ended the attempt; a new call would begin the next one.
                int error = tcp.takeError();
                return -(error != 0 ? error : Errno.ECONNABORTED);
            }
            result = tcp.connect(address.high(), address.low(), port);
        }
        return result;
    }

    private static boolean pending(int result) {
        return result == -Errno.EINPROGRESS || result == -Errno.EALREADY;
    }

    /// The next connection that a listener has for us, or null; then [#acceptError] says why.
    public @Nullable HostTcpSocket accept(long timeoutNs) {
        host.enter();
        try {
            return acceptLoop(timeoutNs);
        } finally {
            host.leave();
        }
    }

    /// Why the last [#accept] of this socket returned null, as a negative errno. With several accepting threads use [#acceptOrError].
    public int acceptError() {
        host.lock();
        try {
            return acceptError;
        } finally {
            host.unlock();
        }
    }

    /// As [#accept], for listeners shared by several threads: `out[0]` gets the connection.
    ///
    /// @return 0 or -errno
    public int acceptOrError(@Nullable HostTcpSocket[] out, long timeoutNs) {
        host.enter();
        try {
            HostTcpSocket child = acceptLoop(timeoutNs);
            out[0] = child;
            return child == null ? acceptError : 0;
        } finally {
            host.leave();
        }
    }

    @Override
    int takeable() {
        return tcp.queuedConnections();
    }

    private @Nullable HostTcpSocket acceptLoop(long timeoutNs) {
        long deadlineNs = 0;
        while (!closed()) {
            TcpSocket child = tcp.accept();
            if (child != null) {
                return new HostTcpSocket(host, child);
            }
            acceptError = -Math.abs(tcp.acceptError());
            if (acceptError != -Errno.EAGAIN || timeoutNs == 0) {
                return null;
            }
            deadlineNs = deadlineNs == 0 ? receiveDeadline(timeoutNs) : deadlineNs;
            int outcome = blockForConnection(deadlineNs);
            if (outcome < 0) {
                acceptError = outcome;
                return null;
            }
        }
        acceptError = -Errno.EBADF;
        return null;
    }

    /// Sends. With time to wait it takes everything unless something ends it; what was taken before an error, a time-out or an interrupt is
    /// the result, and the error is left for the next call (Linux).
    ///
    /// @param flags [Msg]
    /// @return octets taken, -EAGAIN if there was room for none, -EPIPE, -ECONNRESET ...
    public int send(byte[] bytes, int offset, int length, int flags, long timeoutNs) {
        if (!within(bytes, offset, length)) {
            return -Errno.EFAULT;
        }
        long wait = (flags & Msg.DONTWAIT) != 0 ? 0 : timeoutNs;
        int sent = sendOnce(bytes, offset, length, flags, wait);
        if (sent >= BULK) {
            host.driver().poll(host);
            return sent;
        }
        if (sent != -Errno.EAGAIN || wait != 0 || !host.driver().poll(host)) {
            return sent;
        }
        // The acknowledgments that make room may have been waiting for somebody to take them in.
        return sendOnce(bytes, offset, length, flags, wait);
    }

    private int sendOnce(byte[] bytes, int offset, int length, int flags, long wait) {
        host.enter();
        try {
            return sendLoop(bytes, offset, length, flags, wait);
        } finally {
            host.leave();
        }
    }

    /// send() with MSG_FASTOPEN (RFC 7413): connects to the address, with text in the SYN if a cookie for it is known, and sends. With time to wait it waits
    /// for the connection and takes everything, as [#send] does.
    ///
    /// @return octets taken; -EINPROGRESS if the attempt is under way and nothing was taken, -EOPNOTSUPP if `tcp_fastopen` is off, -EISCONN, -ECONNREFUSED ...
    public int sendFastOpen(IpAddress address, int port, byte[] bytes, int offset, int length, int flags, long timeoutNs) {
        if (!within(bytes, offset, length)) {
            return -Errno.EFAULT;
        }
        host.enter();
        try {
            if (closed()) {
                return -Errno.EBADF;
            }
            int taken = tcp.sendFastOpen(address.high(), address.low(), port, bytes, offset, length, flags);
            long wait = (flags & Msg.DONTWAIT) != 0 ? 0 : timeoutNs;
            if (wait == 0 || taken < 0 && taken != -Errno.EINPROGRESS) {
                return taken;
            }
            int sent = Math.max(0, taken);
            int connected = connectLoop(address, port, wait);
            if (connected < 0 && connected != -Errno.EISCONN) {
                return connected == -Errno.EINPROGRESS && sent > 0 ? sent : connected;
            }
            int more = sent < length ? sendLoop(bytes, offset + sent, length - sent, flags, wait) : 0;
            return more < 0 && sent > 0 ? sent : sent + more;
        } finally {
            host.leave();
        }
    }

    private int sendLoop(byte[] bytes, int offset, int length, int flags, long wait) {
        long deadlineNs = 0;
        int sent = 0;
        while (!closed()) {
            if (sent > 0 && sendMustStop()) {
                return sent;
            }
            int taken = tcp.send(bytes, offset + sent, length - sent, sent > 0 ? flags | Msg.CONTINUED : flags);
            sent += Math.max(taken, 0);
            if (taken >= 0 && sent >= length) {
                return sent;
            }
            if (taken > 0) {
                continue;
            }
            // EINPROGRESS: this write has begun the attempt that TCP_FASTOPEN_CONNECT put off.
            if (taken < 0 && taken != -Errno.EAGAIN && taken != -Errno.EINPROGRESS || wait == 0) {
                return sent > 0 ? sent : taken == 0 ? -Errno.EAGAIN : taken;
            }
            deadlineNs = deadlineNs == 0 ? sendDeadline(wait) : deadlineNs;
            int outcome = blockUnlessClosed(InetSocket.POLLOUT, deadlineNs);
            if (outcome < 0) {
                return sent > 0 ? sent : outcome;
            }
        }
        return sent > 0 ? sent : -Errno.EBADF;
    }

    /// Sends from a buffer and moves its position. Heap and direct buffers; a direct one goes through the host's scratch array.
    public int send(ByteBuffer source, int flags, long timeoutNs) {
        if (source.hasArray()) {
            int sent = send(source.array(), source.arrayOffset() + source.position(), source.remaining(), flags, timeoutNs);
            if (sent > 0) {
                source.position(source.position() + sent);
            }
            return sent;
        }
        host.enter();
        try {
            return sendDirect(source, flags, (flags & Msg.DONTWAIT) != 0 ? 0 : timeoutNs);
        } finally {
            host.leave();
        }
    }

    /// The scratch array is used under the lock only, so that a thread that waits holds none.
    private int sendDirect(ByteBuffer source, int flags, long wait) {
        byte[] scratch = host.scratch();
        long deadlineNs = 0;
        int sent = 0;
        do {
            if (sent > 0 && sendMustStop()) {
                return sent;
            }
            int chunk = Math.min(source.remaining(), scratch.length);
            source.get(source.position(), scratch, 0, chunk);
            int taken = sendLoop(scratch, 0, chunk, flags, 0);
            if (taken >= 0) {
                source.position(source.position() + taken);
                sent += taken;
                continue;
            }
            if (taken != -Errno.EAGAIN || wait == 0) {
                return sent > 0 ? sent : taken;
            }
            deadlineNs = deadlineNs == 0 ? sendDeadline(wait) : deadlineNs;
            int outcome = blockUnlessClosed(InetSocket.POLLOUT, deadlineNs);
            if (outcome < 0) {
                return sent > 0 ? sent : outcome;
            }
        } while (source.hasRemaining());
        return sent;
    }

    /// Receives. Waits until SO_RCVLOWAT octets (1 by default; all with [Msg#WAITALL]) are there, or the stream ends.
    ///
    /// @return octets, 0 at the end of the stream, or -errno
    public int receive(byte[] bytes, int offset, int length, int flags, long timeoutNs) {
        if (!within(bytes, offset, length)) {
            return -Errno.EFAULT;
        }
        host.enter();
        try {
            return receiveLoop(bytes, offset, length, flags, (flags & NEVER_WAITING) != 0 ? 0 : timeoutNs);
        } finally {
            host.leave();
        }
    }

    /// Reads the error queue; never waits. See [TcpSocket#receiveError].
    public int receiveError(byte[] bytes, int offset, int length, ReceivedFrom info) {
        if (!within(bytes, offset, length)) {
            return -Errno.EFAULT;
        }
        host.enter();
        try {
            return closed() ? -Errno.EBADF : tcp.receiveError(bytes, offset, length, info);
        } finally {
            host.leave();
        }
    }

    private int receiveLoop(byte[] bytes, int offset, int length, int flags, long wait) {
        long deadlineNs = 0;
        int copied = 0;
        int target = wait == 0 ? 1 : receiveTarget(length, flags);
        int coreFlags = flags & ~Msg.WAITALL;
        while (!closed()) {
            int outcome;
            if (target > 1 && copied == 0 && (flags & Msg.PEEK) != 0 && peekMustWait(target)) {
                outcome = -Errno.EAGAIN;
            } else {
                if (copied > 0 && receiveMustStop()) {
                    return copied;
                }
                int taken = tcp.receive(bytes, offset + copied, length - copied, coreFlags);
                if (taken == 0 || taken < 0 && taken != -Errno.EAGAIN) {
                    return copied > 0 ? copied : taken;
                }
                copied += Math.max(taken, 0);
                if (copied >= target || copied > 0 && (wait == 0 || (flags & (Msg.PEEK | Msg.OOB)) != 0)) {
                    return copied;
                }
                outcome = taken > 0 ? 0 : -Errno.EAGAIN;
            }
            if (outcome == 0) {
                continue;
            }
            if (wait == 0) {
                return -Errno.EAGAIN;
            }
            deadlineNs = deadlineNs == 0 ? receiveDeadline(wait) : deadlineNs;
            int ended = blockUnlessClosed(InetSocket.POLLIN | InetSocket.POLLRDHUP, deadlineNs);
            if (ended < 0) {
                return endOfWait(bytes, offset, length, flags, copied, ended);
            }
        }
        return -Errno.EBADF;
    }

    /// A wait for more than there is ended: what is there counts more than why.
    private int endOfWait(byte[] bytes, int offset, int length, int flags, int copied, int ended) {
        if (copied > 0 || closed()) {
            return copied > 0 ? copied : ended;
        }
        int last = (flags & Msg.PEEK) != 0 ? tcp.receive(bytes, offset, length, flags & ~Msg.WAITALL) : ended;
        return last > 0 ? last : ended;
    }

    private int receiveTarget(int length, int flags) {
        if ((flags & Msg.OOB) != 0) {
            return 1;
        }
        if ((flags & Msg.WAITALL) != 0) {
            return Math.max(1, length);
        }
        return Math.max(1, Math.min(tcp.receiveLowWater(), length));
    }

    private boolean peekMustWait(int target) {
        return tcp.unreadOctets() < target && (tcp.poll() & (InetSocket.POLLRDHUP | InetSocket.POLLERR | InetSocket.POLLHUP)) == 0;
    }

    /// Receives into a buffer and moves its position. A full buffer gives 0 without a look at the stream.
    ///
    /// @throws ReadOnlyBufferException if it cannot be written to
    public int receive(ByteBuffer target, int flags, long timeoutNs) {
        if (target.isReadOnly()) {
            throw new ReadOnlyBufferException();
        }
        if (target.hasArray()) {
            int octets = receive(target.array(), target.arrayOffset() + target.position(), target.remaining(), flags, timeoutNs);
            if (octets > 0) {
                target.position(target.position() + octets);
            }
            return octets;
        }
        host.enter();
        try {
            return receiveDirect(target, flags, (flags & NEVER_WAITING) != 0 ? 0 : timeoutNs);
        } finally {
            host.leave();
        }
    }

    private int receiveDirect(ByteBuffer target, int flags, long wait) {
        byte[] scratch = host.scratch();
        long deadlineNs = 0;
        while (true) {
            int octets = receiveLoop(scratch, 0, Math.min(target.remaining(), scratch.length), flags, 0);
            if (octets > 0) {
                target.put(scratch, 0, octets);
            }
            if (octets != -Errno.EAGAIN || wait == 0) {
                return octets;
            }
            deadlineNs = deadlineNs == 0 ? receiveDeadline(wait) : deadlineNs;
            int outcome = blockUnlessClosed(InetSocket.POLLIN | InetSocket.POLLRDHUP, deadlineNs);
            if (outcome < 0) {
                return outcome;
            }
        }
    }

    /// Octets received and not yet read (SIOCINQ).
    public int unreadOctets() {
        host.lock();
        try {
            return tcp.unreadOctets();
        } finally {
            host.unlock();
        }
    }

    /// After something was sent, an error or a closed direction ends the call with the count; the error is for the next call.
    private boolean sendMustStop() {
        return tcp.pendingError() != 0 || (tcp.shutdownMask() & InetSocket.SEND_SHUTDOWN) != 0;
    }

    private boolean receiveMustStop() {
        return tcp.unreadOctets() == 0 && (tcp.pendingError() != 0 || (tcp.shutdownMask() & InetSocket.RCV_SHUTDOWN) != 0);
    }

    @Override
    int bindCore(long high, long low, int port) {
        return tcp.bind(high, low, port);
    }

    @Override
    int disconnectCore() {
        return tcp.disconnect();
    }

    @Override
    int shutdownCore(int how) {
        return tcp.shutdown(how);
    }

    @Override
    int closeCore() {
        return tcp.close();
    }

    @Override
    void abortCore() {
        tcp.abort();
    }

    @Override
    void lingerCore() {
        int seconds = tcp.lingerSeconds();
        if (seconds <= 0) {
            return;
        }
        long deadlineNs = deadlineOf(seconds * NANOS_PER_SECOND);
        while (!tcp.closeDone()) {
            if (block(InetSocket.POLLHUP, deadlineNs) < 0) {
                return;
            }
        }
    }

    @Override
    int setOptionCore(int level, int name, byte[] value, int offset, int length) {
        return tcp.setOption(level, name, value, offset, length);
    }

    @Override
    int getOptionCore(int level, int name, byte[] out, int offset, int room) {
        return tcp.getOption(level, name, out, offset, room);
    }

    @Override
    int setIntCore(int level, int name, int value) {
        return tcp.setInt(level, name, value);
    }

    @Override
    int getIntCore(int level, int name) {
        return tcp.getInt(level, name);
    }

    static HostTcpSocket open(Host host, int domain, Owner owner) {
        host.enter();
        try {
            return new HostTcpSocket(host, host.engine().tcpSocket(domain, owner));
        } finally {
            host.leave();
        }
    }
}
