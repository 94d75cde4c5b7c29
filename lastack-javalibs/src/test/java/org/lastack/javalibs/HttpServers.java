package org.lastack.javalibs;

import io.helidon.webserver.WebServer;
import io.undertow.Undertow;
import io.undertow.UndertowOptions;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.http.HttpClient;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.catalina.Context;
import org.apache.catalina.startup.Tomcat;
import org.eclipse.jetty.client.ContentResponse;
import org.eclipse.jetty.http2.server.HTTP2CServerConnectionFactory;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.Callback;
import org.glassfish.grizzly.http.server.HttpHandler;
import org.glassfish.grizzly.http.server.HttpServer;

/// Servers of HTTP, each with its own client where it has one.
final class HttpServers {
    private HttpServers() {}

    static List<Library<Stage>> all() {
        return List.of(
                new Library<>("Jetty server + client", Library.versionOf(Server.class), Library.PROPERTY, "HTTP/1.1, 1 MB", HttpServers::jetty),
                new Library<>("Jetty server, JDK HttpClient", Library.versionOf(Server.class), Library.PROPERTY, "HTTP/2 over clear text, 1 MB", HttpServers::jettyHttp2),
                new Library<>("Undertow (XNIO)", Library.versionOf(Undertow.class), Library.PROPERTY, "HTTP/1.1, 1 MB, JDK HttpClient", HttpServers::undertow),
                new Library<>("Apache Tomcat NIO", Library.versionOf(Tomcat.class), Library.PROPERTY, "servlet, 1 MB, JDK HttpClient", HttpServers::tomcat),
                new Library<>("Helidon SE WebServer", Library.versionOf(WebServer.class), Library.PROPERTY + " (blocking channels, virtual threads)", "HTTP/1.1, 1 MB, JDK HttpClient",
                        HttpServers::helidon),
                new Library<>("Grizzly HTTP server", Library.versionOf(HttpServer.class), Library.PROPERTY, "HTTP/1.1, 1 MB, JDK HttpClient", HttpServers::grizzly),
                new Library<>("Vert.x server + client", Library.versionOf(Vertx.class), Library.PROPERTY, "HTTP/1.1, 1 MB", HttpServers::vertx));
    }

    private static Handler.Abstract body() {
        return new Handler.Abstract() {
            @Override
            public boolean handle(Request request, Response response, Callback callback) {
                response.write(true, ByteBuffer.wrap(Stage.BODY), callback);
                return true;
            }
        };
    }

    private static void jetty(Stage stage) throws Exception {
        Server server = stage.onServer(() -> {
            Server made = new Server(8080);
            made.setHandler(body());
            made.start();
            return made;
        });
        stage.onClient(() -> {
            org.eclipse.jetty.client.HttpClient client = new org.eclipse.jetty.client.HttpClient();
            client.start();
            ContentResponse answer = client.GET("http://10.0.0.2:8080/");
            Stage.expectBody(answer.getContent());
            client.stop();
            return null;
        });
        server.stop();
    }

    private static void jettyHttp2(Stage stage) throws Exception {
        Server server = stage.onServer(() -> {
            Server made = new Server();
            HttpConfiguration configuration = new HttpConfiguration();
            ServerConnector connector = new ServerConnector(made, new HttpConnectionFactory(configuration), new HTTP2CServerConnectionFactory(configuration));
            connector.setPort(8080);
            made.addConnector(connector);
            made.setHandler(body());
            made.start();
            return made;
        });
        stage.getWithJdk(HttpClient.Version.HTTP_2, 8080, "/");
        server.stop();
    }

    private static void undertow(Stage stage) throws Exception {
        Undertow server = stage.onServer(() -> {
            Undertow made = Undertow.builder().setServerOption(UndertowOptions.ENABLE_HTTP2, false).setIoThreads(2).setWorkerThreads(2).addHttpListener(8080, "0.0.0.0")
                    .setHandler(exchange -> exchange.getResponseSender().send(ByteBuffer.wrap(Stage.BODY))).build();
            made.start();
            return made;
        });
        stage.getWithJdk(HttpClient.Version.HTTP_1_1, 8080, "/");
        server.stop();
    }

    private static void tomcat(Stage stage) throws Exception {
        Path base = Files.createTempDirectory("lastack-tomcat");
        Tomcat server = stage.onServer(() -> {
            Tomcat made = new Tomcat();
            made.setBaseDir(base.toString());
            made.setPort(8080);
            made.getConnector();
            Context context = made.addContext("", null);
            Tomcat.addServlet(context, "body", new BodyServlet());
            context.addServletMappingDecoded("/", "body");
            made.start();
            return made;
        });
        try {
            stage.getWithJdk(HttpClient.Version.HTTP_1_1, 8080, "/");
        } finally {
            server.stop();
            server.destroy();
            try (java.util.stream.Stream<Path> files = Files.walk(base)) {
                files.sorted(java.util.Comparator.reverseOrder()).forEach(each -> each.toFile().delete());
            }
        }
    }

    private static final class BodyServlet extends HttpServlet {
        private static final long serialVersionUID = 1;

        @Override
        protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
            response.setContentLength(Stage.BODY.length);
            response.getOutputStream().write(Stage.BODY);
        }
    }

    private static void helidon(Stage stage) throws Exception {
        WebServer server = stage.onServer(() -> WebServer.builder().port(8080).shutdownHook(false).routing(routes -> routes.get("/", (_, answer) -> answer.send(Stage.BODY))).build().start());
        stage.getWithJdk(HttpClient.Version.HTTP_1_1, 8080, "/");
        server.stop();
    }

    private static void grizzly(Stage stage) throws Exception {
        HttpServer server = stage.onServer(() -> {
            HttpServer made = HttpServer.createSimpleServer(null, 8080);
            made.getServerConfiguration().addHttpHandler(new HttpHandler() {
                @Override
                public void service(org.glassfish.grizzly.http.server.Request request, org.glassfish.grizzly.http.server.Response response) throws Exception {
                    response.setContentLength(Stage.BODY.length);
                    response.getOutputStream().write(Stage.BODY);
                }
            }, "/");
            made.start();
            return made;
        });
        stage.getWithJdk(HttpClient.Version.HTTP_1_1, 8080, "/");
        server.shutdownNow();
    }

    private static void vertx(Stage stage) throws Exception {
        Vertx servers = stage.onServer(() -> {
            Vertx made = Vertx.vertx();
            made.createHttpServer().requestHandler(request -> request.response().end(Buffer.buffer(Stage.BODY))).listen(8080).toCompletionStage().toCompletableFuture()
                    .get(20, TimeUnit.SECONDS);
            return made;
        });
        stage.onClient(() -> {
            Vertx clients = Vertx.vertx();
            byte[] received = clients.createHttpClient().request(HttpMethod.GET, 8080, "10.0.0.2", "/").compose(request -> request.send())
                    .compose(HttpClientResponse::body).toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS).getBytes();
            Stage.expectBody(received);
            clients.close().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
            return null;
        });
        servers.close().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
    }
}
