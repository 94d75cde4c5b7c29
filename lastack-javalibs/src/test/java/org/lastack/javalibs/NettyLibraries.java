package org.lastack.javalibs;

import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCalls;
import io.lettuce.core.RedisClient;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpVersion;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.http.HttpClient;
import java.nio.channels.spi.SelectorProvider;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.lastack.net.LastackSelectorProvider;

/// Netty, and what stands on it.
final class NettyLibraries {
    private NettyLibraries() {}

    static List<Library<Stage>> all() {
        return List.of(
                new Library<>("Netty NIO echo", Library.versionOf(NioSocketChannel.class), "`NioIoHandler.newFactory(provider)`, `new NioSocketChannel(provider)`", "TCP, 1 MB both ways",
                        NettyLibraries::echo),
                new Library<>("Netty HTTP server", Library.versionOf(HttpServerCodec.class), Library.PROPERTY, "HTTP/1.1, 1 MB, JDK HttpClient", NettyLibraries::http),
                new Library<>("Netty NIO datagrams", Library.versionOf(NioDatagramChannel.class), Library.PROPERTY, "UDP, 1000 octets both ways", NettyLibraries::datagrams),
                new Library<>("gRPC-java (grpc-netty)", Library.versionOf(NettyServerBuilder.class), Library.PROPERTY, "unary calls with 1 MB both ways", NettyLibraries::grpc),
                new Library<>("Lettuce", Library.versionOf(RedisClient.class), Library.PROPERTY, "PING, SET and GET of a fake Redis", NettyLibraries::lettuce));
    }

    private static final class Echo extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            context.writeAndFlush(message);
        }
    }

    private static <C extends Channel> ChannelInitializer<C> with(java.util.function.Consumer<C> action) {
        return new ChannelInitializer<>() {
            @Override
            protected void initChannel(C channel) {
                action.accept(channel);
            }
        };
    }

    private static void echo(Stage stage) throws Exception {
        SelectorProvider onServer = LastackSelectorProvider.of(stage.server);
        SelectorProvider onClient = LastackSelectorProvider.of(stage.client);
        EventLoopGroup servers = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory(onServer));
        EventLoopGroup clients = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory(onClient));
        try {
            new ServerBootstrap().group(servers).channelFactory(() -> new NioServerSocketChannel(onServer))
                    .childHandler(NettyLibraries.<Channel>with(channel -> channel.pipeline().addLast(new Echo()))).bind(7).sync();
            CompletableFuture<byte[]> received = new CompletableFuture<>();
            ByteBuf all = Unpooled.buffer(Stage.BODY.length);
            Channel client = new Bootstrap().group(clients).channelFactory(() -> new NioSocketChannel(onClient))
                    .handler(NettyLibraries.<Channel>with(channel -> channel.pipeline().addLast(new SimpleChannelInboundHandler<ByteBuf>() {
                        @Override
                        protected void channelRead0(ChannelHandlerContext context, ByteBuf message) {
                            all.writeBytes(message);
                            if (all.readableBytes() == Stage.BODY.length) {
                                received.complete(all.array());
                            }
                        }
                    }))).connect(Stage.SERVER, 7).sync().channel();
            client.writeAndFlush(Unpooled.wrappedBuffer(Stage.BODY));
            Stage.expectBody(received.get(20, TimeUnit.SECONDS));
            client.close().sync();
        } finally {
            end(servers, clients);
        }
    }

    private static void end(EventLoopGroup... groups) throws InterruptedException {
        for (EventLoopGroup each : groups) {
            each.shutdownGracefully(0, 5, TimeUnit.SECONDS).sync();
        }
    }

    private static void http(Stage stage) throws Exception {
        EventLoopGroup servers = stage.onServer(() -> {
            EventLoopGroup made = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
            new ServerBootstrap().group(made).channel(NioServerSocketChannel.class)
                    .childHandler(NettyLibraries.<Channel>with(channel -> channel.pipeline().addLast(new HttpServerCodec(), new HttpObjectAggregator(1 << 16),
                            new SimpleChannelInboundHandler<FullHttpRequest>() {
                                @Override
                                protected void channelRead0(ChannelHandlerContext context, FullHttpRequest request) {
                                    DefaultFullHttpResponse answer = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK, Unpooled.wrappedBuffer(Stage.BODY));
                                    answer.headers().set(HttpHeaderNames.CONTENT_LENGTH, Stage.BODY.length);
                                    context.writeAndFlush(answer);
                                }
                            }))).bind(8080).sync();
            return made;
        });
        try {
            stage.getWithJdk(HttpClient.Version.HTTP_1_1, 8080, "/");
        } finally {
            end(servers);
        }
    }

    private static void datagrams(Stage stage) throws Exception {
        EventLoopGroup servers = stage.onServer(() -> {
            EventLoopGroup made = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
            new Bootstrap().group(made).channel(NioDatagramChannel.class).handler(new SimpleChannelInboundHandler<DatagramPacket>() {
                @Override
                protected void channelRead0(ChannelHandlerContext context, DatagramPacket packet) {
                    context.writeAndFlush(new DatagramPacket(packet.content().retain(), packet.sender()));
                }
            }).bind(7).sync();
            return made;
        });
        CompletableFuture<Integer> length = new CompletableFuture<>();
        EventLoopGroup clients = stage.onClient(() -> {
            EventLoopGroup made = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
            Channel channel = new Bootstrap().group(made).channel(NioDatagramChannel.class).handler(new SimpleChannelInboundHandler<DatagramPacket>() {
                @Override
                protected void channelRead0(ChannelHandlerContext context, DatagramPacket packet) {
                    length.complete(packet.content().readableBytes());
                }
            }).bind(0).sync().channel();
            channel.writeAndFlush(new DatagramPacket(Unpooled.wrappedBuffer(new byte[1000]), new InetSocketAddress(Stage.SERVER, 7))).sync();
            return made;
        });
        try {
            Stage.expect(length.get(20, TimeUnit.SECONDS) == 1000, "1000 octets come back");
        } finally {
            end(servers, clients);
        }
    }

    private static final MethodDescriptor.Marshaller<byte[]> PLAIN = new MethodDescriptor.Marshaller<>() {
        @Override
        public InputStream stream(byte[] value) {
            return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
            try {
                return stream.readAllBytes();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    };

    static final MethodDescriptor<byte[], byte[]> ECHO =
            MethodDescriptor.newBuilder(PLAIN, PLAIN).setType(MethodDescriptor.MethodType.UNARY).setFullMethodName("lastack.Echo/Echo").build();

    static ServerServiceDefinition echoService() {
        return ServerServiceDefinition.builder("lastack.Echo").addMethod(ECHO, ServerCalls.asyncUnaryCall((request, observer) -> {
            observer.onNext(request);
            observer.onCompleted();
        })).build();
    }

    private static void grpc(Stage stage) throws Exception {
        Server server = stage.onServer(() -> NettyServerBuilder.forPort(50051).addService(echoService()).build().start());
        stage.onClient(() -> {
            ManagedChannel channel = NettyChannelBuilder.forAddress(Stage.SERVER, 50051).usePlaintext().build();
            for (int i = 0; i < 5; i++) {
                Stage.expectBody(ClientCalls.blockingUnaryCall(channel, ECHO, CallOptions.DEFAULT.withDeadlineAfter(20, TimeUnit.SECONDS), Stage.BODY));
            }
            channel.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
            return null;
        });
        server.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
    }

    private static void lettuce(Stage stage) throws Exception {
        try (FakeRedis redis = FakeRedis.on(stage.server, 6379)) {
            stage.onClient(() -> {
                RedisClient client = RedisClient.create("redis://10.0.0.2:6379");
                try (io.lettuce.core.api.StatefulRedisConnection<String, String> connection = client.connect()) {
                    Stage.expect(connection.sync().ping().equals("PONG"), "PONG");
                    connection.sync().set("key", "value");
                    Stage.expect("value".equals(connection.sync().get("key")), "value");
                }
                client.shutdown();
                return null;
            });
        }
    }
}
