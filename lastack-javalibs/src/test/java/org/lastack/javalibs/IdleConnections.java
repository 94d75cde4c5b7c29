package org.lastack.javalibs;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.SelectorProvider;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.lastack.net.LastackSelectorProvider;

/// Many idle connections from a process of the kernel's to a server on Lastack, and what each of them costs this JVM's heap.
final class IdleConnections {
    private static final int BACKLOG = 4000;
    /// Before the first measurement: classes loaded, pools filled.
    private static final int WARM_UP = 300;

    private static final int SHOWN = 25;
    /// What stands between a program and the engine, by the beginnings of names: the host's socket, channel and key with their locks and addresses.
    private static final List<String> FACE =
            List.of("org.lastack.net.", "org.lastack.host.", "java.net.", "java.nio.", "[Ljava.nio.", "java.util.concurrent.", "java.lang.Object");

    private IdleConnections() {}

    /// A server of nothing but NIO: what a connection costs is the engine, the host's socket, its channel and its key.
    static void nio(KernelNet net, int count) throws Exception {
        SelectorProvider provider = LastackSelectorProvider.of(net.host);
        try (Selector selector = provider.openSelector(); ServerSocketChannel listener = provider.openServerSocketChannel()) {
            listener.bind(new InetSocketAddress(7001), BACKLOG).configureBlocking(false).register(selector, SelectionKey.OP_ACCEPT);
            Thread loop = Thread.ofPlatform().daemon().name("nio-echo").start(() -> serve(selector, listener));
            measure(net, "nio", count, 7001);
            selector.close();
            loop.join();
        }
    }

    private static void serve(Selector selector, ServerSocketChannel listener) {
        ByteBuffer buffer = ByteBuffer.allocate(64);
        try {
            while (selector.isOpen()) {
                selector.select(key -> {
                    try {
                        if (key.isAcceptable()) {
                            for (SocketChannel each = listener.accept(); each != null; each = listener.accept()) {
                                each.configureBlocking(false).register(selector, SelectionKey.OP_READ);
                            }
                        } else if (((SocketChannel) key.channel()).read(buffer.clear()) < 0) {
                            key.channel().close();
                        } else {
                            ((SocketChannel) key.channel()).write(buffer.flip());
                        }
                    } catch (IOException e) {
                        throw new java.io.UncheckedIOException(e);
                    }
                });
            }
        } catch (IOException | java.nio.channels.ClosedSelectorException e) {
            Stage.expect(!selector.isOpen(), e.toString());
        }
    }

    static void netty(KernelNet net, int count) throws Exception {
        SelectorProvider provider = LastackSelectorProvider.of(net.host);
        EventLoopGroup loops = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory(provider));
        try {
            new ServerBootstrap().group(loops).channelFactory(() -> new NioServerSocketChannel(provider)).option(io.netty.channel.ChannelOption.SO_BACKLOG, BACKLOG)
                    .childHandler(new ChannelInitializer<Channel>() {
                        @Override
                        protected void initChannel(Channel channel) {
                            channel.pipeline().addLast(new Echo());
                        }
                    }).bind(7002).sync();
            measure(net, "netty", count, 7002);
        } finally {
            loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).sync();
        }
    }

    private static final class Echo extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            context.writeAndFlush(message);
        }
    }

    private static void measure(KernelNet net, String server, int count, int port) throws Exception {
        int others = net.host.openSockets().size();
        clients(WARM_UP, port, Heap::now);
        awaitClosed(net, others);
        Heap before = Heap.baseline();
        clients(count, port, () -> {
            Heap with = Heap.now();
            double each = with.octetsMore(before) / (double) count;
            Map<String, Long> growth = with.growth(before);
            long face = growth.entrySet().stream().filter(one -> FACE.stream().anyMatch(one.getKey()::startsWith)).mapToLong(Map.Entry::getValue).sum();
            System.out.printf("MEMORY\t%s\t%d\t%.0f\t%.0f%n", server, count, each, face / (double) count);
            growth.entrySet().stream().limit(SHOWN).forEach(one -> System.out.printf("HEAP\t%s\t%.1f\t%s%n", server, one.getValue() / (double) count, one.getKey()));
        });
        awaitClosed(net, others);
    }

    /// The server closes its ends when it learns of the clients' end.
    private static void awaitClosed(KernelNet net, int others) {
        long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (net.host.openSockets().size() > others) {
            Stage.expect(System.nanoTime() < deadlineNs, "the server does not close its ends");
            Thread.yield();
        }
    }

    private interface Action {
        void run() throws Exception;
    }

    /// Opens connections in a process of its own, calls the action while they idle, and lets each echo twice.
    private static void clients(int count, int port, Action whileIdle) throws Exception {
        Process clients = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp",
                System.getProperty("java.class.path"), IdleClients.class.getName(), Integer.toString(count), KernelNet.LASTACK, Integer.toString(port))
                .redirectError(ProcessBuilder.Redirect.INHERIT).start();
        try (BufferedReader said = clients.inputReader()) {
            Stage.expect("open".equals(said.readLine()), "not all connections were opened");
            whileIdle.run();
            echo(clients, said);
            echo(clients, said);
            clients.getOutputStream().close();
            Stage.expect(clients.waitFor() == 0, "the clients end with " + clients.exitValue());
        } finally {
            clients.destroyForcibly();
        }
    }

    private static void echo(Process clients, BufferedReader said) throws IOException {
        clients.getOutputStream().write('\n');
        clients.getOutputStream().flush();
        Stage.expect("echoed".equals(said.readLine()), "not all connections echo");
    }
}
