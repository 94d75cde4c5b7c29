package org.lastack.javalibs;

import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ClientCalls;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.hc.client5.http.classic.methods.HttpGet;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClients;
import org.apache.hc.client5.http.impl.io.BasicHttpClientConnectionManager;
import org.apache.hc.client5.http.impl.io.DefaultHttpClientConnectionOperator;
import org.apache.hc.client5.http.io.DetachedSocketFactory;
import org.apache.hc.client5.http.ssl.TlsSocketStrategy;
import org.apache.hc.core5.http.config.RegistryBuilder;
import org.apache.hc.core5.http.io.entity.EntityUtils;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.server.NIOServerCnxnFactory;
import org.apache.zookeeper.server.ZooKeeperServer;
import org.lastack.net.LastackSocketFactory;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.client.HttpClient;
import reactor.netty.http.server.HttpServer;
import reactor.netty.resources.LoopResources;

/// Further ones, and some of the others with TLS.
final class MoreLibraries {
    private MoreLibraries() {}

    static List<Library<Stage>> all() {
        return List.of(
                new Library<>("gRPC-java (grpc-netty) with TLS", Library.versionOf(NettyServerBuilder.class), Library.PROPERTY, "unary calls with 1 MB both ways, HTTP/2 by ALPN", MoreLibraries::grpc),
                new Library<>("Vert.x server + client with TLS", Library.versionOf(Vertx.class), Library.PROPERTY, "HTTP/2 by ALPN, 1 MB", MoreLibraries::vertx),
                new Library<>("Reactor Netty server + client", Library.versionOf(HttpServer.class), Library.PROPERTY, "HTTP/1.1, 1 MB both ways", MoreLibraries::reactor),
                new Library<>("Apache HttpClient 5 classic", Library.versionOf(HttpClients.class), "`DetachedSocketFactory`", "HTTP/1.1, 1 MB from the JDK's HttpServer", MoreLibraries::httpClient5),
                new Library<>("Apache ZooKeeper server + client", Library.versionOf(ZooKeeper.class), Library.PROPERTY, "nodes made and read, a watch, an ephemeral node that goes with its session",
                        MoreLibraries::zooKeeper));
    }

    private static void grpc(Stage stage) throws Exception {
        Tls tls = Tls.of(Stage.SERVER);
        Server server = stage.onServer(() -> NettyServerBuilder.forPort(50052).addService(NettyLibraries.echoService())
                .sslContext(GrpcSslContexts.configure(SslContextBuilder.forServer(tls.key(), tls.certificate()), SslProvider.JDK).build()).build().start());
        stage.onClient(() -> {
            ManagedChannel channel = NettyChannelBuilder.forAddress(Stage.SERVER, 50052)
                    .sslContext(GrpcSslContexts.configure(SslContextBuilder.forClient().trustManager(tls.certificate()), SslProvider.JDK).build()).build();
            for (int i = 0; i < 5; i++) {
                Stage.expectBody(ClientCalls.blockingUnaryCall(channel, NettyLibraries.ECHO, CallOptions.DEFAULT.withDeadlineAfter(20, TimeUnit.SECONDS), Stage.BODY));
            }
            channel.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
            return null;
        });
        server.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
    }

    private static void vertx(Stage stage) throws Exception {
        Path directory = Files.createTempDirectory("lastack-vertx");
        try {
            String certificate = directory.resolve("server.crt").toString();
            String key = directory.resolve("server.key").toString();
            Tls.of(Stage.SERVER).write(Path.of(certificate), Path.of(key));
            Vertx servers = stage.onServer(() -> {
                Vertx made = Vertx.vertx();
                made.createHttpServer(new HttpServerOptions().setSsl(true).setUseAlpn(true).setKeyCertOptions(new PemKeyCertOptions().addCertPath(certificate).addKeyPath(key)))
                        .requestHandler(request -> request.response().end(Buffer.buffer(Stage.BODY))).listen(8443).toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
                return made;
            });
            stage.onClient(() -> {
                Vertx clients = Vertx.vertx();
                HttpClientOptions options = new HttpClientOptions().setSsl(true).setUseAlpn(true).setProtocolVersion(HttpVersion.HTTP_2)
                        .setTrustOptions(new PemTrustOptions().addCertPath(certificate));
                byte[] received = clients.createHttpClient(options).request(HttpMethod.GET, 8443, Stage.SERVER, "/").compose(request -> request.send()).compose(answer -> {
                    Stage.expect(answer.version() == HttpVersion.HTTP_2, "version " + answer.version());
                    return answer.body();
                }).toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS).getBytes();
                Stage.expectBody(received);
                clients.close().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
                return null;
            });
            servers.close().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
        } finally {
            delete(directory);
        }
    }

    private static void delete(Path directory) throws java.io.IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            files.sorted(Comparator.reverseOrder()).forEach(each -> each.toFile().delete());
        }
    }

    /// Loops of their own for each side: shared ones would open both sides' channels on the host of whoever came first.
    private static void reactor(Stage stage) throws Exception {
        LoopResources serverLoops = LoopResources.create("reactor-server", 1, true);
        LoopResources clientLoops = LoopResources.create("reactor-client", 1, true);
        DisposableServer server = stage.onServer(() -> HttpServer.create().runOn(serverLoops, false).port(8080)
                .handle((request, response) -> response.sendByteArray(request.receive().aggregate().asByteArray())).bindNow());
        byte[] received = stage.onClient(() -> HttpClient.newConnection().runOn(clientLoops, false).post().uri("http://" + Stage.SERVER + ":8080/")
                .send((request, out) -> out.sendByteArray(Mono.just(Stage.BODY))).responseContent().aggregate().asByteArray().block(java.time.Duration.ofSeconds(20)));
        Stage.expectBody(received);
        server.disposeNow();
        serverLoops.disposeLater().block();
        clientLoops.disposeLater().block();
    }

    private static void httpClient5(Stage stage) throws Exception {
        com.sun.net.httpserver.HttpServer server = OtherLibraries.bodyServer(stage);
        DetachedSocketFactory sockets = new DetachedSocketFactory() {
            @Override
            public java.net.Socket create(Proxy proxy) throws java.io.IOException {
                return LastackSocketFactory.of(stage.client).createSocket();
            }
        };
        DefaultHttpClientConnectionOperator operator = new DefaultHttpClientConnectionOperator(sockets, null, null, RegistryBuilder.<TlsSocketStrategy>create().build());
        try (CloseableHttpClient client = HttpClients.custom().setConnectionManager(new BasicHttpClientConnectionManager(operator, null)).build()) {
            Stage.expectBody(client.execute(new HttpGet("http://" + Stage.SERVER + ":8080/"), answer -> EntityUtils.toByteArray(answer.getEntity())));
        }
        server.stop(0);
    }

    private static void zooKeeper(Stage stage) throws Exception {
        Path directory = Files.createTempDirectory("lastack-zookeeper");
        try {
            NIOServerCnxnFactory factory = stage.onServer(() -> {
                NIOServerCnxnFactory made = new NIOServerCnxnFactory();
                made.configure(new InetSocketAddress(2181), 100);
                made.startup(new ZooKeeperServer(directory.resolve("snapshots").toFile(), directory.resolve("log").toFile(), 1000));
                return made;
            });
            stage.onClient(() -> {
                sessions();
                return null;
            });
            factory.shutdown();
        } finally {
            delete(directory);
        }
    }

    private static ZooKeeper session() throws Exception {
        CountDownLatch connected = new CountDownLatch(1);
        ZooKeeper session = new ZooKeeper(Stage.SERVER + ":2181", 10_000, event -> {
            if (event.getState() == Watcher.Event.KeeperState.SyncConnected) {
                connected.countDown();
            }
        });
        Stage.expect(connected.await(20, TimeUnit.SECONDS), "a session within 20 s");
        return session;
    }

    private static void sessions() throws Exception {
        try (ZooKeeper writer = session()) {
            ZooKeeper other = session();
            writer.create("/body", new byte[0], ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
            CountDownLatch changed = new CountDownLatch(1);
            other.getData("/body", (WatchedEvent event) -> changed.countDown(), null);
            byte[] half = java.util.Arrays.copyOf(Stage.BODY, 500_000);
            writer.setData("/body", half, -1);
            Stage.expect(changed.await(20, TimeUnit.SECONDS), "the watch fires");
            Stage.expect(java.util.Arrays.equals(other.getData("/body", false, null), half), "what was set is read");
            other.create("/here", new byte[0], ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.EPHEMERAL);
            CountDownLatch gone = new CountDownLatch(1);
            Stage.expect(writer.exists("/here", event -> gone.countDown()) != null, "the ephemeral node is there");
            other.close();
            Stage.expect(gone.await(20, TimeUnit.SECONDS), "the ephemeral node goes with its session");
        }
    }
}
