package org.lastack.net.conformance;

import static org.lastack.net.conformance.Conformance.same;
import static org.lastack.net.conformance.Stage.at;
import static org.lastack.net.conformance.Stage.octets;

import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What `java.nio.channels.ServerSocketChannel` and its `ServerSocket` specify.
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class ServerSocketChannelConformanceTest {
    private static final SocketAddress FOREIGN = new SocketAddress() { };
    private static final InetSocketAddress UNRESOLVED = InetSocketAddress.createUnresolved("nowhere.invalid", 1);
    private static final InetSocketAddress NOT_OURS = new InetSocketAddress("192.0.2.1", 0);

    private static void state(Stage s, ServerSocketChannel c) {
        s.see("isOpen", c::isOpen);
        s.see("isBlocking", c::isBlocking);
        s.see("isRegistered", c::isRegistered);
        s.see("validOps", c::validOps);
        s.see("local", c::getLocalAddress);
    }

    private static void everything(Stage s, ServerSocketChannel c) {
        s.see("bind unresolved", () -> c.bind(UNRESOLVED) == c);
        s.see("bind foreign", () -> c.bind(FOREIGN) == c);
        s.see("get null", () -> c.getOption(null));
        s.see("set null", () -> c.setOption(null, true));
        s.see("get unsupported", () -> c.getOption(StandardSocketOptions.TCP_NODELAY));
        s.see("set unsupported", () -> c.setOption(StandardSocketOptions.SO_LINGER, 1));
        s.see("get reuse", () -> c.getOption(StandardSocketOptions.SO_REUSEADDR));
        s.see("set reuse", () -> c.setOption(StandardSocketOptions.SO_REUSEADDR, false) == c);
        s.see("set reuse null", () -> c.setOption(StandardSocketOptions.SO_REUSEADDR, null) == c);
        s.see("set buffer negative", () -> c.setOption(StandardSocketOptions.SO_RCVBUF, -1) == c);
    }

    static void socket(Stage s, ServerSocket x) {
        s.see("bound", x::isBound);
        s.see("closed", x::isClosed);
        s.see("address", x::getInetAddress);
        s.see("port", () -> s.name(x.getLocalPort()));
        s.see("name", x::getLocalSocketAddress);
        s.see("timeout", x::getSoTimeout);
        s.see("reuse", x::getReuseAddress);
        s.see("text", x::toString);
    }

    @Test
    void fresh() throws Exception {
        same(s -> {
            ServerSocketChannel c = s.server();
            state(s, c);
            s.see("accept", c::accept);
            everything(s, c);
            c.configureBlocking(false);
            s.see("accept", c::accept);
            s.see("socket", () -> c.socket() == c.socket() && c.socket().getChannel() == c);
            s.see("provider", () -> c.provider() == s.provider());
        });
    }

    @Test
    void closed() throws Exception {
        same(s -> {
            ServerSocketChannel c = s.server();
            c.close();
            state(s, c);
            everything(s, c);
            s.see("accept", c::accept);
            s.see("bind", () -> c.bind(null));
            Selector selector = s.selector();
            s.see("register", () -> c.register(selector, SelectionKey.OP_ACCEPT));
            ServerSocketChannel bound = s.listener();
            s.see("was", bound::getLocalAddress);
            bound.close();
            state(s, bound);
            everything(s, bound);
            s.see("accept", bound::accept);
            s.see("bind", () -> bound.bind(null));
            socket(s, bound.socket());
        });
    }

    @Test
    void binding() throws Exception {
        same(s -> {
            ServerSocketChannel c = s.server();
            s.see("not ours", () -> c.bind(NOT_OURS));
            s.see("unresolved", () -> c.bind(UNRESOLVED));
            s.see("null", () -> c.bind(null) == c);
            state(s, c);
            s.see("again", () -> c.bind(null));
            s.see("again unresolved", () -> c.bind(UNRESOLVED));
            ServerSocketChannel same = s.server();
            s.see("in use", () -> same.bind(c.getLocalAddress(), 0));
            s.see("in use specific", () -> same.bind(at(Stage.port(c)), -1));
            s.see("still open", same::isOpen);
            s.see("unbound", same::getLocalAddress);
            s.see("other port", () -> same.bind(at(0)) == same);
            state(s, same);
            ServerSocketChannel v6 = s.server();
            s.see("v6", () -> v6.bind(new InetSocketAddress("::1", 0)).getLocalAddress());
            ServerSocketChannel any = s.server();
            s.see("0.0.0.0", () -> any.bind(new InetSocketAddress("0.0.0.0", 0)).getLocalAddress());
        });
    }

    @Test
    void accepting() throws Exception {
        same(s -> {
            ServerSocketChannel listener = s.listener();
            s.see("local", listener::getLocalAddress);
            listener.configureBlocking(false);
            s.see("none", listener::accept);
            Selector selector = s.selector();
            SelectionKey key = listener.register(selector, SelectionKey.OP_ACCEPT);
            s.see("none selected", selector::selectNow);
            SocketChannel one = s.socket();
            one.connect(listener.getLocalAddress());
            s.see("selected", selector::select);
            s.see("acceptable", key::isAcceptable);
            s.see("selected once", selector::selectNow);
            SocketChannel accepted = s.opened(listener.accept());
            s.see("blocking", accepted::isBlocking);
            s.see("open", accepted::isOpen);
            s.see("connected", accepted::isConnected);
            s.see("registered", accepted::isRegistered);
            s.see("remote", () -> accepted.getRemoteAddress().equals(one.getLocalAddress()));
            s.see("local", () -> accepted.getLocalAddress().equals(one.getRemoteAddress()));
            s.see("provider", () -> accepted.provider() == s.provider());
            s.see("none again", listener::accept);
            selector.selectedKeys().clear();
            s.see("none selected again", selector::selectNow);
            SocketChannel two = s.socket();
            two.connect(listener.getLocalAddress());
            two.write(octets(1, 2));
            two.close();
            s.see("closed peer is accepted", () -> {
                SocketChannel late = s.opened(listener.accept());
                return late.read(ByteBuffer.allocate(5)) + " " + late.read(ByteBuffer.allocate(5));
            });
            s.see("invalid interest", () -> key.interestOps(SelectionKey.OP_READ));
        });
    }

    @Test
    void blockedAccept() throws Exception {
        same(s -> {
            ServerSocketChannel c = s.listener();
            Stage.Blocked closing = s.blocked(c::accept);
            c.close();
            s.see("closed", closing::end);
            ServerSocketChannel d = s.listener();
            Stage.Blocked interrupting = s.blocked(d::accept);
            interrupting.thread().interrupt();
            s.see("interrupted", interrupting::end);
            s.see("open", d::isOpen);
            ServerSocketChannel e = s.listener();
            s.see("interrupted before", () -> s.interrupted(e::accept));
            s.see("open", e::isOpen);
            ServerSocketChannel f = s.listener();
            Stage.Blocked one = s.blocked(f::accept);
            Stage.Blocked two = s.blocked(f::accept);
            f.close();
            s.see("two", () -> one.end() + ", " + two.end());
            ServerSocketChannel g = s.listener();
            g.configureBlocking(false);
            s.see("non-blocking, interrupted", () -> s.interrupted(g::accept));
            s.see("open", g::isOpen);
        });
    }

    @Test
    void adaptor() throws Exception {
        same(s -> {
            ServerSocketChannel c = s.server();
            ServerSocket x = c.socket();
            socket(s, x);
            s.see("accept unbound", x::accept);
            s.run("bind unresolved", () -> x.bind(UNRESOLVED));
            s.run("bind foreign", () -> x.bind(FOREIGN));
            s.run("bind not ours", () -> x.bind(NOT_OURS));
            s.run("negative timeout", () -> x.setSoTimeout(-1));
            s.run("buffer 0", () -> x.setReceiveBufferSize(0));
            s.run("bind", () -> x.bind(null));
            s.run("bind again", () -> x.bind(null));
            s.run("bind again with backlog", () -> x.bind(at(0), 5));
            socket(s, x);
            s.run("timeout", () -> x.setSoTimeout(1));
            s.see("accept", x::accept);
            s.see("open", c::isOpen);
            c.configureBlocking(false);
            s.see("accept non-blocking", x::accept);
            s.see("option", () -> x.setOption(StandardSocketOptions.SO_REUSEADDR, true) == x);
            s.see("option null", () -> x.setOption(null, true));
            s.see("option unsupported", () -> x.getOption(StandardSocketOptions.TCP_NODELAY));
            x.close();
            x.close();
            s.see("channel open", c::isOpen);
            socket(s, x);
            s.see("accept", x::accept);
            s.run("bind", () -> x.bind(null));
            s.run("timeout", () -> x.setSoTimeout(1));
            s.run("negative timeout", () -> x.setSoTimeout(-1));
            s.run("reuse", () -> x.setReuseAddress(true));
            s.run("buffer", () -> x.setReceiveBufferSize(1000));
            s.run("buffer 0", () -> x.setReceiveBufferSize(0));
            s.see("get buffer", x::getReceiveBufferSize);
            s.see("get option", () -> x.getOption(StandardSocketOptions.SO_REUSEADDR));
            s.see("get option null", () -> x.getOption(null));
        });
    }

    @Test
    void adaptorAccepts() throws Exception {
        same(s -> {
            ServerSocketChannel c = s.listener();
            ServerSocket x = c.socket();
            x.setSoTimeout(60_000);
            SocketChannel client = s.socket();
            client.connect(c.getLocalAddress());
            s.see("accepts", () -> {
                SocketChannel accepted = s.opened(x.accept().getChannel());
                return accepted.isBlocking() + " " + accepted.isConnected();
            });
            Stage.Blocked timed = s.blocked(x::accept);
            c.close();
            s.see("closed", timed::end);
            ServerSocketChannel d = s.listener();
            Stage.Blocked untimed = s.blocked(() -> d.socket().accept());
            d.socket().close();
            s.see("closed", untimed::end);
            ServerSocketChannel e = s.listener();
            Stage.Blocked interrupted = s.blocked(() -> e.socket().accept());
            interrupted.thread().interrupt();
            s.see("interrupted", interrupted::end);
            s.see("open", e::isOpen);
            ServerSocketChannel f = s.listener();
            f.socket().setSoTimeout(60_000);
            Stage.Blocked both = s.blocked(() -> f.socket().accept());
            both.thread().interrupt();
            s.see("interrupted with time-out", both::end);
            s.see("open", f::isOpen);
        });
    }
}
