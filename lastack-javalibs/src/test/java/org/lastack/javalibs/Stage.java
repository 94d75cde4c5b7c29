package org.lastack.javalibs;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.Callable;
import org.lastack.host.Host;
import org.lastack.net.CurrentHost;
import org.lastack.net.LastackNetwork;

/// Two hosts, `client` (10.0.0.1) and `server` (10.0.0.2). The machine has neither address, so whatever answers at 10.0.0.2 is on Lastack.
final class Stage implements AutoCloseable {
    static final String SERVER = "10.0.0.2";
    /// What servers send: a megabyte that no error leaves intact.
    static final byte[] BODY = body();

    private final LastackNetwork network = LastackNetwork.inMemory("client", "server");
    final Host client = network.host("client");
    final Host server = network.host("server");

    private static byte[] body() {
        byte[] bytes = new byte[1_000_000];
        new Random(5).nextBytes(bytes);
        return bytes;
    }

    <T> T onServer(Callable<T> action) throws Exception {
        return CurrentHost.call(server, action);
    }

    <T> T onClient(Callable<T> action) throws Exception {
        return CurrentHost.call(client, action);
    }

    static void expect(boolean holds, String claim) {
        if (!holds) {
            throw new AssertionError(claim);
        }
    }

    static void expectBody(byte[] received) {
        expect(Arrays.equals(received, BODY), "the body has arrived changed: " + received.length + " of " + BODY.length + " octets");
    }

    /// Gets a URL with the JDK's client on the client's host.
    void getWithJdk(HttpClient.Version version, int port, String path) throws Exception {
        onClient(() -> {
            try (HttpClient http = HttpClient.newBuilder().version(version).build()) {
                for (int i = 0; i < 3; i++) {
                    HttpResponse<byte[]> answer = http.send(HttpRequest.newBuilder(URI.create("http://" + SERVER + ":" + port + path)).build(),
                            HttpResponse.BodyHandlers.ofByteArray());
                    expect(answer.statusCode() == 200, "status " + answer.statusCode());
                    expect(answer.version() == version, "version " + answer.version());
                    expectBody(answer.body());
                }
            }
            return null;
        });
    }

    @Override
    public void close() {
        network.close();
    }
}
