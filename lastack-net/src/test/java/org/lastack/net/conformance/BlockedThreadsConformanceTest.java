package org.lastack.net.conformance;

import static org.lastack.net.conformance.Conformance.same;
import static org.lastack.net.conformance.Stage.octets;

import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SocketChannel;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Closing, shutting down and interrupting while a thread is inside, for each call that can wait: `InterruptibleChannel`,
/// `AsynchronousCloseException`, `ClosedByInterruptException`.
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class BlockedThreadsConformanceTest {
    private static Object fill(SocketChannel c) throws Exception {
        ByteBuffer large = ByteBuffer.allocate(1 << 20);
        while (true) {
            c.write(large.clear());
        }
    }

    private static Object fillGathering(SocketChannel c) throws Exception {
        ByteBuffer[] both = {ByteBuffer.allocate(1 << 19), ByteBuffer.allocateDirect(1 << 19)};
        while (true) {
            c.write(new ByteBuffer[] {both[0].clear(), both[1].clear()});
        }
    }

    /// A write that had taken something may say how much instead: the next call fails then, so filling goes on until it does.
    @Test
    void closing() throws Exception {
        same(s -> {
            Stage.Pair p = s.pair();
            Stage.Blocked read = s.blocked(() -> p.client().read(ByteBuffer.allocate(1)));
            p.client().close();
            s.see("read", read::end);
            Stage.Pair q = s.pair();
            Stage.Blocked scatter = s.blocked(() -> q.client().read(new ByteBuffer[] {ByteBuffer.allocate(1), ByteBuffer.allocateDirect(1)}));
            q.client().close();
            s.see("scatter", scatter::end);
            Stage.Pair r = s.pair();
            Stage.Blocked write = s.blocked(() -> fill(r.client()));
            r.client().close();
            s.see("write", () -> write.end().replace("AsynchronousCloseException", "ClosedChannelException"));
            Stage.Pair t = s.pair();
            Stage.Blocked gather = s.blocked(() -> fillGathering(t.client()));
            t.client().close();
            s.see("gather", () -> gather.end().replace("AsynchronousCloseException", "ClosedChannelException"));
            Stage.Pair both = s.pair();
            Stage.Blocked one = s.blocked(() -> both.client().read(ByteBuffer.allocate(1)));
            Stage.Blocked two = s.blocked(() -> fill(both.client()));
            both.client().close();
            s.see("both", () -> one.end() + ", " + two.end().replace("AsynchronousCloseException", "ClosedChannelException"));
            Stage.Pair queue = s.pair();
            Stage.Blocked first = s.blocked(() -> queue.client().read(ByteBuffer.allocate(1)));
            Stage.Blocked second = s.blocked(() -> queue.client().read(ByteBuffer.allocate(1)));
            queue.client().close();
            s.see("two readers", () -> first.end() + ", " + second.end());
        });
    }

    @Test
    void interrupting() throws Exception {
        same(s -> {
            Stage.Pair p = s.pair();
            Stage.Blocked read = s.blocked(() -> p.client().read(ByteBuffer.allocate(1)));
            read.thread().interrupt();
            s.see("read", read::end);
            s.see("open", p.client()::isOpen);
            s.see("peer", () -> p.server().read(ByteBuffer.allocate(1)));
            Stage.Pair r = s.pair();
            Stage.Blocked write = s.blocked(() -> fill(r.client()));
            write.thread().interrupt();
            s.see("write", write::end);
            s.see("open", r.client()::isOpen);
            Stage.Pair before = s.pair();
            s.see("before read", () -> s.interrupted(() -> before.client().read(ByteBuffer.allocate(1))));
            s.see("open", before.client()::isOpen);
            s.see("after it", () -> s.interrupted(() -> before.client().read(ByteBuffer.allocate(1))));
            Stage.Pair w = s.pair();
            s.see("before write", () -> s.interrupted(() -> w.client().write(octets(1))));
            s.see("open", w.client()::isOpen);
            Stage.Pair n = s.pair();
            n.client().configureBlocking(false);
            s.see("non-blocking read", () -> s.interrupted(() -> n.client().read(ByteBuffer.allocate(1))));
            s.see("non-blocking write", () -> s.interrupted(() -> n.client().write(octets(1))));
            s.see("open", n.client()::isOpen);
            SocketChannel c = s.socket();
            s.see("before connect", () -> s.interrupted(() -> c.connect(s.listener().getLocalAddress())));
            s.see("open", c::isOpen);
            Stage.Pair data = s.pair();
            data.server().write(octets(1));
            s.awaitReadable(data.client());
            s.see("before read with data", () -> s.interrupted(() -> data.client().read(ByteBuffer.allocate(1))));
            Stage.Pair other = s.pair();
            Stage.Blocked innocent = s.blocked(() -> other.client().read(ByteBuffer.allocate(1)));
            Stage.Blocked victim = s.blocked(() -> fill(other.client()));
            victim.thread().interrupt();
            s.see("who was interrupted", victim::end);
            s.see("who was not", innocent::end);
        });
    }

    @Test
    void connecting() throws Exception {
        same(s -> {
            SocketChannel c = s.pending();
            c.configureBlocking(true);
            Stage.Blocked finishing = s.blocked(c::finishConnect);
            finishing.thread().interrupt();
            s.see("finishConnect interrupted", finishing::end);
            s.see("open", c::isOpen);
            SocketChannel d = s.pending();
            InetSocketAddress full = (InetSocketAddress) d.getRemoteAddress();
            SocketChannel e = s.socket();
            Stage.Blocked connecting = s.blocked(() -> e.connect(full));
            s.see("pending", e::isConnectionPending);
            e.close();
            s.see("connect closed", connecting::end);
            SocketChannel f = s.socket();
            Stage.Blocked second = s.blocked(() -> f.connect(full));
            second.thread().interrupt();
            s.see("connect interrupted", second::end);
            s.see("open", f::isOpen);
            s.see("pending", f::isConnectionPending);
            SocketChannel g = s.socket();
            s.run("adaptor connect with time-out", () -> g.socket().connect(full, 1));
            s.see("open", g::isOpen);
            SocketChannel h = s.socket();
            Stage.Blocked third = s.blocked(() -> {
                h.socket().connect(full, 60_000);
                return "connected";
            });
            h.close();
            s.see("adaptor connect closed", third::end);
            SocketChannel i = s.socket();
            Stage.Blocked fourth = s.blocked(() -> {
                i.socket().connect(full);
                return "connected";
            });
            fourth.thread().interrupt();
            s.see("adaptor connect interrupted", fourth::end);
            s.see("open", i::isOpen);
        });
    }

    @Test
    void shuttingDown() throws Exception {
        same(s -> {
            Stage.Pair p = s.pair();
            Stage.Blocked read = s.blocked(() -> p.client().read(ByteBuffer.allocate(1)));
            p.client().shutdownInput();
            s.see("read", read::end);
            Stage.Pair q = s.pair();
            Stage.Blocked write = s.blocked(() -> fill(q.client()));
            q.client().shutdownOutput();
            s.see("write", () -> write.end().replace("AsynchronousCloseException", "ClosedChannelException"));
            s.see("open", q.client()::isOpen);
            Stage.Pair r = s.pair();
            Stage.Blocked ended = s.blocked(() -> r.client().read(ByteBuffer.allocate(1)));
            r.server().shutdownOutput();
            s.see("peer shuts down", ended::end);
            Stage.Pair t = s.pair();
            Stage.Blocked waiting = s.blocked(() -> t.client().read(ByteBuffer.allocate(1)));
            t.server().setOption(java.net.StandardSocketOptions.SO_LINGER, 0);
            t.server().close();
            s.see("peer resets", waiting::end);
        });
    }

    @Test
    void datagrams() throws Exception {
        same(s -> {
            DatagramChannel c = s.datagram().bind(null);
            Stage.Blocked receive = s.blocked(() -> c.receive(ByteBuffer.allocate(1)));
            c.close();
            s.see("receive closed", receive::end);
            DatagramChannel d = s.datagram().bind(null);
            Stage.Blocked interrupted = s.blocked(() -> d.receive(ByteBuffer.allocate(1)));
            interrupted.thread().interrupt();
            s.see("receive interrupted", interrupted::end);
            s.see("open", d::isOpen);
            DatagramChannel e = s.datagram().connect(new InetSocketAddress(Stage.loopback(), 9));
            Stage.Blocked read = s.blocked(() -> e.read(ByteBuffer.allocate(1)));
            e.close();
            s.see("read closed", read::end);
            DatagramChannel f = s.datagram().bind(null);
            s.see("interrupted before", () -> s.interrupted(() -> f.receive(ByteBuffer.allocate(1))));
            DatagramChannel g = s.datagram().bind(null);
            s.see("send interrupted before", () -> s.interrupted(() -> g.send(octets(1), new InetSocketAddress(Stage.loopback(), 9))));
            s.see("open", g::isOpen);
            DatagramChannel h = s.datagram().bind(null);
            Stage.Blocked adaptor = s.blocked(() -> {
                h.socket().receive(new java.net.DatagramPacket(new byte[1], 1));
                return "received";
            });
            h.socket().close();
            s.see("adaptor closed", adaptor::end);
            DatagramChannel i = s.datagram().bind(null);
            i.socket().setSoTimeout(60_000);
            Stage.Blocked timed = s.blocked(() -> {
                i.socket().receive(new java.net.DatagramPacket(new byte[1], 1));
                return "received";
            });
            timed.thread().interrupt();
            s.see("adaptor interrupted", timed::end);
            s.see("open", i::isOpen);
        });
    }

    @Test
    void adaptors() throws Exception {
        same(s -> {
            Stage.Pair p = s.pair();
            Stage.Blocked read = s.blocked(() -> p.client().socket().getInputStream().read());
            p.client().socket().close();
            s.see("read closed", read::end);
            Stage.Pair q = s.pair();
            q.client().socket().setSoTimeout(60_000);
            Stage.Blocked timed = s.blocked(() -> q.client().socket().getInputStream().read());
            q.client().close();
            s.see("timed read closed", timed::end);
            Stage.Pair r = s.pair();
            Stage.Blocked interrupted = s.blocked(() -> r.client().socket().getInputStream().read());
            interrupted.thread().interrupt();
            s.see("read interrupted", interrupted::end);
            s.see("open", r.client()::isOpen);
            Stage.Pair t = s.pair();
            t.client().socket().setSoTimeout(60_000);
            Stage.Blocked both = s.blocked(() -> t.client().socket().getInputStream().read());
            both.thread().interrupt();
            s.see("timed read interrupted", both::end);
            s.see("open", t.client()::isOpen);
            Stage.Pair u = s.pair();
            Stage.Blocked shut = s.blocked(() -> u.client().socket().getInputStream().read());
            u.client().socket().shutdownInput();
            s.see("read shut down", shut::end);
            Stage.Pair v = s.pair();
            Stage.Blocked write = s.blocked(() -> {
                v.client().socket().getOutputStream().write(new byte[50_000_000]);
                return "written";
            });
            v.client().close();
            s.see("write closed", write::end);
        });
    }

    /// A thread that waits in the adaptor's input stream holds up neither a writer nor the channel's other calls.
    @Test
    void fullDuplex() throws Exception {
        same(s -> {
            Stage.Pair p = s.pair();
            Socket client = p.client().socket();
            Stage.Blocked read = s.blocked(() -> client.getInputStream().read());
            s.run("write", () -> client.getOutputStream().write(7));
            s.see("arrives", () -> p.server().read(ByteBuffer.allocate(1)));
            s.see("write by channel", () -> p.client().write(octets(1)));
            s.see("option", () -> client.getTcpNoDelay());
            s.see("input shut", client::isInputShutdown);
            p.server().write(octets(9));
            s.see("read", read::end);
        });
    }

    @Test
    void plainSockets() throws Exception {
        same(s -> {
            java.net.ServerSocket server = s.plainServer();
            server.bind(new InetSocketAddress(Stage.loopback(), 0));
            Stage.Blocked accept = s.blocked(server::accept);
            server.close();
            s.see("accept closed", accept::end);
            java.net.ServerSocket again = s.plainServer();
            again.bind(new InetSocketAddress(Stage.loopback(), 0));
            Stage.Blocked interrupted = s.blocked(again::accept);
            interrupted.thread().interrupt();
            s.see("accept interrupted", interrupted::end);
            s.see("closed", again::isClosed);
            java.net.ServerSocket third = s.plainServer();
            third.bind(new InetSocketAddress(Stage.loopback(), 0));
            Socket client = s.plainSocket();
            client.connect(third.getLocalSocketAddress());
            Socket accepted = s.opened(third.accept());
            Stage.Blocked read = s.blocked(() -> client.getInputStream().read());
            client.close();
            s.see("read closed", read::end);
            s.see("peer", () -> accepted.getInputStream().read());
            Socket second = s.plainSocket();
            second.connect(third.getLocalSocketAddress());
            s.opened(third.accept());
            Stage.Blocked reading = s.blocked(() -> second.getInputStream().read());
            reading.thread().interrupt();
            s.see("read interrupted", reading::end);
            s.see("closed", second::isClosed);
            Socket shut = s.plainSocket();
            shut.connect(third.getLocalSocketAddress());
            s.opened(third.accept());
            Stage.Blocked ending = s.blocked(() -> shut.getInputStream().read());
            shut.shutdownInput();
            s.see("read shut down", ending::end);
        });
    }
}
