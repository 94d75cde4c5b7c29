package org.lastack.sim;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.lastack.core.Errno;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.Owner;
import org.lastack.core.tcp.TcpSocket;
import org.lastack.core.tcp.TcpState;
import org.lastack.wire.IpAddress;

/// Connects and sends as much as the connection takes, then closes; reads and compares nothing.
public final class BulkSender extends SimApp {
    private static final int IPPROTO_TCP = 6;
    private static final int TCP_CONGESTION = 13;
    private static final int TCP_NOTSENT_LOWAT = 25;
    private static final int LEAST_WAITING = 16_384;

    private final IpAddress to;
    private final int port;
    private final long octets;
    private String congestionControl = "";
    private int localPort;
    private boolean abortive;
    private @Nullable TcpSocket socket;
    private byte[] drain = new byte[0];
    private int mostWaiting;
    private long sent;
    private boolean shut;
    private boolean closed;
    private int failure;

    /// @param octets how much to send; `Long.MAX_VALUE` = until the simulation ends
    public BulkSender(SimHost host, IpAddress to, int port, long octets) {
        super(host);
        this.to = to;
        this.port = port;
        this.octets = octets;
    }

    /// The TCP_CONGESTION name; the host's default if not called.
    public BulkSender congestionControl(String name) {
        congestionControl = name;
        return this;
    }

    /// The local port; the host chooses if not called.
    public BulkSender from(int port) {
        localPort = port;
        return this;
    }

    /// Closes without waiting for the peer's FIN to be read: for simultaneous closes.
    public BulkSender closeAtOnce() {
        abortive = true;
        return this;
    }

    /// Connects after that time.
    public BulkSender start(long delayNs) {
        host().simulation().after(delayNs, () -> host().call(this::connect));
        return this;
    }

    private void connect() {
        TcpSocket s = host().engine().tcpSocket(to.isV4() ? InetSocket.AF_INET : InetSocket.AF_INET6, Owner.ROOT);
        socket = s;
        s.events(this);
        if (!congestionControl.isEmpty()) {
            byte[] name = congestionControl.getBytes(StandardCharsets.US_ASCII);
            require(s.setOption(IPPROTO_TCP, TCP_CONGESTION, name, 0, name.length));
        }
        if (localPort != 0) {
            require(s.bind(host().address().high(), host().address().low(), localPort));
        }
        int result = s.connect(to.high(), to.low(), port);
        if (result < 0 && result != -Errno.EINPROGRESS) {
            fail(-result);
        }
    }

    private void require(int result) {
        if (result < 0) {
            throw new IllegalStateException(host() + ": " + Errno.name(result));
        }
    }

    @Override
    protected void run() {
        TcpSocket s = socket;
        if (s == null || closed) {
            return;
        }
        if (s.pendingError() != 0) {
            fail(s.takeError());
            return;
        }
        if (s.state() == TcpState.SYN_SENT) {
            return;
        }
        push(s);
        if (sent == octets && !closed) {
            end(s);
        }
    }

    /// What waits unsent is kept to about two windows, so that a thousand flows fit into memory.
    private void keepLittleWaiting(TcpSocket s) {
        int enough = Math.max(LEAST_WAITING, Integer.highestOneBit(Math.min(s.congestionWindow(), 1 << 14)) << 12);
        if (enough != mostWaiting) {
            mostWaiting = enough;
            require(s.setInt(IPPROTO_TCP, TCP_NOTSENT_LOWAT, enough));
        }
    }

    private void push(TcpSocket s) {
        keepLittleWaiting(s);
        while (sent < octets) {
            // Never 0: a socket that has enough says EAGAIN and tells when it wants more.
            int length = (int) Math.min(octets - sent, Math.clamp(mostWaiting - s.unsentOctets(), 1, Pattern.longest()));
            int n = s.send(Pattern.octets(), Pattern.index(sent), length, 0);
            if (n == -Errno.EAGAIN) {
                return;
            }
            if (n < 0) {
                fail(-n);
                return;
            }
            sent += n;
        }
    }

    private void end(TcpSocket s) {
        if (abortive) {
            s.close();
            closed = true;
            return;
        }
        if (!shut) {
            s.shutdown(InetSocket.SHUT_WR);
            shut = true;
        }
        if (drain.length == 0) {
            drain = new byte[Pattern.longest()];
        }
        int n;
        do {
            n = s.receive(drain, 0, drain.length, 0);
        } while (n > 0);
        if (n != -Errno.EAGAIN) {
            if (n < 0) {
                failure = -n;
            }
            s.close();
            closed = true;
        }
    }

    private void fail(int errno) {
        failure = errno;
        closed = true;
        TcpSocket s = socket;
        if (s != null) {
            s.close();
        }
    }

    /// The connection, null before it is opened.
    public @Nullable TcpSocket socket() {
        return socket;
    }

    /// Octets that the socket has taken.
    public long sent() {
        return sent;
    }

    /// All was sent and both directions are closed, or the connection has failed.
    public boolean closed() {
        return closed;
    }

    /// The errno that ended the connection, 0 = none.
    public int failure() {
        return failure;
    }

    /// The congestion window in segments; 0 before the connection is opened.
    public int cwnd() {
        TcpSocket s = socket;
        return s == null ? 0 : s.congestionWindow();
    }

    /// The smoothed round-trip time in microseconds; 0 before it was measured.
    public int rttUs() {
        TcpSocket s = socket;
        return s == null ? 0 : s.smoothedRttUs();
    }

    @Override
    public String toString() {
        return Arrays.toString(new Object[] {host(), to, port, sent + " of " + octets});
    }
}
