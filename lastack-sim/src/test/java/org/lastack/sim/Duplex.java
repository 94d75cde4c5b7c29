package org.lastack.sim;

import org.jspecify.annotations.Nullable;
import org.lastack.core.Errno;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.Owner;
import org.lastack.core.tcp.TcpSocket;
import org.lastack.core.tcp.TcpState;

/// One end of a connection that sends so much, reads and compares so much, and closes: at once when all is sent, or only after the peer has.
final class Duplex extends SimApp {
    private final long toSend;
    private final long toRead;
    private final boolean closesFirst;
    private final byte[] buffer = new byte[Pattern.longest()];
    private @Nullable TcpSocket socket;
    private @Nullable TcpSocket listener;
    private long sent;
    private long read;
    private boolean shut;
    private boolean ended;
    private boolean done;
    private int failure;

    Duplex(SimHost host, long toSend, long toRead, boolean closesFirst) {
        super(host);
        this.toSend = toSend;
        this.toRead = toRead;
        this.closesFirst = closesFirst;
    }

    private TcpSocket open(int localPort) {
        TcpSocket s = host().engine().tcpSocket(host().address().isV4() ? InetSocket.AF_INET : InetSocket.AF_INET6, Owner.ROOT);
        require(s.bind(host().address().high(), host().address().low(), localPort));
        s.events(this);
        return s;
    }

    Duplex congestionControl(String name) {
        host().engine().sysctls().congestionControl(name);
        return this;
    }

    Duplex listen(int port) {
        host().call(() -> {
            TcpSocket s = open(port);
            require(s.listen(1));
            listener = s;
        });
        return this;
    }

    Duplex connect(SimHost to, int localPort, int port) {
        host().simulation().after(0, () -> host().call(() -> {
            TcpSocket s = open(localPort);
            socket = s;
            int result = s.connect(to.address().high(), to.address().low(), port);
            if (result != -Errno.EINPROGRESS) {
                require(result);
            }
        }));
        return this;
    }

    private static void require(int result) {
        if (result < 0) {
            throw new IllegalStateException(Errno.name(result));
        }
    }

    boolean done() {
        return done;
    }

    /// All was read as it was sent, to the end, and no error was seen.
    boolean whole() {
        return done && failure == 0 && read == toRead && sent == toSend;
    }

    @Override
    public String toString() {
        return host() + " sent " + sent + "/" + toSend + " read " + read + "/" + toRead + (failure == 0 ? "" : " " + Errno.name(failure)) + " " + socket;
    }

    @Override
    protected void run() {
        TcpSocket s = socket;
        if (s == null) {
            TcpSocket waiting = listener;
            s = waiting == null ? null : waiting.accept();
            if (waiting == null || s == null) {
                return;
            }
            s.events(this);
            socket = s;
            waiting.close();
        }
        if (done || (s.state() == TcpState.SYN_SENT || s.state() == TcpState.SYN_RECEIVED) && s.pendingError() == 0) {
            return;
        }
        write(s);
        consume(s);
        if (!done && sent == toSend && !shut && (closesFirst || ended)) {
            shut = true;
            fail(s.shutdown(InetSocket.SHUT_WR));
        }
        if (!done && ended && shut) {
            done = true;
            s.close();
        }
    }

    private void write(TcpSocket s) {
        while (!done && sent < toSend) {
            int n = s.send(Pattern.octets(), Pattern.index(sent), (int) Math.min(toSend - sent, Pattern.longest()), 0);
            if (n == -Errno.EAGAIN) {
                return;
            }
            fail(n);
            sent += Math.max(0, n);
        }
    }

    private void consume(TcpSocket s) {
        while (!done && !ended) {
            int n = s.receive(buffer, 0, buffer.length, 0);
            if (n == -Errno.EAGAIN) {
                return;
            }
            fail(n);
            if (n > 0) {
                Pattern.compare(buffer, n, read);
                read += n;
            } else if (n == 0) {
                ended = true;
            }
        }
    }

    private void fail(int result) {
        if (result < 0 && !done) {
            failure = -result;
            done = true;
            TcpSocket s = socket;
            if (s != null) {
                s.close();
            }
        }
    }
}
