package org.lastack.net.conformance;

import static org.lastack.net.conformance.Conformance.same;
import static org.lastack.net.conformance.Stage.at;
import static org.lastack.net.conformance.Stage.octets;

import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What `java.nio.channels.SocketChannel` specifies, and what it leaves to the JDK's habit.
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class SocketChannelConformanceTest {
    private static final SocketAddress FOREIGN = new SocketAddress() { };
    private static final InetSocketAddress UNRESOLVED = InetSocketAddress.createUnresolved("nowhere.invalid", 1);
    private static final InetSocketAddress V6 = new InetSocketAddress("::1", 9);
    /// RFC 5737: documentation, so no address of ours.
    private static final InetSocketAddress NOT_OURS = new InetSocketAddress("192.0.2.1", 0);

    private static void state(Stage s, SocketChannel c) {
        s.see("isOpen", c::isOpen);
        s.see("isBlocking", c::isBlocking);
        s.see("isConnected", c::isConnected);
        s.see("isConnectionPending", c::isConnectionPending);
        s.see("isRegistered", c::isRegistered);
        s.see("validOps", c::validOps);
        s.see("local", c::getLocalAddress);
        s.see("remote", c::getRemoteAddress);
        s.see("text", c::toString);
    }

    /// Every operation that may be refused, with arguments good and bad: what is refused first is seen too.
    private static void everything(Stage s, SocketChannel c) {
        s.see("read", () -> c.read(ByteBuffer.allocate(1)));
        s.see("read empty", () -> c.read(ByteBuffer.allocate(0)));
        s.see("read null", () -> c.read((ByteBuffer) null));
        s.see("read read-only", () -> c.read(ByteBuffer.allocate(1).asReadOnlyBuffer()));
        s.see("scatter", () -> c.read(new ByteBuffer[] {ByteBuffer.allocate(1)}));
        s.see("scatter nothing", () -> c.read(new ByteBuffer[0]));
        s.see("scatter null", () -> c.read((ByteBuffer[]) null, 0, 0));
        s.see("scatter beyond", () -> c.read(new ByteBuffer[1], 0, 2));
        s.see("scatter negative", () -> c.read(new ByteBuffer[1], -1, 1));
        s.see("scatter null element", () -> c.read(new ByteBuffer[1]));
        s.see("scatter read-only", () -> c.read(new ByteBuffer[] {ByteBuffer.allocate(1).asReadOnlyBuffer()}));
        s.see("write", () -> c.write(ByteBuffer.allocate(1)));
        s.see("write null", () -> c.write((ByteBuffer) null));
        s.see("gather", () -> c.write(new ByteBuffer[] {ByteBuffer.allocate(1)}));
        s.see("gather null", () -> c.write((ByteBuffer[]) null, 0, 0));
        s.see("gather beyond", () -> c.write(new ByteBuffer[1], 1, 1));
        s.see("gather null element", () -> c.write(new ByteBuffer[1]));
        s.see("bind unresolved", () -> c.bind(UNRESOLVED) == c);
        s.see("bind foreign", () -> c.bind(FOREIGN) == c);
        s.see("connect null", () -> c.connect(null));
        s.see("connect unresolved", () -> c.connect(UNRESOLVED));
        s.see("connect foreign", () -> c.connect(FOREIGN));
        s.see("get null", () -> c.getOption(null));
        s.see("set null", () -> c.setOption(null, true));
        s.see("get unsupported", () -> c.getOption(StandardSocketOptions.SO_BROADCAST));
        s.see("set unsupported", () -> c.setOption(StandardSocketOptions.SO_BROADCAST, true));
        s.see("get option", () -> c.getOption(StandardSocketOptions.TCP_NODELAY));
        s.see("set option", () -> c.setOption(StandardSocketOptions.TCP_NODELAY, true) == c);
        s.see("set option null", () -> c.setOption(StandardSocketOptions.TCP_NODELAY, null) == c);
        s.see("local", c::getLocalAddress);
        s.see("remote", c::getRemoteAddress);
    }

    @Test
    void fresh() throws Exception {
        same(s -> {
            SocketChannel c = s.socket();
            state(s, c);
            everything(s, c);
            s.see("finishConnect", c::finishConnect);
            s.see("shutdownInput", c::shutdownInput);
            s.see("shutdownOutput", c::shutdownOutput);
            state(s, c);
            s.see("provider", () -> c.provider() == s.provider());
            s.see("socket", () -> c.socket() == c.socket());
            s.see("channel of socket", () -> c.socket().getChannel() == c);
        });
    }

    @Test
    void closed() throws Exception {
        same(s -> {
            SocketChannel c = s.socket();
            c.close();
            c.close();
            state(s, c);
            everything(s, c);
            s.see("bind", () -> c.bind(null));
            s.see("connect", () -> c.connect(at(9)));
            s.see("finishConnect", c::finishConnect);
            s.see("shutdownInput", c::shutdownInput);
            s.see("shutdownOutput", c::shutdownOutput);
            s.see("configureBlocking false", () -> c.configureBlocking(false));
            s.see("configureBlocking true", () -> c.configureBlocking(true));
            Selector selector = s.selector();
            s.see("register", () -> c.register(selector, SelectionKey.OP_READ));
            s.see("keyFor", () -> c.keyFor(selector));
        });
    }

    @Test
    void closedWhenConnected() throws Exception {
        same(s -> {
            Stage.Pair p = s.pair();
            p.client().close();
            state(s, p.client());
            everything(s, p.client());
            s.see("finishConnect", p.client()::finishConnect);
            s.see("shutdownInput", p.client()::shutdownInput);
            s.see("connect", () -> p.client().connect(at(9)));
            s.see("bind", () -> p.client().bind(null));
        });
    }

    @Test
    void connected() throws Exception {
        same(s -> {
            ServerSocketChannel listener = s.listener();
            s.see("listener", listener::getLocalAddress);
            SocketChannel c = s.socket();
            s.see("connect", () -> c.connect(listener.getLocalAddress()));
            SocketChannel accepted = s.opened(listener.accept());
            state(s, c);
            state(s, accepted);
            s.see("connect again", () -> c.connect(listener.getLocalAddress()));
            s.see("connect null", () -> c.connect(null));
            s.see("connect unresolved", () -> c.connect(UNRESOLVED));
            s.see("connect foreign", () -> c.connect(FOREIGN));
            s.see("finishConnect", c::finishConnect);
            s.see("bind", () -> c.bind(null));
            s.see("bind unresolved", () -> c.bind(UNRESOLVED));
            s.see("bind accepted", () -> accepted.bind(null));
            s.see("connect accepted", () -> accepted.connect(listener.getLocalAddress()));
            s.see("finishConnect accepted", accepted::finishConnect);
            state(s, c);
        });
    }

    @Test
    void binding() throws Exception {
        same(s -> {
            SocketChannel c = s.socket();
            s.see("unresolved", () -> c.bind(UNRESOLVED));
            s.see("foreign", () -> c.bind(FOREIGN));
            s.see("not ours", () -> c.bind(NOT_OURS));
            s.see("open", c::isOpen);
            s.see("null", () -> c.bind(null) == c);
            state(s, c);
            s.see("again", () -> c.bind(null));
            s.see("again unresolved", () -> c.bind(UNRESOLVED));
            SocketChannel specific = s.socket();
            s.see("loopback", () -> specific.bind(at(0)) == specific);
            state(s, specific);
            SocketChannel same = s.socket();
            s.see("in use", () -> same.bind(specific.getLocalAddress()));
            s.see("open", same::isOpen);
            s.see("other then", () -> same.bind(at(0)) == same);
            SocketChannel any = s.socket();
            s.see("wildcard v4", () -> any.bind(new InetSocketAddress("0.0.0.0", 0)).getLocalAddress());
            SocketChannel v4 = s.socket(StandardProtocolFamily.INET);
            s.see("v6 on v4", () -> v4.bind(V6));
            s.see("v4 any", () -> v4.bind(null).getLocalAddress());
            s.see("v4 connect v6", () -> v4.connect(V6));
            s.see("open", v4::isOpen);
            ServerSocketChannel listener = s.listener();
            s.see("bound connect", () -> specific.connect(listener.getLocalAddress()));
            s.see("port kept", specific::getLocalAddress);
        });
    }

    @Test
    void families() throws Exception {
        same(s -> {
            s.see("null", () -> s.socket(null));
            s.see("null server", () -> s.server(null));
            s.see("null datagram", () -> s.datagram(null));
            s.see("unix datagram", () -> s.datagram(StandardProtocolFamily.UNIX));
            s.see("unknown", () -> s.socket(() -> "APPLETALK"));
            SocketChannel v6 = s.socket(StandardProtocolFamily.INET6);
            s.see("v6 bind", () -> v6.bind(null).getLocalAddress());
            ServerSocketChannel listener = s.server(StandardProtocolFamily.INET);
            s.see("v4 server any", () -> listener.bind(null).getLocalAddress());
            s.see("v6 connects to v4", () -> v6.connect(at(Stage.port(listener))));
            s.see("v6 local", v6::getLocalAddress);
            s.see("v6 remote", v6::getRemoteAddress);
            SocketChannel accepted = s.opened(listener.accept());
            s.see("accepted", accepted::getRemoteAddress);
            ServerSocketChannel both = s.server(StandardProtocolFamily.INET6).bind(null);
            SocketChannel over6 = s.socket();
            s.see("over v6", () -> over6.connect(new InetSocketAddress("::1", Stage.port(both))));
            s.see("over v6 local", over6::getLocalAddress);
            s.see("over v6 accepted", () -> s.opened(both.accept()).getLocalAddress());
            SocketChannel over4 = s.socket(StandardProtocolFamily.INET);
            s.see("over v4", () -> over4.connect(at(Stage.port(both))));
            s.see("over v4 accepted", () -> s.opened(both.accept()).getLocalAddress());
            SocketChannel any = s.socket();
            s.see("to the wildcard", () -> any.connect(new InetSocketAddress("0.0.0.0", Stage.port(both))));
            s.see("to the wildcard, remote", any::getRemoteAddress);
            SocketChannel any6 = s.socket();
            s.see("to the v6 wildcard", () -> any6.connect(new InetSocketAddress("::", Stage.port(both))));
            s.see("to the v6 wildcard, remote", any6::getRemoteAddress);
        });
    }

    @Test
    void refusedBlocking() throws Exception {
        same(s -> {
            SocketChannel c = s.socket();
            InetSocketAddress nobody = s.refusing();
            s.see("connect", () -> c.connect(nobody));
            state(s, c);
            s.see("again", () -> c.connect(nobody));
            s.see("port 0", () -> s.socket().connect(at(0)));
            SocketChannel failing = s.socket();
            s.see("no connect to a v6 port", () -> failing.connect(new InetSocketAddress("::1", nobody.getPort())));
            s.see("closed", failing::isOpen);
            SocketChannel bad = s.socket();
            s.see("unresolved", () -> bad.connect(UNRESOLVED));
            s.see("foreign", () -> bad.connect(FOREIGN));
            s.see("null", () -> bad.connect(null));
            s.see("still open", bad::isOpen);
        });
    }

    @Test
    void refusedNonBlocking() throws Exception {
        same(s -> {
            SocketChannel c = s.socket();
            c.configureBlocking(false);
            Selector selector = s.selector();
            SelectionKey key = c.register(selector, SelectionKey.OP_CONNECT);
            InetSocketAddress nobody = s.refusing();
            s.see("connect", () -> c.connect(nobody));
            s.see("pending", c::isConnectionPending);
            s.see("select", selector::select);
            s.see("ready", key::readyOps);
            s.see("finishConnect", c::finishConnect);
            state(s, c);
            s.see("valid", key::isValid);
            s.see("finishConnect again", c::finishConnect);
            SocketChannel turned = s.socket();
            turned.configureBlocking(false);
            s.see("connect", () -> turned.connect(nobody));
            turned.configureBlocking(true);
            s.see("finishConnect blocking", turned::finishConnect);
            s.see("closed", turned::isOpen);
        });
    }

    @Test
    void pending() throws Exception {
        same(s -> {
            SocketChannel c = s.pending();
            state(s, c);
            everything(s, c);
            s.see("connect", () -> c.connect(at(9)));
            s.see("bind", () -> c.bind(null));
            s.see("finishConnect", c::finishConnect);
            s.see("shutdownInput", c::shutdownInput);
            s.see("shutdownOutput", c::shutdownOutput);
            s.see("socket connected", () -> c.socket().isConnected());
            s.see("socket bound", () -> c.socket().isBound());
            s.see("socket remote", () -> c.socket().getRemoteSocketAddress());
            s.see("socket port", () -> c.socket().getPort());
            s.see("socket connect", () -> {
                c.socket().connect(at(9));
                return "done";
            });
            Selector selector = s.selector();
            SelectionKey key = c.register(selector, SelectionKey.OP_CONNECT | SelectionKey.OP_READ | SelectionKey.OP_WRITE);
            s.see("selectNow", selector::selectNow);
            s.see("ready", key::readyOps);
            key.cancel();
            c.configureBlocking(true);
            Stage.Blocked finishing = s.blocked(c::finishConnect);
            c.close();
            s.see("finishConnect when closed", finishing::end);
            state(s, c);
        });
    }

    @Test
    void nonBlockingConnect() throws Exception {
        same(s -> {
            ServerSocketChannel listener = s.listener();
            SocketChannel c = s.socket();
            c.configureBlocking(false);
            Selector selector = s.selector();
            SelectionKey key = c.register(selector, SelectionKey.OP_CONNECT);
            s.see("unconnected, ready", () -> selector.selectNow() + " " + key.readyOps());
            selector.selectedKeys().clear();
            c.connect(listener.getLocalAddress());
            s.see("select", selector::select);
            s.see("ready", key::readyOps);
            s.see("finishConnect", c::finishConnect);
            s.see("connected", c::isConnected);
            s.see("still in set", () -> selector.selectedKeys().size());
            selector.selectedKeys().clear();
            s.see("OP_CONNECT after it", selector::selectNow);
            key.interestOps(SelectionKey.OP_WRITE);
            s.see("OP_WRITE", selector::select);
            s.see("finishConnect again", c::finishConnect);
        });
    }

    @Test
    void readingAndWriting() throws Exception {
        same(s -> {
            Stage.Pair p = s.pair();
            s.see("write", () -> p.client().write(octets(1, 2, 3, 4, 5, 6)));
            s.see("write empty", () -> p.client().write(ByteBuffer.allocate(0)));
            s.awaitReadable(p.server());
            ByteBuffer slice = ByteBuffer.allocate(10).position(3).slice();
            s.see("read slice", () -> p.server().read(slice.limit(2)) + " " + slice);
            ByteBuffer direct = ByteBuffer.allocateDirect(9).position(8);
            s.see("read direct", () -> p.server().read(direct) + " " + direct.position() + " " + direct.get(8));
            s.see("read full", () -> p.server().read(ByteBuffer.allocate(0)));
            ByteBuffer[] many = {ByteBuffer.allocate(0), ByteBuffer.allocate(1), ByteBuffer.allocate(0), ByteBuffer.allocateDirect(5), ByteBuffer.allocate(1)};
            s.see("scatter", () -> p.server().read(many, 1, 4) + " " + many[1] + many[3].position() + many[4]);
            s.see("scatter no room", () -> p.server().read(new ByteBuffer[] {ByteBuffer.allocate(0), ByteBuffer.allocate(0)}));
            s.see("scatter none", () -> p.server().read(new ByteBuffer[0]));
            s.see("scatter length 0", () -> p.server().read(many, 5, 0));
            s.see("scatter read-only", () -> p.server().read(new ByteBuffer[] {ByteBuffer.allocate(1), ByteBuffer.allocate(1).asReadOnlyBuffer()}));
            s.see("scatter beyond", () -> p.server().read(many, 4, 2));
            s.see("gather", () -> p.server().write(new ByteBuffer[] {octets(1), ByteBuffer.allocate(0), octets(2, 3).asReadOnlyBuffer(), ByteBuffer.allocateDirect(2)}));
            s.see("gather none", () -> p.server().write(new ByteBuffer[0]));
            s.see("gather empty", () -> p.server().write(new ByteBuffer[] {ByteBuffer.allocate(0)}));
            s.see("gather null element", () -> p.server().write(new ByteBuffer[] {octets(1), null}));
            s.see("write null", () -> p.server().write((ByteBuffer) null));
            s.see("read null", () -> p.server().read((ByteBuffer) null));
            s.see("read read-only", () -> p.server().read(ByteBuffer.allocate(1).asReadOnlyBuffer()));
            ByteBuffer in = ByteBuffer.allocate(5);
            while (in.hasRemaining()) {
                p.client().read(in);
            }
            s.see("what came", () -> java.util.Arrays.toString(in.array()));
        });
    }

    @Test
    void endOfStream() throws Exception {
        same(s -> {
            Stage.Pair p = s.pair();
            p.client().write(octets(1, 2));
            p.client().shutdownOutput();
            s.see("read", () -> p.server().read(ByteBuffer.allocate(5)));
            s.see("end", () -> p.server().read(ByteBuffer.allocate(5)));
            s.see("end again", () -> p.server().read(ByteBuffer.allocateDirect(5)));
            s.see("end no room", () -> p.server().read(ByteBuffer.allocate(0)));
            s.see("end scatter", () -> p.server().read(new ByteBuffer[] {ByteBuffer.allocate(0), ByteBuffer.allocate(1)}));
            s.see("end scatter no room", () -> p.server().read(new ByteBuffer[] {ByteBuffer.allocate(0)}));
            s.see("end scatter none", () -> p.server().read(new ByteBuffer[0]));
            p.server().configureBlocking(false);
            s.see("end non-blocking", () -> p.server().read(ByteBuffer.allocate(5)));
            s.see("write other way", () -> p.server().write(octets(1, 2, 3)));
            s.see("read other way", () -> p.client().read(ByteBuffer.allocate(9)));
            state(s, p.client());
            state(s, p.server());
        });
    }

    @Test
    void shutdowns() throws Exception {
        same(s -> {
            Stage.Pair p = s.pair();
            s.see("out", () -> p.client().shutdownOutput() == p.client());
            s.see("out again", () -> p.client().shutdownOutput() == p.client());
            s.see("write", () -> p.client().write(octets(1)));
            s.see("write empty", () -> p.client().write(ByteBuffer.allocate(0)));
            s.see("gather", () -> p.client().write(new ByteBuffer[] {octets(1)}));
            s.see("gather none", () -> p.client().write(new ByteBuffer[0]));
            s.see("open", p.client()::isOpen);
            p.client().configureBlocking(false);
            s.see("write non-blocking", () -> p.client().write(octets(1)));
            s.see("gather non-blocking", () -> p.client().write(new ByteBuffer[] {octets(1)}));
            p.client().configureBlocking(true);
            p.server().write(octets(1, 2));
            s.awaitReadable(p.client());
            s.see("in", () -> p.client().shutdownInput() == p.client());
            s.see("in again", () -> p.client().shutdownInput() == p.client());
            s.see("read", () -> p.client().read(ByteBuffer.allocate(1)));
            s.see("read no room", () -> p.client().read(ByteBuffer.allocate(0)));
            s.see("scatter", () -> p.client().read(new ByteBuffer[] {ByteBuffer.allocate(1)}));
            s.see("scatter none", () -> p.client().read(new ByteBuffer[0]));
            s.see("read read-only", () -> p.client().read(ByteBuffer.allocate(1).asReadOnlyBuffer()));
            state(s, p.client());
            s.see("peer reads", () -> p.server().read(ByteBuffer.allocate(1)));
            p.server().close();
            s.see("out when the peer is gone", () -> p.client().shutdownOutput() == p.client());
        });
    }

    @Test
    void resets() throws Exception {
        same(s -> {
            Stage.Pair p = s.pair();
            s.reset(p.server(), p.client());
            s.see("read", () -> p.client().read(ByteBuffer.allocate(1)));
            s.see("read again", () -> p.client().read(ByteBuffer.allocate(1)));
            s.see("scatter", () -> p.client().read(new ByteBuffer[] {ByteBuffer.allocate(1)}));
            s.see("read no room", () -> p.client().read(ByteBuffer.allocate(0)));
            s.see("write", () -> p.client().write(octets(1)));
            s.see("gather", () -> p.client().write(new ByteBuffer[] {octets(1)}));
            s.see("open", p.client()::isOpen);
            state(s, p.client());
            s.see("shutdownOutput", () -> p.client().shutdownOutput() == p.client());
            s.see("shutdownInput", () -> p.client().shutdownInput() == p.client());
            s.see("read after shutdown", () -> p.client().read(ByteBuffer.allocate(1)));
            Stage.Pair q = s.pair();
            s.reset(q.server(), q.client());
            s.see("write first", () -> q.client().write(octets(1)));
            s.see("write second", () -> q.client().write(octets(1)));
            s.see("read then", () -> q.client().read(ByteBuffer.allocate(1)));
        });
    }

    @Test
    void unreadDataAtCloseResets() throws Exception {
        same(s -> {
            Stage.Pair p = s.pair();
            p.client().write(octets(1, 2, 3));
            s.awaitReadable(p.server());
            p.server().close();
            s.awaitReadable(p.client());
            s.see("read", () -> p.client().read(ByteBuffer.allocate(1)));
            s.see("write", () -> p.client().write(octets(1)));
        });
    }

    @Test
    void writingToAClosedPeer() throws Exception {
        same(s -> {
            Stage.Pair p = s.pair();
            p.server().close();
            s.see("end", () -> p.client().read(ByteBuffer.allocate(1)));
            s.see("first write", () -> p.client().write(octets(1)));
            Selector selector = s.selector();
            p.client().configureBlocking(false);
            // Only the reset makes it ready for OP_READ beyond the end of the stream; both are "ready": ask until writing fails.
            s.see("then", () -> {
                while (true) {
                    p.client().write(octets(1));
                }
            });
            s.see("read", () -> p.client().read(ByteBuffer.allocate(1)));
            SelectionKey key = p.client().register(selector, SelectionKey.OP_READ | SelectionKey.OP_WRITE);
            s.see("select", selector::select);
            s.see("ready", key::readyOps);
        });
    }

    @Test
    void nonBlockingData() throws Exception {
        same(s -> {
            Stage.Pair p = s.pair();
            p.client().configureBlocking(false);
            s.see("read", () -> p.client().read(ByteBuffer.allocate(1)));
            s.see("scatter", () -> p.client().read(new ByteBuffer[] {ByteBuffer.allocate(1), ByteBuffer.allocate(1)}));
            s.see("read direct", () -> p.client().read(ByteBuffer.allocateDirect(1)));
            ByteBuffer large = ByteBuffer.allocate(1 << 20);
            Selector selector = s.selector();
            SelectionKey key = p.client().register(selector, SelectionKey.OP_WRITE | SelectionKey.OP_READ);
            s.see("fills", () -> {
                // Full is what stays full: acknowledgments of what was written are still on their way when a buffer is full for the first time.
                do {
                    while (p.client().write(large.clear()) > 0) {
                        continue;
                    }
                    selector.selectedKeys().clear();
                } while (selector.select(200) > 0 || p.client().write(large.clear()) > 0);
                return "full";
            });
            s.see("write", () -> p.client().write(octets(1)));
            s.see("gather", () -> p.client().write(new ByteBuffer[] {octets(1), octets(2)}));
            s.see("write direct", () -> p.client().write(ByteBuffer.allocateDirect(1)));
            s.see("select", selector::selectNow);
            s.see("ready", key::readyOps);
        });
    }

    @Test
    void bufferAfterPartialAndFailedCalls() throws Exception {
        same(s -> {
            Stage.Pair p = s.pair();
            ByteBuffer out = octets(1, 2, 3, 4).position(1);
            s.see("write", () -> p.client().write(out) + " " + out);
            s.awaitReadable(p.server());
            ByteBuffer in = ByteBuffer.allocate(10).position(2).limit(4);
            s.see("read", () -> p.server().read(in) + " " + in);
            p.client().shutdownOutput();
            ByteBuffer rest = octets(1, 2);
            s.see("failed write", () -> p.client().write(rest));
            s.see("position", rest::position);
            s.see("read last", () -> p.server().read(in.clear()) + " " + in);
            s.see("read end", () -> p.server().read(in) + " " + in);
            s.see("offset array", () -> {
                ByteBuffer[] some = {null, ByteBuffer.allocate(3), null};
                return p.server().read(some, 1, 1);
            });
        });
    }
}
