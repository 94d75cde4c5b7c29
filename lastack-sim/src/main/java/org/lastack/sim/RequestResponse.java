package org.lastack.sim;

import org.jspecify.annotations.Nullable;
import org.lastack.core.Errno;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.Owner;
import org.lastack.core.tcp.TcpSocket;
import org.lastack.core.tcp.TcpState;
import org.lastack.wire.IpAddress;

/// A client and a server that exchange messages of fixed sizes, one at a time.
public final class RequestResponse extends SimApp {
    private final TcpSocket listener;
    private final SimHost client;
    private final int requestOctets;
    private final int responseOctets;
    private final long rounds;
    private final byte[] buffer = new byte[Pattern.longest()];
    private @Nullable Peer asking;
    private long completed;
    private int failure;

    /// The server listens at once; [#start] begins asking.
    public RequestResponse(SimHost client, SimHost server, int port, int requestOctets, int responseOctets, long rounds) {
        super(server);
        this.client = client;
        this.requestOctets = requestOctets;
        this.responseOctets = responseOctets;
        this.rounds = rounds;
        listener = server.engine().tcpSocket(server.address().isV4() ? InetSocket.AF_INET : InetSocket.AF_INET6, Owner.ROOT);
        listener.events(this);
        server.call(() -> {
            require(listener.bind(server.address().high(), server.address().low(), port));
            require(listener.listen(1));
        });
    }

    private static void require(int result) {
        if (result < 0) {
            throw new IllegalStateException(Errno.name(result));
        }
    }

    /// Connects and sends the first request.
    public RequestResponse start() {
        client.call(() -> {
            IpAddress to = host().address();
            TcpSocket socket = client.engine().tcpSocket(to.isV4() ? InetSocket.AF_INET : InetSocket.AF_INET6, Owner.ROOT);
            asking = new Peer(client, socket, responseOctets, requestOctets, true);
            int result = socket.connect(to.high(), to.low(), listener.localPort());
            if (result < 0 && result != -Errno.EINPROGRESS) {
                failure = -result;
            }
        });
        return this;
    }

    /// Responses that arrived in full.
    public long completed() {
        return completed;
    }

    /// The errno that ended the exchange, 0 = none.
    public int failure() {
        return failure;
    }

    @Override
    protected void run() {
        TcpSocket socket;
        while ((socket = listener.accept()) != null) {
            new Peer(host(), socket, requestOctets, responseOctets, false).run();
        }
    }

    private final class Peer extends SimApp {
        private final TcpSocket socket;
        private final int messageOctets;
        private final int answerOctets;
        private final boolean asks;
        private int missing;
        private int unsent;
        private boolean begun;
        private boolean done;

        Peer(SimHost host, TcpSocket socket, int messageOctets, int answerOctets, boolean asks) {
            super(host);
            this.socket = socket;
            this.messageOctets = messageOctets;
            this.answerOctets = answerOctets;
            this.asks = asks;
            this.missing = messageOctets;
            socket.events(this);
        }

        @Override
        protected void run() {
            if (done || socket.state() == TcpState.SYN_SENT && socket.pendingError() == 0) {
                return;
            }
            if (asks && !begun) {
                begun = true;
                unsent = answerOctets;
            }
            answer();
            int n = 0;
            while (!done && (n = socket.receive(buffer, 0, Math.min(missing, buffer.length), 0)) > 0) {
                missing -= n;
                if (missing == 0) {
                    missing = messageOctets;
                    turn();
                }
            }
            if (!done && n != -Errno.EAGAIN) {
                failure = n < 0 ? -n : failure;
                end();
            }
        }

        private void turn() {
            if (asks && ++completed == rounds) {
                end();
                return;
            }
            unsent = answerOctets;
            answer();
        }

        private void answer() {
            while (unsent > 0) {
                int n = socket.send(Pattern.octets(), 0, Math.min(unsent, Pattern.longest()), 0);
                if (n < 0) {
                    return;
                }
                unsent -= n;
            }
        }

        private void end() {
            done = true;
            socket.close();
        }
    }
}
