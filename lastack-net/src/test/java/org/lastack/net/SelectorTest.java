package org.lastack.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.IllegalBlockingModeException;
import java.nio.channels.IllegalSelectorException;
import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Selectors as java.nio.channels specifies them, and the traps that others fell into.
@Timeout(value = 30, unit = TimeUnit.SECONDS)
class SelectorTest {
    private final Net net = new Net();

    @AfterEach
    void close() {
        net.close();
    }

    @Test
    void acceptConnectReadWrite() throws Exception {
        try (Selector selector = net.b.openSelector(); Selector clients = net.a.openSelector();
                ServerSocketChannel listener = net.b.openServerSocketChannel().bind(null); SocketChannel client = net.a.openSocketChannel()) {
            listener.configureBlocking(false);
            SelectionKey accepting = listener.register(selector, SelectionKey.OP_ACCEPT);
            client.configureBlocking(false);
            SelectionKey connecting = client.register(clients, SelectionKey.OP_CONNECT, "attached");
            client.connect(Net.atB(Net.port(listener)));
            assertThat(selector.select()).isEqualTo(1);
            assertThat(selector.selectedKeys()).containsExactly(accepting);
            assertThat(accepting.isAcceptable()).isTrue();
            SocketChannel server = listener.accept();
            assertThat(listener.accept()).isNull();
            assertThat(clients.select()).isEqualTo(1);
            assertThat(connecting.isConnectable()).isTrue();
            assertThat(connecting.attachment()).isEqualTo("attached");
            assertThat(client.finishConnect()).isTrue();
            clients.selectedKeys().clear();
            connecting.interestOps(SelectionKey.OP_READ);
            assertThat(clients.selectNow()).isZero();
            server.write(ByteBuffer.wrap(new byte[] {1}));
            assertThat(clients.select()).isEqualTo(1);
            assertThat(connecting.readyOps()).isEqualTo(SelectionKey.OP_READ);
            connecting.interestOpsOr(SelectionKey.OP_WRITE);
            // The key is in the selected set: counted again because its ready operations have grown.
            assertThat(clients.select()).isEqualTo(1);
            assertThat(connecting.readyOps()).isEqualTo(SelectionKey.OP_READ | SelectionKey.OP_WRITE);
            assertThat(clients.select()).isZero();
            server.close();
        }
    }

    @Test
    void refusedConnectIsSelected() throws Exception {
        try (Selector selector = net.a.openSelector(); SocketChannel client = net.a.openSocketChannel()) {
            client.configureBlocking(false);
            SelectionKey key = client.register(selector, SelectionKey.OP_CONNECT);
            client.connect(Net.atB(1));
            assertThat(selector.select()).isEqualTo(1);
            assertThat(key.isConnectable()).isTrue();
            assertThatThrownBy(client::finishConnect).hasMessage("Connection refused");
            assertThat(client.isOpen()).isFalse();
            assertThat(key.isValid()).isFalse();
            selector.selectNow();
            assertThat(selector.keys()).isEmpty();
            assertThat(selector.selectedKeys()).isEmpty();
        }
    }

    @Test
    void everyNewlySelectedKeyCountsWhileCancelledOnesAreFlushed() throws Exception {
        try (Selector selector = net.b.openSelector(); Net.Connection one = net.connection(); Net.Connection two = net.connection()) {
            one.server().configureBlocking(false);
            two.server().configureBlocking(false);
            SelectionKey gone = one.server().register(selector, SelectionKey.OP_WRITE);
            SelectionKey stays = two.server().register(selector, SelectionKey.OP_WRITE);
            assertThat(selector.select()).isEqualTo(2);
            selector.selectedKeys().clear();
            gone.cancel();
            assertThat(selector.select()).isEqualTo(1);
            assertThat(selector.selectedKeys()).containsExactly(stays);
            assertThat(selector.keys()).containsExactly(stays);
        }
    }

    @Test
    void cancelThenBlockingWithoutASelectionBetween() throws Exception {
        try (Selector selector = net.b.openSelector(); Net.Connection c = net.connection()) {
            for (int i = 0; i < 3; i++) {
                c.server().configureBlocking(false);
                SelectionKey key = c.server().register(selector, SelectionKey.OP_READ);
                c.client().write(ByteBuffer.wrap(new byte[] {1}));
                assertThat(selector.select()).isEqualTo(1);
                selector.selectedKeys().clear();
                assertThatThrownBy(() -> c.server().configureBlocking(true)).isInstanceOf(IllegalBlockingModeException.class);
                key.cancel();
                c.server().configureBlocking(true);
                assertThat(c.server().read(ByteBuffer.allocate(1))).isEqualTo(1);
                c.server().configureBlocking(false);
                assertThatThrownBy(() -> c.server().register(selector, SelectionKey.OP_READ)).isInstanceOf(CancelledKeyException.class);
                assertThat(selector.selectNow()).isZero();
            }
        }
    }

    @Test
    void aCancelledKeyDoesNotEndASelection() throws Exception {
        try (Selector selector = net.b.openSelector(); Net.Connection c = net.connection()) {
            c.server().configureBlocking(false);
            SelectionKey key = c.server().register(selector, SelectionKey.OP_READ);
            CompletableFuture<Integer> selected = new CompletableFuture<>();
            Thread selecting = Thread.ofPlatform().start(() -> {
                try {
                    selected.complete(selector.select());
                } catch (Exception e) {
                    selected.completeExceptionally(e);
                }
            });
            Net.awaitParked(selecting);
            key.cancel();
            c.client().write(ByteBuffer.wrap(new byte[] {1}));
            c.server().configureBlocking(true);
            assertThat(c.server().read(ByteBuffer.allocate(1))).isEqualTo(1);
            assertThat(selected).isNotDone();
            selector.wakeup();
            assertThat(selected.get()).isZero();
            assertThat(selector.keys()).isEmpty();
        }
    }

    @Test
    void wakeupBeforeAndDuringASelection() throws Exception {
        try (Selector selector = net.a.openSelector()) {
            selector.wakeup();
            selector.wakeup();
            assertThat(selector.select()).isZero();
            assertThat(selector.select(1)).isZero();
            Thread selecting = Thread.ofPlatform().start(() -> {
                try {
                    selector.select();
                } catch (Exception e) {
                    throw new AssertionError(e);
                }
            });
            Net.awaitParked(selecting);
            selector.wakeup();
            selecting.join();
            selector.wakeup();
            assertThat(selector.selectNow()).isZero();
            assertThat(selector.select(1)).as("selectNow has used the wake-up").isZero();
        }
    }

    @Test
    void interruptEndsASelectionAndKeepsTheSelectorOpen() throws Exception {
        try (Selector selector = net.a.openSelector()) {
            CompletableFuture<Boolean> status = new CompletableFuture<>();
            Thread selecting = Thread.ofPlatform().start(() -> {
                try {
                    selector.select();
                    status.complete(Thread.currentThread().isInterrupted());
                } catch (Exception e) {
                    status.completeExceptionally(e);
                }
            });
            Net.awaitParked(selecting);
            selecting.interrupt();
            assertThat(status.get()).isTrue();
            assertThat(selector.isOpen()).isTrue();
        }
    }

    @Test
    void closingEndsASelectionAndCancelsTheKeys() throws Exception {
        Selector selector = net.b.openSelector();
        try (Net.Connection c = net.connection()) {
            c.server().configureBlocking(false);
            SelectionKey key = c.server().register(selector, SelectionKey.OP_READ);
            Thread selecting = Thread.ofPlatform().start(() -> SocketChannelTest.failure(selector::select));
            Net.awaitParked(selecting);
            selector.close();
            selecting.join();
            assertThat(key.isValid()).isFalse();
            assertThat(c.server().isRegistered()).isFalse();
            assertThatThrownBy(selector::select).isInstanceOf(ClosedSelectorException.class);
            assertThatThrownBy(selector::keys).isInstanceOf(ClosedSelectorException.class);
            assertThatThrownBy(selector::selectedKeys).isInstanceOf(ClosedSelectorException.class);
            assertThatThrownBy(() -> c.server().register(selector, SelectionKey.OP_READ)).isInstanceOf(ClosedSelectorException.class);
            assertThat(c.server().isRegistered()).isFalse();
            selector.wakeup();
            c.server().configureBlocking(true);
        }
    }

    /// Closing races with selecting and registering: whatever wins, no channel stays registered and nothing hangs.
    @Test
    void closingRacesWithSelectAndRegister() throws Exception {
        try (Net.Connection c = net.connection()) {
            for (int round = 0; round < 200; round++) {
                Selector selector = net.b.openSelector();
                c.server().configureBlocking(false);
                CompletableFuture<Throwable> selecting = Net.async(() -> SocketChannelTest.failure(() -> {
                    while (true) {
                        selector.select();
                        selector.selectedKeys().clear();
                    }
                }));
                CompletableFuture<Throwable> registering = Net.async(() -> {
                    try {
                        c.server().register(selector, SelectionKey.OP_WRITE);
                        return new ClosedSelectorException();
                    } catch (RuntimeException e) {
                        return e;
                    }
                });
                selector.close();
                assertThat(selecting.get()).isInstanceOf(ClosedSelectorException.class);
                assertThat(registering.get()).isInstanceOf(ClosedSelectorException.class);
                assertThat(c.server().isRegistered()).isFalse();
            }
        }
    }

    @Test
    void closingAChannelTakesItOutOfTheSelector() throws Exception {
        try (Selector selector = net.b.openSelector(); Net.Connection c = net.connection()) {
            c.server().configureBlocking(false);
            SelectionKey key = c.server().register(selector, SelectionKey.OP_READ);
            c.server().close();
            assertThat(key.isValid()).isFalse();
            assertThatThrownBy(key::interestOps).isInstanceOf(CancelledKeyException.class);
            assertThatThrownBy(() -> key.interestOps(0)).isInstanceOf(CancelledKeyException.class);
            assertThat(selector.selectNow()).isZero();
            assertThat(selector.keys()).isEmpty();
            // The peer hears of it at once: FIN does not wait for the selector.
            assertThat(c.client().read(ByteBuffer.allocate(1))).isEqualTo(-1);
        }
    }

    @Test
    void setsOfKeysAreProtected() throws Exception {
        try (Selector selector = net.b.openSelector(); Net.Connection c = net.connection()) {
            c.server().configureBlocking(false);
            SelectionKey key = c.server().register(selector, SelectionKey.OP_WRITE);
            assertThatThrownBy(() -> selector.keys().clear()).isInstanceOf(UnsupportedOperationException.class);
            assertThatThrownBy(() -> selector.selectedKeys().add(key)).isInstanceOf(UnsupportedOperationException.class);
            assertThatThrownBy(() -> key.interestOps(SelectionKey.OP_ACCEPT)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> selector.select(-1)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> c.client().register(selector, SelectionKey.OP_READ)).isInstanceOf(IllegalBlockingModeException.class);
            SocketChannel foreign = SocketChannel.open();
            foreign.configureBlocking(false);
            assertThatThrownBy(() -> foreign.register(selector, SelectionKey.OP_READ)).isInstanceOf(IllegalSelectorException.class);
            foreign.close();
        }
    }

    @Test
    void selectWithAnAction() throws Exception {
        try (Selector selector = net.b.openSelector(); Net.Connection c = net.connection()) {
            c.server().configureBlocking(false);
            SelectionKey key = c.server().register(selector, SelectionKey.OP_WRITE);
            List<SelectionKey> seen = new ArrayList<>();
            assertThat(selector.select(seen::add)).isEqualTo(1);
            assertThat(selector.selectNow(seen::add)).isEqualTo(1);
            assertThat(selector.select(seen::add, 1000)).isEqualTo(1);
            assertThat(seen).containsExactly(key, key, key);
            assertThat(selector.selectedKeys()).isEmpty();
            assertThatThrownBy(() -> selector.select(_ -> SelectorTest.<RuntimeException>sneaky(selector))).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(() -> selector.select(_ -> {
                throw new ArithmeticException();
            })).isInstanceOf(ArithmeticException.class);
        }
    }

    private static <E extends Throwable> void sneaky(Selector selector) {
        try {
            selector.selectNow();
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /// What a selection costs depends on what is ready: 10 of 4000 registered.
    @Test
    void manyRegisteredFewReady() throws Exception {
        try (Selector selector = net.b.openSelector(); ServerSocketChannel listener = net.b.openServerSocketChannel().bind(null, 4000)) {
            List<SocketChannel> clients = new ArrayList<>();
            InetSocketAddress to = Net.atB(Net.port(listener));
            for (int i = 0; i < 4000; i++) {
                SocketChannel client = net.a.openSocketChannel();
                client.connect(to);
                clients.add(client);
                SocketChannel server = listener.accept();
                server.configureBlocking(false);
                server.register(selector, SelectionKey.OP_READ, i);
            }
            assertThat(selector.keys()).hasSize(4000);
            for (int i = 0; i < 10; i++) {
                clients.get(i * 400).write(ByteBuffer.wrap(new byte[] {1}));
            }
            int count = 0;
            while (count < 10) {
                count += selector.select();
            }
            assertThat(selector.selectedKeys()).extracting(SelectionKey::attachment).hasSize(10).allMatch(each -> (Integer) each % 400 == 0);
        }
    }

    @Test
    void pipes() throws Exception {
        Pipe pipe = net.a.openPipe();
        try (Selector selector = net.a.openSelector()) {
            pipe.source().configureBlocking(false);
            SelectionKey key = pipe.source().register(selector, SelectionKey.OP_READ);
            assertThat(selector.selectNow()).isZero();
            assertThat(pipe.source().read(ByteBuffer.allocate(1))).isZero();
            CompletableFuture<Integer> selected = Net.async(selector::select);
            pipe.sink().write(ByteBuffer.wrap(new byte[] {1, 2, 3}));
            assertThat(selected.get()).isEqualTo(1);
            assertThat(key.isReadable()).isTrue();
            assertThat(pipe.source().read(ByteBuffer.allocateDirect(2))).isEqualTo(2);
            key.cancel();
            selector.selectNow();
            pipe.source().configureBlocking(true);
            CompletableFuture<Integer> written = Net.async(() -> pipe.sink().write(ByteBuffer.allocate(200_000)));
            int total = 0;
            while (total < 200_001) {
                total += pipe.source().read(ByteBuffer.allocate(10_000));
            }
            assertThat(written.get()).isEqualTo(200_000);
            pipe.sink().close();
            assertThat(pipe.source().read(ByteBuffer.allocate(1))).isEqualTo(-1);
        }
        Pipe broken = net.a.openPipe();
        broken.source().close();
        assertThatThrownBy(() -> broken.sink().write(ByteBuffer.allocate(1))).hasMessage("Broken pipe");
    }
}
