package org.lastack.javalibs;

import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.concurrent.Executors;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.lastack.net.LastackServerSocketFactory;
import org.lastack.net.LastackSocketFactory;

/// What the JDK itself has.
final class JdkLibraries {
    private static final String VERSION = Runtime.version().toString();

    private JdkLibraries() {}

    static List<Library<Stage>> all() {
        return List.of(
                new Library<>("JDK HttpServer + HttpClient", VERSION, Library.PROPERTY, "HTTP/1.1, 1 MB, connections kept alive", JdkLibraries::http),
                new Library<>("JDK HttpsServer + HttpClient", VERSION, Library.PROPERTY, "HTTPS, TLS 1.3, 1 MB", JdkLibraries::https),
                new Library<>("JDK SSLSocket over LastackSocketFactory", VERSION, "`SSLSocketFactory.createSocket(Socket, ...)`", "TLS 1.3, 1 MB both ways", JdkLibraries::tlsSockets));
    }

    private static void http(Stage stage) throws Exception {
        HttpServer server = stage.onServer(() -> {
            HttpServer made = HttpServer.create(new InetSocketAddress(8080), 0);
            made.createContext("/", exchange -> {
                exchange.sendResponseHeaders(200, Stage.BODY.length);
                exchange.getResponseBody().write(Stage.BODY);
                exchange.close();
            });
            made.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
            made.start();
            return made;
        });
        try {
            stage.getWithJdk(HttpClient.Version.HTTP_1_1, 8080, "/");
        } finally {
            server.stop(0);
        }
    }

    private static void https(Stage stage) throws Exception {
        SSLContext tls = Tls.of(Stage.SERVER).context();
        HttpsServer server = stage.onServer(() -> {
            HttpsServer made = HttpsServer.create(new InetSocketAddress(8443), 0);
            made.setHttpsConfigurator(new HttpsConfigurator(tls));
            made.createContext("/", exchange -> {
                exchange.sendResponseHeaders(200, Stage.BODY.length);
                exchange.getResponseBody().write(Stage.BODY);
                exchange.close();
            });
            made.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
            made.start();
            return made;
        });
        try {
            stage.onClient(() -> {
                try (HttpClient http = HttpClient.newBuilder().sslContext(tls).sslParameters(new SSLParameters(null, new String[] {"TLSv1.3"})).build()) {
                    HttpResponse<byte[]> answer = http.send(HttpRequest.newBuilder(URI.create("https://10.0.0.2:8443/")).build(), HttpResponse.BodyHandlers.ofByteArray());
                    Stage.expect(answer.sslSession().orElseThrow().getProtocol().equals("TLSv1.3"), "TLS 1.3");
                    Stage.expectBody(answer.body());
                }
                return null;
            });
        } finally {
            server.stop(0);
        }
    }

    private static void tlsSockets(Stage stage) throws Exception {
        SSLContext tls = Tls.of(Stage.SERVER).context();
        try (ServerSocket listener = LastackServerSocketFactory.of(stage.server).createServerSocket(9443)) {
            Thread echo = Thread.ofVirtual().start(() -> {
                try (Socket plain = listener.accept();
                        SSLSocket secure = (SSLSocket) tls.getSocketFactory().createSocket(plain, null, plain.getPort(), true)) {
                    secure.setUseClientMode(false);
                    byte[] all = secure.getInputStream().readNBytes(Stage.BODY.length);
                    secure.getOutputStream().write(all);
                } catch (java.io.IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            });
            Socket plain = LastackSocketFactory.of(stage.client).createSocket("10.0.0.2", 9443);
            try (SSLSocket secure = (SSLSocket) tls.getSocketFactory().createSocket(plain, "10.0.0.2", 9443, true)) {
                secure.getOutputStream().write(Stage.BODY);
                Stage.expectBody(secure.getInputStream().readNBytes(Stage.BODY.length));
                Stage.expect(secure.getSession().getProtocol().equals("TLSv1.3"), "TLS 1.3");
            }
            echo.join();
        }
    }
}
