package org.lastack.net.conformance;

import static org.lastack.net.conformance.Conformance.same;
import static org.lastack.net.conformance.Stage.at;
import static org.lastack.net.conformance.Stage.octets;

import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What `java.net.Socket` specifies: of the adaptor of a channel, and of plain sockets over a factory.
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class SocketAdaptorConformanceTest {
    private static final SocketAddress FOREIGN = new SocketAddress() { };
    private static final InetSocketAddress UNRESOLVED = InetSocketAddress.createUnresolved("nowhere.invalid", 1);

    private static void state(Stage s, Socket x) {
        s.see("bound", x::isBound);
        s.see("connected", x::isConnected);
        s.see("closed", x::isClosed);
        s.see("input shut", x::isInputShutdown);
        s.see("output shut", x::isOutputShutdown);
        s.see("local port", () -> s.name(x.getLocalPort()));
        s.see("port", () -> s.name(x.getPort()));
        s.see("address", x::getInetAddress);
        s.see("local address", x::getLocalAddress);
        s.see("local", x::getLocalSocketAddress);
        s.see("remote", x::getRemoteSocketAddress);
        s.see("text", x::toString);
    }

    private static void options(Stage s, Socket x) {
        s.see("no delay", x::getTcpNoDelay);
        s.see("linger", x::getSoLinger);
        s.see("oob", x::getOOBInline);
        s.see("timeout", x::getSoTimeout);
        s.see("keep alive", x::getKeepAlive);
        s.see("tos", x::getTrafficClass);
        s.see("reuse", x::getReuseAddress);
        s.run("set no delay", () -> x.setTcpNoDelay(true));
        s.run("set linger", () -> x.setSoLinger(true, 5));
        s.see("linger", x::getSoLinger);
        s.run("set long linger", () -> x.setSoLinger(true, 100_000));
        s.see("linger", x::getSoLinger);
        s.run("linger off", () -> x.setSoLinger(false, -5));
        s.see("linger", x::getSoLinger);
        s.run("linger -1", () -> x.setSoLinger(true, -1));
        s.run("set oob", () -> x.setOOBInline(true));
        s.run("set timeout", () -> x.setSoTimeout(10));
        s.run("timeout -1", () -> x.setSoTimeout(-1));
        s.run("timeout 0", () -> x.setSoTimeout(0));
        s.run("send buffer", () -> x.setSendBufferSize(20_000));
        s.see("send buffer", x::getSendBufferSize);
        s.run("send buffer 0", () -> x.setSendBufferSize(0));
        s.run("receive buffer", () -> x.setReceiveBufferSize(20_000));
        s.see("receive buffer", x::getReceiveBufferSize);
        s.run("receive buffer -1", () -> x.setReceiveBufferSize(-1));
        s.run("keep alive", () -> x.setKeepAlive(true));
        s.run("tos", () -> x.setTrafficClass(8));
        s.see("tos", x::getTrafficClass);
        s.run("tos 256", () -> x.setTrafficClass(256));
        s.run("reuse", () -> x.setReuseAddress(true));
        s.run("preferences", () -> x.setPerformancePreferences(1, 2, 3));
        s.see("option", () -> x.setOption(StandardSocketOptions.SO_KEEPALIVE, false) == x);
        s.see("option", () -> x.getOption(StandardSocketOptions.SO_KEEPALIVE));
        s.see("option null", () -> x.getOption(null));
        s.see("set option null", () -> x.setOption(null, 1));
        s.see("option unsupported", () -> x.getOption(StandardSocketOptions.SO_BROADCAST));
        s.see("option unsupported", () -> x.setOption(StandardSocketOptions.SO_BROADCAST, true));
    }

    private static void fresh(Stage s, Socket x) {
        state(s, x);
        s.see("input", x::getInputStream);
        s.see("output", x::getOutputStream);
        s.run("shutdownInput", x::shutdownInput);
        s.run("shutdownOutput", x::shutdownOutput);
        s.run("urgent", () -> x.sendUrgentData(1));
        s.run("bind foreign", () -> x.bind(FOREIGN));
        s.run("bind unresolved", () -> x.bind(UNRESOLVED));
        s.run("bind not ours", () -> x.bind(new InetSocketAddress("192.0.2.1", 0)));
        s.run("connect null", () -> x.connect(null));
        s.run("connect timeout -1", () -> x.connect(at(9), -1));
        s.run("connect foreign", () -> x.connect(FOREIGN));
        state(s, x);
        options(s, x);
    }

    private static void closed(Stage s, Socket x) throws Exception {
        x.close();
        x.close();
        state(s, x);
        options(s, x);
        s.see("input", x::getInputStream);
        s.see("output", x::getOutputStream);
        s.run("shutdownInput", x::shutdownInput);
        s.run("shutdownOutput", x::shutdownOutput);
        s.run("urgent", () -> x.sendUrgentData(1));
        s.run("bind", () -> x.bind(null));
        s.run("connect", () -> x.connect(at(9)));
        s.run("connect null", () -> x.connect(null));
        s.run("connect unresolved", () -> x.connect(UNRESOLVED));
        s.see("channel", () -> x.getChannel() == null ? "none" : x.getChannel().isOpen());
    }

    @Test
    void freshAdaptor() throws Exception {
        same(s -> fresh(s, s.socket().socket()));
    }

    @Test
    void freshPlain() throws Exception {
        same(s -> fresh(s, s.plainSocket()));
    }

    @Test
    void closedAdaptor() throws Exception {
        same(s -> {
            closed(s, s.socket().socket());
            SocketChannel bound = s.socket();
            bound.bind(at(0));
            closed(s, bound.socket());
            closed(s, s.pair().client().socket());
        });
    }

    @Test
    void closedPlain() throws Exception {
        same(s -> {
            closed(s, s.plainSocket());
            Socket bound = s.plainSocket();
            bound.bind(at(0));
            closed(s, bound);
        });
    }

    @Test
    void refused() throws Exception {
        same(s -> {
            InetSocketAddress nobody = s.refusing();
            SocketChannel c = s.socket();
            s.run("adaptor", () -> c.socket().connect(nobody));
            s.see("open", c::isOpen);
            SocketChannel d = s.socket();
            s.run("adaptor with time-out", () -> d.socket().connect(nobody, 60_000));
            s.see("open", d::isOpen);
            SocketChannel e = s.socket();
            s.run("adaptor unresolved", () -> e.socket().connect(UNRESOLVED));
            s.see("open", e::isOpen);
            SocketChannel f = s.socket();
            f.configureBlocking(false);
            s.run("adaptor non-blocking", () -> f.socket().connect(nobody));
            s.see("open", f::isOpen);
            Socket plain = s.plainSocket();
            s.run("plain", () -> plain.connect(nobody));
            s.see("closed", plain::isClosed);
            Socket timed = s.plainSocket();
            s.run("plain with time-out", () -> timed.connect(nobody, 60_000));
            s.see("closed", timed::isClosed);
            Socket unresolved = s.plainSocket();
            s.run("plain unresolved", () -> unresolved.connect(UNRESOLVED));
            s.see("closed", unresolved::isClosed);
            InetSocketAddress full = (InetSocketAddress) s.pending().getRemoteAddress();
            Socket late = s.plainSocket();
            // Of this one the JDK's text is not always there.
            s.see("plain too late", () -> s.outcome(() -> {
                late.connect(full, 1);
                return "done";
            }).replaceAll("(Timeout\\w+).*", "$1"));
            s.see("closed", late::isClosed);
        });
    }

    private static void streams(Stage s, Socket a, Socket b) throws Exception {
        state(s, a);
        s.run("connect", () -> a.connect(at(9)));
        s.run("bind", () -> a.bind(null));
        InputStream in = a.getInputStream();
        OutputStream out = b.getOutputStream();
        s.see("available", in::available);
        out.write(new byte[] {1, 2, 3});
        s.see("read one", in::read);
        s.see("read none", () -> in.read(new byte[0]));
        s.see("read beyond", () -> in.read(new byte[1], 0, 2));
        s.see("read null", () -> in.read(null, 0, 1));
        s.see("read negative", () -> in.read(new byte[1], 0, -1));
        s.see("available", in::available);
        s.see("read", () -> in.read(new byte[5], 1, 4));
        s.run("write beyond", () -> out.write(new byte[1], 1, 1));
        s.run("write null", () -> out.write(null, 0, 1));
        s.run("write none", () -> out.write(new byte[0]));
        a.setSoTimeout(1);
        s.see("times out", in::read);
        s.see("times out again", () -> in.read(new byte[3]));
        s.see("closed", a::isClosed);
        a.setSoTimeout(0);
        out.write(9);
        s.see("goes on", in::read);
        s.run("urgent", () -> b.sendUrgentData(5));
        s.run("shutdownOutput", b::shutdownOutput);
        s.run("shutdownOutput again", b::shutdownOutput);
        s.see("output stream", b::getOutputStream);
        s.run("write", () -> out.write(1));
        s.run("urgent", () -> b.sendUrgentData(5));
        s.see("end", in::read);
        s.see("end again", () -> in.read(new byte[3]));
        s.see("available", in::available);
        s.run("other way", () -> a.getOutputStream().write(4));
        s.see("arrives", () -> b.getInputStream().read());
        s.run("shutdownInput", a::shutdownInput);
        s.run("shutdownInput again", a::shutdownInput);
        s.see("input stream", a::getInputStream);
        s.see("read", in::read);
        s.see("available", in::available);
        state(s, a);
        state(s, b);
        s.run("stream closes", in::close);
        state(s, a);
        s.see("read", in::read);
        s.see("read none", () -> in.read(new byte[0]));
        s.see("available", in::available);
        s.run("write", () -> a.getOutputStream().write(1));
        s.see("peer's end", () -> b.getInputStream().read());
    }

    /// What is done with the two ends of a connection.
    private interface Talk {
        void between(Stage s, Socket client, Socket accepted) throws Exception;
    }

    /// Sockets that are no adaptors of channels.
    private static void plain(Stage s, Talk talk) throws Exception {
        ServerSocket server = s.plainServer();
        server.bind(at(0));
        Socket client = s.plainSocket();
        client.connect(server.getLocalSocketAddress());
        talk.between(s, client, s.opened(server.accept()));
    }

    @Test
    void adaptorStreams() throws Exception {
        same(s -> {
            Stage.Pair p = s.pair();
            streams(s, p.client().socket(), p.server().socket());
        });
    }

    @Test
    void plainStreams() throws Exception {
        same(s -> plain(s, SocketAdaptorConformanceTest::streams));
    }

    @Test
    void adaptorOptions() throws Exception {
        same(s -> options(s, s.pair().client().socket()));
    }

    @Test
    void nonBlockingAdaptor() throws Exception {
        same(s -> {
            Stage.Pair p = s.pair();
            InputStream in = p.client().socket().getInputStream();
            OutputStream out = p.client().socket().getOutputStream();
            p.client().configureBlocking(false);
            s.see("read", in::read);
            s.run("write", () -> out.write(1));
            s.see("available", in::available);
            s.run("connect", () -> p.client().socket().connect(at(9)));
            s.see("read none", () -> in.read(new byte[0]));
            s.run("write none", () -> out.write(new byte[0]));
        });
    }

    private static void reset(Stage s, Socket a, Socket b) throws Exception {
        InputStream in = a.getInputStream();
        b.setSoLinger(true, 0);
        Stage.Blocked reading = s.blocked(in::read);
        b.close();
        s.see("read", reading::end);
        s.see("read again", in::read);
        s.see("available", in::available);
        s.run("write", () -> a.getOutputStream().write(1));
        s.run("write again", () -> a.getOutputStream().write(1));
        s.see("closed", a::isClosed);
        s.see("connected", a::isConnected);
        s.run("shutdownOutput", a::shutdownOutput);
        s.run("shutdownInput", a::shutdownInput);
    }

    @Test
    void adaptorReset() throws Exception {
        same(s -> {
            Stage.Pair p = s.pair();
            reset(s, p.client().socket(), p.server().socket());
        });
    }

    @Test
    void plainReset() throws Exception {
        same(s -> plain(s, SocketAdaptorConformanceTest::reset));
    }

    @Test
    void transfers() throws Exception {
        same(s -> {
            Stage.Pair p = s.pair();
            java.nio.file.Path file = java.nio.file.Files.createTempFile("transfer", null);
            try (java.nio.channels.FileChannel content = java.nio.channels.FileChannel.open(file, java.nio.file.StandardOpenOption.READ,
                    java.nio.file.StandardOpenOption.WRITE)) {
                content.write(ByteBuffer.allocate(10_000));
                s.see("to", () -> content.transferTo(100, 5000, p.client()));
                s.see("from", () -> content.transferFrom(p.server(), 10_000, 5000));
                s.see("size", content::size);
                p.client().shutdownOutput();
                s.see("to shut", () -> content.transferTo(0, 10, p.client()));
                s.see("from end", () -> content.transferFrom(p.server(), 0, 10));
                p.server().close();
                s.see("from closed", () -> content.transferFrom(p.server(), 0, 10));
                s.see("to closed", () -> content.transferTo(0, 10, p.server()));
            } finally {
                java.nio.file.Files.delete(file);
            }
            Stage.Pair q = s.pair();
            InputStream in = java.nio.channels.Channels.newInputStream(q.client());
            OutputStream out = java.nio.channels.Channels.newOutputStream(q.server());
            s.run("write", () -> out.write(octets(1, 2, 3).array()));
            s.see("read", in::read);
            s.see("read", () -> in.read(new byte[9]));
            q.client().configureBlocking(false);
            s.see("non-blocking", in::read);
        });
    }

    @Test
    void plainServer() throws Exception {
        same(s -> {
            ServerSocket x = s.plainServer();
            ServerSocketChannelConformanceTest.socket(s, x);
            s.see("accept unbound", x::accept);
            s.run("bind unresolved", () -> x.bind(UNRESOLVED));
            s.run("bind foreign", () -> x.bind(FOREIGN));
            s.run("bind not ours", () -> x.bind(new InetSocketAddress("192.0.2.1", 0)));
            s.run("timeout -1", () -> x.setSoTimeout(-1));
            s.run("buffer 0", () -> x.setReceiveBufferSize(0));
            s.run("bind", () -> x.bind(at(0)));
            s.run("bind again", () -> x.bind(at(0)));
            ServerSocketChannelConformanceTest.socket(s, x);
            ServerSocket same = s.plainServer();
            s.run("in use", () -> same.bind(x.getLocalSocketAddress()));
            s.see("bound", same::isBound);
            s.run("timeout", () -> x.setSoTimeout(1));
            s.see("accept", x::accept);
            s.see("option null", () -> x.getOption(null));
            s.see("option unsupported", () -> x.getOption(StandardSocketOptions.TCP_NODELAY));
            x.close();
            ServerSocketChannelConformanceTest.socket(s, x);
            s.see("accept", x::accept);
            s.run("bind", () -> x.bind(null));
            s.run("timeout", () -> x.setSoTimeout(1));
            s.see("buffer", x::getReceiveBufferSize);
            ServerSocket any = s.plainServer();
            s.run("bind null", () -> any.bind(null));
            ServerSocketChannelConformanceTest.socket(s, any);
        });
    }
}
