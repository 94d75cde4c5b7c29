package org.lastack.net.conformance;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ProtocolFamily;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.SelectorProvider;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;
import org.lastack.host.Host;
import org.lastack.net.AddressRules;
import org.lastack.net.LastackSelectorProvider;
import org.lastack.net.LastackServerSocketFactory;
import org.lastack.net.LastackSocketFactory;

/// Where a story of [Conformance] is played: the JDK's own channels on the kernel's loopback, or ours on the loopback of a host. What is opened
/// through it is closed at the end. What was seen is a list of lines.
final class Stage implements AutoCloseable {
    private final @Nullable Host host;
    private final @Nullable AddressRules rules;
    private final SelectorProvider provider;
    private final Deque<Closeable> opened = new ArrayDeque<>();
    private final List<Integer> ports = new ArrayList<>();
    final List<String> seen = new ArrayList<>();

    private Stage(@Nullable Host host, @Nullable AddressRules rules) {
        this.host = host;
        this.rules = rules;
        this.provider = host == null ? SelectorProvider.provider() : rules == null ? LastackSelectorProvider.of(host) : LastackSelectorProvider.of(host, rules);
    }

    static Stage ofJdk() {
        return new Stage(null, null);
    }

    static Stage ofLastack() {
        return new Stage(Host.builder().name("stage").build(), null);
    }

    /// Channels that could become the kernel's, but do not.
    static Stage ofLastackByRules() {
        return new Stage(Host.builder().name("stage").build(), AddressRules.parse("default lastack"));
    }

    /// Our channels, with the kernel's behind them.
    static Stage ofKernelByRules() {
        return new Stage(Host.builder().name("stage").build(), AddressRules.parse("default kernel"));
    }

    interface Action {
        void run() throws Exception;
    }

    record Pair(SocketChannel client, SocketChannel server) {}

    // ---- notes ----------------------------------------------------------------------------------------------------------------------

    /// Notes the value of a call, or what it throws.
    void see(String label, Callable<?> call) {
        seen.add(label + ": " + outcome(call));
    }

    /// Notes that an action ends well, or what it throws.
    void run(String label, Action action) {
        see(label, () -> {
            action.run();
            return "done";
        });
    }

    String outcome(Callable<?> call) {
        try {
            return shown(call.call());
        } catch (Throwable e) {
            return thrown(e);
        }
    }

    String thrown(Throwable e) {
        Throwable real = e instanceof ExecutionException && e.getCause() != null ? e.getCause() : e;
        // A NullPointerException of the virtual machine says which variable it was; that is not specified.
        String text = real instanceof NullPointerException || real instanceof IndexOutOfBoundsException ? "" : " " + withoutPorts(String.valueOf(real.getMessage()));
        return "throws " + real.getClass().getSimpleName() + text;
    }

    private String shown(@Nullable Object value) {
        return switch (value) {
            case null -> "null";
            case InetSocketAddress address -> address.getAddress() + ":" + (address.getPort() == 0 ? "0" : name(address.getPort()));
            case InetAddress address -> address.toString();
            default -> withoutPorts(String.valueOf(value));
        };
    }

    /// A port has a number in each world; it is named by its place in the order of appearance.
    String name(int port) {
        if (port <= 0) {
            return String.valueOf(port);
        }
        if (!ports.contains(port)) {
            ports.add(port);
        }
        return "port" + ports.indexOf(port);
    }

    /// Classes are not compared, ports are by their names.
    private String withoutPorts(String text) {
        String result = text.replaceAll("(sun\\.nio\\.ch|org\\.lastack\\.net)[.\\w$]+", "Impl").replaceAll("@[0-9a-f]+", "@");
        for (Integer each : ports) {
            result = result.replaceAll("\\b" + each + "\\b", name(each));
        }
        return result;
    }

    // ---- opening --------------------------------------------------------------------------------------------------------------------

    <T extends Closeable> T opened(T closeable) {
        opened.push(closeable);
        return closeable;
    }

    boolean kernelByRules() {
        return rules != null && rules.destination(new InetSocketAddress(loopback(), 1)) == AddressRules.Side.KERNEL;
    }

    SelectorProvider provider() {
        return provider;
    }

    SocketChannel socket() throws IOException {
        return opened(provider.openSocketChannel());
    }

    SocketChannel socket(ProtocolFamily family) throws IOException {
        return opened(provider.openSocketChannel(family));
    }

    ServerSocketChannel server() throws IOException {
        return opened(provider.openServerSocketChannel());
    }

    ServerSocketChannel server(ProtocolFamily family) throws IOException {
        return opened(provider.openServerSocketChannel(family));
    }

    DatagramChannel datagram() throws IOException {
        return opened(provider.openDatagramChannel());
    }

    DatagramChannel datagram(ProtocolFamily family) throws IOException {
        return opened(provider.openDatagramChannel(family));
    }

    Selector selector() throws IOException {
        return opened(provider.openSelector());
    }

    /// A `java.net.Socket` that is no adaptor of a channel.
    Socket plainSocket() throws IOException {
        return opened(host == null ? new Socket() : factory(host).createSocket());
    }

    private LastackSocketFactory factory(Host here) {
        return rules == null ? LastackSocketFactory.of(here) : LastackSocketFactory.of(here, rules);
    }

    ServerSocket plainServer() throws IOException {
        if (host == null) {
            return opened(new ServerSocket());
        }
        return opened((rules == null ? LastackServerSocketFactory.of(host) : LastackServerSocketFactory.of(host, rules)).createServerSocket());
    }

    static InetAddress loopback() {
        return InetAddress.getLoopbackAddress();
    }

    static InetSocketAddress at(int port) {
        return new InetSocketAddress(loopback(), port);
    }

    static int port(ServerSocketChannel server) throws IOException {
        return ((InetSocketAddress) server.getLocalAddress()).getPort();
    }

    static int port0(DatagramChannel channel) throws IOException {
        return ((InetSocketAddress) channel.getLocalAddress()).getPort();
    }

    /// A port of 127.0.0.1 on which nobody listens, and nobody will while the story lasts.
    InetSocketAddress refusing() throws IOException {
        SocketChannel holder = socket();
        holder.bind(new InetSocketAddress(loopback(), 0));
        return (InetSocketAddress) holder.getLocalAddress();
    }

    /// A listener on 127.0.0.1.
    ServerSocketChannel listener() throws IOException {
        return server().bind(new InetSocketAddress(loopback(), 0));
    }

    /// A connection, both ends blocking.
    Pair pair() throws IOException {
        try (ServerSocketChannel listener = provider.openServerSocketChannel().bind(new InetSocketAddress(loopback(), 0))) {
            SocketChannel client = socket();
            client.connect(listener.getLocalAddress());
            return new Pair(client, opened(listener.accept()));
        }
    }

    /// A non-blocking channel whose handshake gets no answer: the listener's queue is full (Linux drops the SYN then).
    SocketChannel pending() throws IOException {
        ServerSocketChannel full = server().bind(new InetSocketAddress(loopback(), 0), 1);
        for (int i = 0; i < 2; i++) {
            socket().connect(full.getLocalAddress());
        }
        SocketChannel pending = socket();
        pending.configureBlocking(false);
        if (pending.connect(full.getLocalAddress())) {
            throw new AssertionError("the queue is not full");
        }
        return pending;
    }

    // ---- other threads --------------------------------------------------------------------------------------------------------------

    /// A call that is under way in a virtual thread: its outcome, and the thread.
    record Blocked(CompletableFuture<String> outcome, Thread thread) {
        String end() throws Exception {
            return outcome.get();
        }
    }

    /// Starts a call that waits, and returns when it does.
    Blocked blocked(Callable<?> call) {
        CompletableFuture<String> outcome = new CompletableFuture<>();
        Thread thread = Thread.ofVirtual().start(() -> {
            String result = outcome(call);
            outcome.complete(result + (Thread.currentThread().isInterrupted() ? ", interrupted" : ""));
        });
        while (thread.getState() != Thread.State.WAITING && thread.getState() != Thread.State.TIMED_WAITING) {
            if (!thread.isAlive()) {
                throw new AssertionError("does not wait, but " + outcome.getNow("ends"));
            }
            Thread.onSpinWait();
        }
        return new Blocked(outcome, thread);
    }

    /// Starts a call of which it does not matter whether it has begun.
    Blocked started(Callable<?> call) {
        CompletableFuture<String> outcome = new CompletableFuture<>();
        Thread thread = Thread.ofPlatform().start(() -> {
            String result = outcome(call);
            outcome.complete(result + (Thread.currentThread().isInterrupted() ? ", interrupted" : ""));
        });
        return new Blocked(outcome, thread);
    }

    /// The outcome of a call in a thread that was interrupted before.
    String interrupted(Callable<?> call) throws Exception {
        CompletableFuture<String> outcome = new CompletableFuture<>();
        Thread.ofPlatform().start(() -> {
            Thread.currentThread().interrupt();
            String result = outcome(call);
            outcome.complete(result + (Thread.currentThread().isInterrupted() ? ", interrupted" : ""));
        });
        return outcome.get();
    }

    // ---- data -----------------------------------------------------------------------------------------------------------------------

    static ByteBuffer octets(int... values) {
        ByteBuffer buffer = ByteBuffer.allocate(values.length);
        for (int each : values) {
            buffer.put((byte) each);
        }
        return buffer.flip();
    }

    /// Returns when the channel can be read from, or has ended.
    void awaitReadable(SocketChannel channel) throws IOException {
        boolean blocking = channel.isBlocking();
        channel.configureBlocking(false);
        try (Selector selector = provider.openSelector()) {
            channel.register(selector, java.nio.channels.SelectionKey.OP_READ);
            selector.select();
        }
        channel.configureBlocking(blocking);
    }

    /// Closes one end with a reset, and returns when the other knows.
    void reset(SocketChannel one, SocketChannel other) throws IOException {
        one.setOption(StandardSocketOptions.SO_LINGER, 0);
        one.close();
        awaitReadable(other);
    }

    @Override
    public void close() throws IOException {
        while (!opened.isEmpty()) {
            opened.pop().close();
        }
        if (host != null) {
            host.close();
        }
    }
}
