package org.lastack.javalibs;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import org.apache.hc.client5.http.async.methods.SimpleHttpResponse;
import org.apache.hc.client5.http.async.methods.SimpleRequestBuilder;
import org.apache.hc.client5.http.impl.async.CloseableHttpAsyncClient;
import org.apache.hc.client5.http.impl.async.HttpAsyncClients;
import org.apache.mina.core.buffer.IoBuffer;
import org.apache.mina.core.future.ConnectFuture;
import org.apache.mina.core.service.IoHandlerAdapter;
import org.apache.mina.core.session.IoSession;
import org.apache.mina.transport.socket.nio.NioSocketAcceptor;
import org.apache.mina.transport.socket.nio.NioSocketConnector;
import org.java_websocket.client.WebSocketClient;
import org.java_websocket.handshake.ClientHandshake;
import org.java_websocket.handshake.ServerHandshake;
import org.java_websocket.server.WebSocketServer;
import org.lastack.net.LastackSocketFactory;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.JedisSocketFactory;

/// Clients and frameworks of other families.
final class OtherLibraries {
    private OtherLibraries() {}

    static List<Library<Stage>> all() {
        return List.of(
                new Library<>("Apache HttpClient 5 async", Library.versionOf(HttpAsyncClients.class), Library.PROPERTY, "HTTP/1.1, 1 MB from the JDK's HttpServer", OtherLibraries::httpClient5),
                new Library<>("OkHttp", Library.versionOf(OkHttpClient.class), "`OkHttpClient.Builder.socketFactory`", "HTTP/1.1, 1 MB from the JDK's HttpServer", OtherLibraries::okHttp),
                new Library<>("Jedis", Library.versionOf(Jedis.class), "`JedisSocketFactory`", "PING, SET and GET of a fake Redis", OtherLibraries::jedis),
                new Library<>("Apache MINA", Library.versionOf(NioSocketAcceptor.class), Library.PROPERTY, "TCP echo, 1 MB both ways", OtherLibraries::mina),
                new Library<>("Java-WebSocket server + client", Library.versionOf(WebSocketServer.class), Library.PROPERTY + "; client: `setSocketFactory`", "1 MB message both ways",
                        OtherLibraries::webSocket));
    }

    static HttpServer bodyServer(Stage stage) throws Exception {
        return stage.onServer(() -> {
            HttpServer made = HttpServer.create(new InetSocketAddress(8080), 0);
            made.createContext("/", exchange -> {
                exchange.sendResponseHeaders(200, Stage.BODY.length);
                exchange.getResponseBody().write(Stage.BODY);
                exchange.close();
            });
            made.start();
            return made;
        });
    }

    private static void httpClient5(Stage stage) throws Exception {
        HttpServer server = bodyServer(stage);
        stage.onClient(() -> {
            try (CloseableHttpAsyncClient client = HttpAsyncClients.createDefault()) {
                client.start();
                SimpleHttpResponse answer = client.execute(SimpleRequestBuilder.get("http://10.0.0.2:8080/").build(), null).get(20, TimeUnit.SECONDS);
                Stage.expectBody(answer.getBodyBytes());
            }
            return null;
        });
        server.stop(0);
    }

    private static void okHttp(Stage stage) throws Exception {
        HttpServer server = bodyServer(stage);
        OkHttpClient client = new OkHttpClient.Builder().socketFactory(LastackSocketFactory.of(stage.client)).build();
        try (okhttp3.Response answer = client.newCall(new Request.Builder().url("http://10.0.0.2:8080/").build()).execute()) {
            Stage.expectBody(answer.body().bytes());
        }
        client.connectionPool().evictAll();
        client.dispatcher().executorService().shutdown();
        server.stop(0);
    }

    private static void jedis(Stage stage) throws Exception {
        JedisSocketFactory sockets = () -> {
            try {
                Socket socket = LastackSocketFactory.of(stage.client).createSocket(Stage.SERVER, 6379);
                socket.setTcpNoDelay(true);
                return socket;
            } catch (IOException e) {
                throw new redis.clients.jedis.exceptions.JedisConnectionException(e);
            }
        };
        try (FakeRedis redis = FakeRedis.on(stage.server, 6379); Jedis client = new Jedis(sockets, DefaultJedisClientConfig.builder().resp2().build())) {
            Stage.expect(client.ping().equals("PONG"), "PONG");
            client.set("key", "value");
            Stage.expect("value".equals(client.get("key")), "value");
        }
    }

    private static void mina(Stage stage) throws Exception {
        NioSocketAcceptor acceptor = stage.onServer(() -> {
            NioSocketAcceptor made = new NioSocketAcceptor(1);
            made.setHandler(new IoHandlerAdapter() {
                @Override
                public void messageReceived(IoSession session, Object message) {
                    IoBuffer read = (IoBuffer) message;
                    IoBuffer copy = IoBuffer.allocate(read.remaining());
                    session.write(copy.put(read).flip());
                }
            });
            made.bind(new InetSocketAddress(7));
            return made;
        });
        CompletableFuture<byte[]> received = new CompletableFuture<>();
        ByteBuffer all = ByteBuffer.allocate(Stage.BODY.length);
        NioSocketConnector connector = stage.onClient(() -> {
            NioSocketConnector made = new NioSocketConnector(1);
            made.setHandler(new IoHandlerAdapter() {
                @Override
                public void messageReceived(IoSession session, Object message) {
                    all.put(((IoBuffer) message).buf());
                    if (!all.hasRemaining()) {
                        received.complete(all.array());
                    }
                }
            });
            ConnectFuture connecting = made.connect(new InetSocketAddress(Stage.SERVER, 7));
            connecting.awaitUninterruptibly(20_000);
            connecting.getSession().write(IoBuffer.wrap(Stage.BODY));
            return made;
        });
        Stage.expectBody(received.get(20, TimeUnit.SECONDS));
        connector.dispose();
        acceptor.dispose();
    }

    private static void webSocket(Stage stage) throws Exception {
        CompletableFuture<Void> started = new CompletableFuture<>();
        WebSocketServer server = stage.onServer(() -> {
            WebSocketServer made = new EchoServer(started);
            made.start();
            return made;
        });
        started.get(20, TimeUnit.SECONDS);
        CompletableFuture<byte[]> received = new CompletableFuture<>();
        WebSocketClient client = new BodyClient(received);
        client.setSocketFactory(LastackSocketFactory.of(stage.client));
        client.connectBlocking(20, TimeUnit.SECONDS);
        client.send(Stage.BODY);
        Stage.expectBody(received.get(20, TimeUnit.SECONDS));
        client.closeBlocking();
        server.stop(1000);
    }

    private static final class EchoServer extends WebSocketServer {
        private final CompletableFuture<Void> started;

        EchoServer(CompletableFuture<Void> started) {
            super(new InetSocketAddress(8887), 1);
            this.started = started;
        }

        @Override
        public void onOpen(org.java_websocket.WebSocket socket, ClientHandshake handshake) {
            // The client speaks first.
        }

        @Override
        public void onClose(org.java_websocket.WebSocket socket, int code, String reason, boolean remote) {
            // Nothing is kept.
        }

        @Override
        public void onMessage(org.java_websocket.WebSocket socket, String message) {
            socket.send(message);
        }

        @Override
        public void onMessage(org.java_websocket.WebSocket socket, ByteBuffer message) {
            socket.send(message);
        }

        @Override
        public void onError(org.java_websocket.WebSocket socket, Exception failure) {
            started.completeExceptionally(failure);
        }

        @Override
        public void onStart() {
            started.complete(null);
        }
    }

    private static final class BodyClient extends WebSocketClient {
        private final CompletableFuture<byte[]> received;

        BodyClient(CompletableFuture<byte[]> received) {
            super(URI.create("ws://10.0.0.2:8887/"));
            this.received = received;
        }

        @Override
        public void onOpen(ServerHandshake handshake) {
            // The test sends.
        }

        @Override
        public void onMessage(String message) {
            received.completeExceptionally(new AssertionError("text"));
        }

        @Override
        public void onMessage(ByteBuffer message) {
            byte[] bytes = new byte[message.remaining()];
            message.get(bytes);
            received.complete(bytes);
        }

        @Override
        public void onClose(int code, String reason, boolean remote) {
            received.completeExceptionally(new IOException("closed: " + reason));
        }

        @Override
        public void onError(Exception failure) {
            received.completeExceptionally(failure);
        }
    }
}
