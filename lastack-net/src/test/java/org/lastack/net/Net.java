package org.lastack.net;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Callable;

/// Two hosts on a cable, and what tests do with them again and again.
final class Net implements AutoCloseable {
    final LastackNetwork network = LastackNetwork.inMemory();
    final LastackSelectorProvider a = LastackSelectorProvider.of(network.host("a"));
    final LastackSelectorProvider b = LastackSelectorProvider.of(network.host("b"));

    record Connection(SocketChannel client, SocketChannel server) implements AutoCloseable {
        @Override
        public void close() throws IOException {
            client.close();
            server.close();
        }
    }

    static InetSocketAddress atB(int port) {
        return new InetSocketAddress("10.0.0.2", port);
    }

    static int port(ServerSocketChannel listener) throws IOException {
        return ((InetSocketAddress) listener.getLocalAddress()).getPort();
    }

    /// A connection from a to b, both ends blocking.
    Connection connection() throws IOException {
        try (ServerSocketChannel listener = b.openServerSocketChannel().bind(null)) {
            SocketChannel client = a.openSocketChannel();
            client.connect(atB(port(listener)));
            return new Connection(client, listener.accept());
        }
    }

    /// Runs on a virtual thread.
    static <T> CompletableFuture<T> async(Callable<T> action) {
        CompletableFuture<T> result = new CompletableFuture<>();
        Thread.ofVirtual().start(() -> {
            try {
                result.complete(action.call());
            } catch (Throwable e) {
                result.completeExceptionally(e);
            }
        });
        return result;
    }

    /// Returns when the thread waits (parked): then the call under test is inside.
    static void awaitParked(Thread thread) {
        while (thread.getState() != Thread.State.WAITING && thread.getState() != Thread.State.TIMED_WAITING) {
            if (!thread.isAlive()) {
                throw new AssertionError("the thread has ended instead of waiting");
            }
            Thread.onSpinWait();
        }
    }

    @Override
    public void close() {
        network.close();
    }
}
