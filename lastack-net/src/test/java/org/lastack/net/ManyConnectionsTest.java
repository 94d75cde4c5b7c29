package org.lastack.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import jdk.jfr.consumer.RecordingStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// A blocking server on virtual threads: one thread per connection, 10,000 connections at once, and no carrier pinned.
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class ManyConnectionsTest {
    /// More than stay unfolded (`lastack.tcp_fold_above`).
    private static final int FIRST_CONNECTIONS = 2_000;
    private static final int CONNECTIONS = 10_000;

    @Test
    void tenThousandBlockingEchoesOnVirtualThreads() throws Exception {
        AtomicInteger pinned = new AtomicInteger();
        List<String> where = java.util.Collections.synchronizedList(new java.util.ArrayList<>());
        try (RecordingStream events = new RecordingStream(); Net net = new Net(); ServerSocketChannel listener = net.b.openServerSocketChannel()) {
            events.enable("jdk.VirtualThreadPinned").withThreshold(java.time.Duration.ZERO).withStackTrace();
            events.onEvent("jdk.VirtualThreadPinned", event -> {
                String stack = String.valueOf(event.getStackTrace());
                // The loader of classes pins whoever waits for it: once in the life of a class, whatever the code does.
                if (stack.contains("org.lastack") && !stack.contains("ClassLoader.loadClass(")) {
                    pinned.incrementAndGet();
                    where.add(event.toString());
                }
            });
            listener.bind(new InetSocketAddress(7), 4000);
            Thread.ofVirtual().start(() -> acceptAll(listener));
            // Once unobserved: threads that are the first to need a class wait for it together, pinned by the JVM.
            echoes(net, FIRST_CONNECTIONS);
            events.startAsync();
            echoes(net, CONNECTIONS);
            events.stop();
        }
        assertThat(pinned.get()).as(() -> String.join("\n", where)).isZero();
    }

    private static void echoes(Net net, int connections) throws Exception {
        CountDownLatch connected = new CountDownLatch(connections);
        CompletableFuture<?>[] clients = new CompletableFuture<?>[connections];
        for (int i = 0; i < connections; i++) {
            int number = i;
            clients[i] = Net.async(() -> echo(net, connected, number));
        }
        CompletableFuture.allOf(clients).get();
    }

    /// All connections are open before the first echo.
    private static boolean echo(Net net, CountDownLatch connected, int number) throws Exception {
        try (SocketChannel channel = net.a.openSocketChannel()) {
            channel.connect(Net.atB(7));
            connected.countDown();
            connected.await();
            ByteBuffer out = ByteBuffer.allocate(4).putInt(number).flip();
            channel.write(out);
            ByteBuffer in = ByteBuffer.allocate(4);
            while (in.hasRemaining()) {
                if (channel.read(in) < 0) {
                    throw new AssertionError("ended early");
                }
            }
            assertThat(in.getInt(0)).isEqualTo(number);
            return true;
        }
    }

    private static void acceptAll(ServerSocketChannel listener) {
        try {
            while (true) {
                SocketChannel accepted = listener.accept();
                Thread.ofVirtual().start(() -> serve(accepted));
            }
        } catch (java.io.IOException e) {
            assertThat(listener.isOpen()).isFalse();
        }
    }

    private static void serve(SocketChannel channel) {
        try (channel) {
            ByteBuffer buffer = ByteBuffer.allocate(64);
            while (channel.read(buffer) >= 0) {
                channel.write(buffer.flip());
                buffer.clear();
            }
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
