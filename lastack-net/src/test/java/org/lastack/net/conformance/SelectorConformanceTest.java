package org.lastack.net.conformance;

import static org.lastack.net.conformance.Conformance.same;
import static org.lastack.net.conformance.Stage.octets;

import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What `java.nio.channels.Selector` and `SelectionKey` specify.
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class SelectorConformanceTest {
    private static final int READ = SelectionKey.OP_READ;
    private static final int WRITE = SelectionKey.OP_WRITE;

    private static Stage.Pair nonBlocking(Stage s) throws Exception {
        Stage.Pair p = s.pair();
        p.server().configureBlocking(false);
        return p;
    }

    private static void sets(Stage s, Selector selector) {
        s.see("keys", () -> selector.keys().size());
        s.see("selected", () -> selector.selectedKeys().size());
    }

    private static void key(Stage s, SelectionKey key) {
        s.see("valid", key::isValid);
        s.see("interest", key::interestOps);
        s.see("ready", key::readyOps);
        s.see("attachment", key::attachment);
    }

    @Test
    void fresh() throws Exception {
        same(s -> {
            Selector selector = s.selector();
            s.see("open", selector::isOpen);
            s.see("provider", () -> selector.provider() == s.provider());
            sets(s, selector);
            s.see("selectNow", selector::selectNow);
            s.see("select 1", () -> selector.select(1));
            s.see("select -1", () -> selector.select(-1));
            s.see("action null", () -> selector.select((java.util.function.Consumer<SelectionKey>) null));
            s.see("action null now", () -> selector.selectNow(null));
            s.see("action null -1", () -> selector.select(null, -1));
            s.see("action -1", () -> selector.select(_ -> { }, -1));
            s.see("wakeup", () -> selector.wakeup() == selector);
            s.see("same sets", () -> selector.keys() == selector.keys() && selector.selectedKeys() == selector.selectedKeys());
        });
    }

    @Test
    void closed() throws Exception {
        same(s -> {
            Stage.Pair p = nonBlocking(s);
            Selector selector = s.selector();
            SelectionKey key = p.server().register(selector, WRITE, "x");
            selector.select();
            selector.close();
            selector.close();
            s.see("open", selector::isOpen);
            s.see("keys", selector::keys);
            s.see("selectedKeys", selector::selectedKeys);
            s.see("select", selector::select);
            s.see("select -1", () -> selector.select(-1));
            s.see("selectNow", selector::selectNow);
            s.see("action", () -> selector.select(_ -> { }));
            s.see("action null", () -> selector.selectNow(null));
            s.see("wakeup", () -> selector.wakeup() == selector);
            s.see("valid", key::isValid);
            s.see("interest", key::interestOps);
            s.see("set interest", () -> key.interestOps(READ));
            s.see("set invalid interest", () -> key.interestOps(SelectionKey.OP_ACCEPT));
            s.see("or", () -> key.interestOpsOr(READ));
            s.see("and", () -> key.interestOpsAnd(READ));
            s.see("ready", key::readyOps);
            s.see("readable", key::isReadable);
            s.see("attachment", key::attachment);
            s.run("cancel", key::cancel);
            s.see("channel", () -> key.channel() == p.server());
            s.see("selector", () -> key.selector() == selector);
            s.see("registered", p.server()::isRegistered);
            s.see("register", () -> p.server().register(selector, READ));
            s.see("register invalid", () -> p.server().register(selector, SelectionKey.OP_ACCEPT));
            s.see("blocking", () -> p.server().configureBlocking(true).isBlocking());
        });
    }

    @Test
    void registering() throws Exception {
        same(s -> {
            Stage.Pair p = nonBlocking(s);
            Selector selector = s.selector();
            s.see("invalid ops", () -> p.server().register(selector, SelectionKey.OP_ACCEPT));
            s.see("negative", () -> p.server().register(selector, -1));
            s.see("blocking", () -> p.client().register(selector, READ));
            s.see("blocking invalid", () -> p.client().register(selector, SelectionKey.OP_ACCEPT));
            s.see("null selector", () -> p.server().register(null, READ));
            SelectionKey key = p.server().register(selector, 0, "one");
            key(s, key);
            s.see("keyFor", () -> p.server().keyFor(selector) == key);
            s.see("registered", p.server()::isRegistered);
            s.see("again", () -> p.server().register(selector, READ, "two") == key);
            key(s, key);
            s.see("again without", () -> p.server().register(selector, WRITE) == key);
            key(s, key);
            s.see("attach", () -> key.attach("three"));
            s.see("attach null", () -> key.attach(null));
            s.see("configureBlocking", () -> p.server().configureBlocking(true));
            s.see("configureBlocking false", () -> p.server().configureBlocking(false) == p.server());
            s.see("interest", () -> key.interestOps(READ) == key);
            s.see("interest invalid", () -> key.interestOps(SelectionKey.OP_ACCEPT));
            s.see("or", () -> key.interestOpsOr(WRITE));
            s.see("or invalid", () -> key.interestOpsOr(SelectionKey.OP_ACCEPT));
            s.see("and", () -> key.interestOpsAnd(WRITE | SelectionKey.OP_ACCEPT));
            key(s, key);
            key.cancel();
            s.see("valid", key::isValid);
            s.see("keyFor", () -> p.server().keyFor(selector) == key);
            s.see("registered", p.server()::isRegistered);
            s.see("again", () -> p.server().register(selector, READ));
            sets(s, selector);
            s.see("interest", key::interestOps);
            s.see("interest invalid", () -> key.interestOps(SelectionKey.OP_ACCEPT));
            s.see("selectNow", selector::selectNow);
            sets(s, selector);
            s.see("registered", p.server()::isRegistered);
            s.see("new key", () -> p.server().register(selector, READ) != key);
            Selector other = s.selector();
            s.see("two selectors", () -> p.server().register(other, WRITE).interestOps());
            s.see("first", () -> p.server().keyFor(selector).interestOps());
        });
    }

    @Test
    void setsOfKeys() throws Exception {
        same(s -> {
            Stage.Pair p = nonBlocking(s);
            Selector selector = s.selector();
            SelectionKey key = p.server().register(selector, WRITE);
            s.see("keys add", () -> selector.keys().add(key));
            s.see("keys remove", () -> selector.keys().remove(key));
            s.run("keys clear", () -> selector.keys().clear());
            s.see("select", selector::select);
            s.see("selected add", () -> selector.selectedKeys().add(key));
            s.see("selected addAll", () -> selector.selectedKeys().addAll(List.of(key)));
            s.see("contains", () -> selector.selectedKeys().contains(key));
            s.run("iterator removes", () -> {
                Iterator<SelectionKey> all = selector.selectedKeys().iterator();
                all.next();
                all.remove();
            });
            s.see("keys iterator removes", () -> {
                Iterator<SelectionKey> all = selector.keys().iterator();
                all.next();
                all.remove();
                return "removed";
            });
            sets(s, selector);
            s.see("again", selector::select);
            s.see("remove", () -> selector.selectedKeys().remove(key));
            s.see("removeAll", () -> selector.selectedKeys().removeAll(List.of(key)));
            s.see("again", selector::select);
            s.see("retainAll", () -> selector.selectedKeys().retainAll(List.of()));
            sets(s, selector);
        });
    }

    @Test
    void counts() throws Exception {
        same(s -> {
            Stage.Pair p = nonBlocking(s);
            Stage.Pair q = nonBlocking(s);
            Selector selector = s.selector();
            SelectionKey one = p.server().register(selector, READ);
            SelectionKey two = q.server().register(selector, WRITE);
            s.see("one ready", selector::select);
            s.see("not again", selector::selectNow);
            p.client().write(octets(1));
            s.see("the other", () -> {
                int count;
                do {
                    count = selector.select();
                } while (count == 0);
                return count;
            });
            s.see("both in the set", () -> selector.selectedKeys().size());
            one.interestOpsOr(WRITE);
            s.see("more of one", selector::selectNow);
            s.see("ready", one::readyOps);
            one.interestOps(WRITE);
            s.see("interest shrinks", selector::selectNow);
            s.see("ready stays", one::readyOps);
            selector.selectedKeys().remove(one);
            s.see("as new", selector::selectNow);
            s.see("ready", one::readyOps);
            two.interestOps(0);
            s.see("none", selector::selectNow);
            s.see("in the set still", () -> selector.selectedKeys().contains(two));
            s.see("ready still", two::readyOps);
            two.cancel();
            s.see("cancelled in the set", () -> selector.selectedKeys().contains(two));
            s.see("flush", selector::selectNow);
            s.see("gone from the set", () -> selector.selectedKeys().contains(two));
            sets(s, selector);
            p.server().close();
            s.see("closed: key", () -> selector.keys().contains(one));
            s.see("flush", selector::selectNow);
            sets(s, selector);
        });
    }

    @Test
    void cancelAndCount() throws Exception {
        same(s -> {
            Stage.Pair p = nonBlocking(s);
            Stage.Pair q = nonBlocking(s);
            Selector selector = s.selector();
            SelectionKey one = p.server().register(selector, WRITE);
            q.server().register(selector, WRITE);
            one.cancel();
            s.see("select", selector::select);
            sets(s, selector);
            s.see("closed in between", () -> {
                q.server().close();
                return selector.selectNow();
            });
            sets(s, selector);
        });
    }

    @Test
    void actions() throws Exception {
        same(s -> {
            Stage.Pair p = nonBlocking(s);
            Selector selector = s.selector();
            SelectionKey key = p.server().register(selector, WRITE);
            List<Integer> seen = new ArrayList<>();
            s.see("action", () -> selector.select(k -> seen.add(k.readyOps())));
            s.see("again", () -> selector.selectNow(k -> seen.add(k.readyOps())));
            s.see("seen", seen::toString);
            sets(s, selector);
            s.see("in the set first", selector::select);
            s.see("then the action", () -> selector.selectNow(k -> seen.add(k.readyOps())));
            sets(s, selector);
            s.see("throws", () -> selector.select(_ -> {
                throw new ArithmeticException("mine");
            }));
            s.see("after it", selector::selectNow);
            s.see("selects", () -> selector.select(_ -> {
                try {
                    selector.selectNow();
                } catch (java.io.IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            }));
            s.see("closes", () -> selector.select(_ -> {
                try {
                    selector.close();
                } catch (java.io.IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            }));
            s.see("open", selector::isOpen);
            s.see("valid", key::isValid);
        });
    }

    @Test
    void actionCancels() throws Exception {
        same(s -> {
            Stage.Pair p = nonBlocking(s);
            Stage.Pair q = nonBlocking(s);
            Selector selector = s.selector();
            SelectionKey one = p.server().register(selector, WRITE);
            SelectionKey two = q.server().register(selector, WRITE);
            List<SelectionKey> seen = new ArrayList<>();
            s.see("cancels the other", () -> {
                int count = selector.select(k -> {
                    seen.add(k);
                    (k == one ? two : one).cancel();
                });
                return count + " " + seen.size();
            });
            sets(s, selector);
        });
    }

    @Test
    void wakeups() throws Exception {
        same(s -> {
            Selector selector = s.selector();
            selector.wakeup();
            s.see("select", selector::select);
            s.see("then time", () -> selector.select(1));
            selector.wakeup().wakeup();
            s.see("now", selector::selectNow);
            s.see("cleared", () -> selector.select(1));
            selector.wakeup();
            s.see("with time", () -> selector.select(1_000_000));
            s.see("interrupted", () -> s.interrupted(selector::select));
            s.see("interrupted with time", () -> s.interrupted(() -> selector.select(1_000_000)));
            s.see("interrupted now", () -> s.interrupted(selector::selectNow));
            s.see("open", selector::isOpen);
            Stage.Pair p = nonBlocking(s);
            p.server().register(selector, WRITE);
            s.see("interrupted, ready", () -> s.interrupted(selector::select));
            selector.selectedKeys().clear();
            selector.wakeup();
            s.see("woken and ready", selector::select);
            Selector other = s.selector();
            Stage.Blocked selecting = s.started(other::select);
            other.close();
            // 0 if it was inside (as after wakeup), ClosedSelectorException if it was not yet.
            s.see("closed", () -> selecting.end().matches("0|throws ClosedSelectorException null"));
            Selector third = s.selector();
            Stage.Blocked waking = s.started(third::select);
            third.wakeup();
            s.see("woken", waking::end);
            Selector fourth = s.selector();
            Stage.Blocked interrupting = s.started(fourth::select);
            interrupting.thread().interrupt();
            s.see("interrupted", interrupting::end);
        });
    }

    @Test
    void registerDuringSelect() throws Exception {
        same(s -> {
            Stage.Pair p = nonBlocking(s);
            Selector selector = s.selector();
            Stage.Blocked selecting = s.started(selector::select);
            SelectionKey key = p.server().register(selector, WRITE);
            selector.wakeup();
            selecting.end();
            s.see("next", () -> selector.selectedKeys().contains(key) ? 1 : selector.selectNow());
            key.interestOps(0);
            selector.selectedKeys().clear();
            Stage.Blocked second = s.started(selector::select);
            key.interestOps(WRITE);
            selector.wakeup();
            second.end();
            s.see("next", () -> selector.selectedKeys().contains(key) ? 1 : selector.selectNow());
        });
    }

    @Test
    void closingEnds() throws Exception {
        same(s -> {
            Stage.Pair p = nonBlocking(s);
            Selector selector = s.selector();
            SelectionKey key = p.server().register(selector, READ);
            p.server().close();
            s.see("valid", key::isValid);
            s.see("registered", p.server()::isRegistered);
            s.see("keys", () -> selector.keys().size());
            s.see("selectNow", selector::selectNow);
            s.see("keys", () -> selector.keys().size());
            s.see("registered", p.server()::isRegistered);
            s.see("keyFor", () -> p.server().keyFor(selector));
            s.see("peer", () -> p.client().read(ByteBuffer.allocate(1)));
        });
    }

    @Test
    void readiness() throws Exception {
        same(s -> {
            Stage.Pair p = nonBlocking(s);
            Selector selector = s.selector();
            SelectionKey key = p.server().register(selector, READ | WRITE | SelectionKey.OP_CONNECT);
            s.see("fresh", () -> selector.select() + " " + key.readyOps());
            key.interestOps(READ);
            selector.selectedKeys().clear();
            s.see("nothing to read", selector::selectNow);
            p.client().write(octets(1));
            s.see("to read", () -> selector.select() + " " + key.readyOps());
            p.server().read(ByteBuffer.allocate(9));
            selector.selectedKeys().clear();
            s.see("read", selector::selectNow);
            p.client().shutdownOutput();
            s.see("end", () -> selector.select() + " " + key.readyOps());
            p.server().read(ByteBuffer.allocate(9));
            selector.selectedKeys().clear();
            s.see("end again", () -> selector.select() + " " + key.readyOps());
            selector.selectedKeys().clear();
            key.interestOps(WRITE);
            s.see("write at end", () -> selector.select() + " " + key.readyOps());
            p.server().shutdownOutput();
            selector.selectedKeys().clear();
            s.see("write after shutdown", () -> selector.selectNow() + " " + key.readyOps());
            key.interestOps(SelectionKey.OP_CONNECT);
            selector.selectedKeys().clear();
            if (!s.kernelByRules()) { // where a connected channel is not asked for OP_CONNECT
                s.see("connect after both", () -> selector.selectNow() + " " + key.readyOps());
            }
        });
    }

    @Test
    void readinessAfterShutdownInput() throws Exception {
        same(s -> {
            Stage.Pair p = nonBlocking(s);
            Selector selector = s.selector();
            SelectionKey key = p.server().register(selector, READ);
            p.server().shutdownInput();
            s.see("in shut", () -> selector.selectNow() + " " + key.readyOps());
            Stage.Pair q = nonBlocking(s);
            SelectionKey other = q.server().register(selector, READ | WRITE);
            s.reset(q.client(), q.server().isOpen() ? q.server() : p.server());
            selector.selectedKeys().clear();
            s.see("reset", () -> selector.selectNow() + " " + (other.isValid() ? other.readyOps() : -1));
        });
    }

    @Test
    void unconnected() throws Exception {
        same(s -> {
            SocketChannel c = s.socket();
            c.configureBlocking(false);
            Selector selector = s.selector();
            SelectionKey key = c.register(selector, READ | WRITE | SelectionKey.OP_CONNECT);
            s.see("unconnected", () -> selector.selectNow() + " " + key.readyOps());
            key.interestOps(SelectionKey.OP_CONNECT);
            selector.selectedKeys().clear();
            s.see("connect only", () -> selector.selectNow() + " " + key.readyOps());
            key.interestOps(READ);
            selector.selectedKeys().clear();
            s.see("read only", () -> selector.selectNow() + " " + key.readyOps());
            ServerSocketChannel unbound = s.server();
            unbound.configureBlocking(false);
            Selector other = s.selector();
            SelectionKey accepting = unbound.register(other, SelectionKey.OP_ACCEPT);
            s.see("unbound", () -> other.selectNow() + " " + accepting.readyOps());
            unbound.bind(null);
            s.see("bound", () -> other.selectNow() + " " + accepting.readyOps());
        });
    }

    @Test
    void pipes() throws Exception {
        same(s -> {
            Pipe pipe = s.provider().openPipe();
            s.opened(pipe.source());
            s.opened(pipe.sink());
            s.see("source ops", () -> pipe.source().validOps());
            s.see("sink ops", () -> pipe.sink().validOps());
            s.see("write null", () -> pipe.sink().write((ByteBuffer) null));
            s.see("read null", () -> pipe.source().read((ByteBuffer) null));
            s.see("read read-only", () -> pipe.source().read(ByteBuffer.allocate(1).asReadOnlyBuffer()));
            s.see("read no room", () -> pipe.source().read(ByteBuffer.allocate(0)));
            s.see("gather beyond", () -> pipe.sink().write(new ByteBuffer[1], 1, 1));
            s.see("write", () -> pipe.sink().write(new ByteBuffer[] {octets(1), octets(2, 3)}));
            ByteBuffer[] in = {ByteBuffer.allocate(0), ByteBuffer.allocateDirect(1), ByteBuffer.allocate(5)};
            s.see("read", () -> pipe.source().read(in) + " " + in[2].position());
            pipe.source().configureBlocking(false);
            s.see("none", () -> pipe.source().read(ByteBuffer.allocate(1)));
            s.see("none scatter", () -> pipe.source().read(new ByteBuffer[] {ByteBuffer.allocate(1)}));
            Selector selector = s.selector();
            SelectionKey key = pipe.source().register(selector, READ);
            s.see("selectNow", selector::selectNow);
            pipe.sink().configureBlocking(false);
            SelectionKey writing = pipe.sink().register(selector, WRITE);
            s.see("sink", () -> selector.selectNow() + " " + writing.readyOps());
            s.see("fills", () -> {
                int total = 0;
                int given;
                do {
                    given = pipe.sink().write(ByteBuffer.allocate(8192));
                    total += given;
                } while (given > 0);
                return total;
            });
            selector.selectedKeys().clear();
            s.see("full", () -> selector.selectNow() + " " + key.readyOps() + " " + selector.selectedKeys().contains(writing));
            pipe.sink().close();
            selector.selectNow();
            s.see("drains", () -> {
                int total = 0;
                int taken;
                while ((taken = pipe.source().read(ByteBuffer.allocate(8192))) > 0) {
                    total += taken;
                }
                return total + " " + taken;
            });
            s.see("end", () -> pipe.source().read(ByteBuffer.allocate(1)));
            s.see("end no room", () -> pipe.source().read(ByteBuffer.allocate(0)));
            selector.selectedKeys().clear();
            s.see("end selected", () -> selector.selectNow() + " " + key.readyOps());
            s.see("write closed", () -> pipe.sink().write(octets(1)));
            pipe.source().close();
            s.see("read closed", () -> pipe.source().read(octets(1)));
        });
    }

    @Test
    void blockedPipes() throws Exception {
        same(s -> {
            Pipe a = s.provider().openPipe();
            Stage.Blocked reading = s.blocked(() -> a.source().read(ByteBuffer.allocate(1)));
            a.source().close();
            s.see("closed reader", reading::end);
            s.see("broken", () -> a.sink().write(octets(1)));
            a.sink().close();
            Pipe b = s.provider().openPipe();
            Stage.Blocked interrupted = s.blocked(() -> b.source().read(ByteBuffer.allocate(1)));
            interrupted.thread().interrupt();
            s.see("interrupted reader", interrupted::end);
            s.see("open", b.source()::isOpen);
            b.sink().close();
            Pipe c = s.provider().openPipe();
            Stage.Blocked ending = s.blocked(() -> c.source().read(ByteBuffer.allocate(1)));
            c.sink().close();
            s.see("ended reader", ending::end);
            c.source().close();
            Pipe d = s.provider().openPipe();
            Stage.Blocked writing = s.blocked(() -> {
                while (true) {
                    d.sink().write(ByteBuffer.allocate(100_000));
                }
            });
            d.sink().close();
            s.see("closed writer", () -> writing.end().replace("AsynchronousCloseException", "ClosedChannelException"));
            d.source().close();
            Pipe e = s.provider().openPipe();
            Stage.Blocked breaking = s.blocked(() -> {
                while (true) {
                    e.sink().write(ByteBuffer.allocate(100_000));
                }
            });
            e.source().close();
            s.see("broken writer", () -> breaking.end().replaceAll("^[0-9]+$", "some"));
            e.sink().close();
        });
    }
}
