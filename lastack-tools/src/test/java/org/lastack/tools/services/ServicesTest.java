package org.lastack.tools.services;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TimeZone;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.lastack.tools.Json;

/// The services over the kernel's loopback: what they say, not how the stack carries it.
class ServicesTest {
    private static final InstantSource CLOCK = InstantSource.fixed(Instant.parse("2026-11-21T12:00:00Z"));
    private final ServiceSet services = new ServiceSet(new KernelNetwork(), ServiceLog.SILENT);

    @BeforeEach
    void utc() {
        TimeZone.setDefault(TimeZone.getTimeZone("UTC"));
    }

    @AfterEach
    void close() {
        services.close();
    }

    private Socket connect(String name, StreamService service) throws IOException {
        services.stream(name, 0, service);
        return new Socket(InetAddress.getLoopbackAddress(), services.entries().getLast().port());
    }

    private static String http(Socket socket, String request) throws IOException {
        socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
        socket.shutdownOutput();
        return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
    }

    @Test
    void echoSendsBackEverythingAndThenItsFin() throws IOException {
        try (Socket socket = connect("echo", SimpleServices::echo)) {
            socket.getOutputStream().write("hello\n".getBytes(StandardCharsets.US_ASCII));
            socket.shutdownOutput();
            assertThat(socket.getInputStream().readAllBytes()).asString().isEqualTo("hello\n");
        }
    }

    @Test
    void chargenRotatesByOneCharacterALine() throws IOException {
        try (Socket socket = connect("chargen", SimpleServices::chargen)) {
            byte[] cycle = new DataInputStream(socket.getInputStream()).readNBytes(96 * 74);
            List<String> lines = new String(cycle, StandardCharsets.US_ASCII).lines().toList();
            assertThat(lines.getFirst()).hasSize(72).startsWith(" !\"#$%&'()*+,-./0123");
            assertThat(lines.get(1)).startsWith("!\"#$");
            assertThat(lines.get(95)).isEqualTo(lines.getFirst());
        }
    }

    @Test
    void daytimeSaysTheTimeAndCloses() throws IOException {
        try (Socket socket = connect("daytime", SimpleServices.daytime(CLOCK))) {
            assertThat(socket.getInputStream().readAllBytes()).asString().isEqualTo("Saturday, November 21, 2026 12:00:00-UTC\r\n");
        }
    }

    @Test
    void bytesAreWhatTheirDigestSays() throws Exception {
        try (Socket socket = connect("http", new HttpService(CLOCK))) {
            String answer = http(socket, "GET /bytes/100003 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
            int body = answer.indexOf("\r\n\r\n") + 4;
            byte[] octets = answer.substring(body).getBytes(StandardCharsets.ISO_8859_1);
            String digest = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(octets));
            assertThat(octets).hasSize(100_003);
            assertThat(answer.substring(0, body)).startsWith("HTTP/1.1 200 OK\r\n").contains("X-SHA256: " + digest + "\r\n", "Content-Length: 100003\r\n");
        }
    }

    @Test
    void aConnectionIsKeptAliveAndUploadsAreDigested() throws IOException {
        try (Socket socket = connect("http", new HttpService(CLOCK))) {
            String answers = http(socket, """
                    POST /sha256 HTTP/1.1\r
                    Content-Length: 3\r
                    \r
                    abcPUT /sha256 HTTP/1.1\r
                    Transfer-Encoding: chunked\r
                    \r
                    2;x=y\r
                    ab\r
                    1\r
                    c\r
                    0\r
                    \r
                    HEAD /bytes/5 HTTP/1.1\r
                    \r
                    """);
            String abc = "{\"octets\":3,\"sha256\":\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\"}\n";
            assertThat(answers.split("HTTP/1.1 200 OK", -1)).hasSize(4);
            assertThat(answers.split(java.util.regex.Pattern.quote(abc), -1)).hasSize(3);
            assertThat(answers).endsWith("\r\n\r\n");
        }
    }

    @Test
    void badRequestsGetAnAnswerAndTheEnd() throws IOException {
        Map<String, String> cases = Map.of(
                "rubbish\r\n\r\n", "400",
                "GET /bytes/-1 HTTP/1.1\r\n\r\n", "400",
                "GET /bytes/9999999999999999999 HTTP/1.1\r\n\r\n", "400",
                "DELETE / HTTP/1.1\r\n\r\n", "405",
                "GET /nowhere HTTP/1.1\r\n\r\n", "404",
                "GET / HTTP/1.1\r\nX: " + "y".repeat(9000) + "\r\n\r\n", "431",
                "POST /sha256 HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc", "400",
                "POST /sha256 HTTP/1.1\r\nContent-Length: x\r\n\r\n", "400");
        for (Map.Entry<String, String> each : cases.entrySet()) {
            try (Socket socket = connect("http", new HttpService(CLOCK))) {
                assertThat(http(socket, each.getKey())).as(each.getKey()).startsWith("HTTP/1.1 " + each.getValue());
            }
        }
    }

    @Test
    void anIperf3ClientIsLedThroughTheStates() throws IOException {
        services.iperf(0);
        int port = services.entries().getLast().port();
        byte[] cookie = "0123456789abcdefghijklmnopqrstuvwxyz\0".getBytes(StandardCharsets.US_ASCII);
        try (Socket control = new Socket(InetAddress.getLoopbackAddress(), port)) {
            DataInputStream in = new DataInputStream(control.getInputStream());
            DataOutputStream out = new DataOutputStream(control.getOutputStream());
            out.write(cookie);
            assertThat(in.readByte()).as("PARAM_EXCHANGE").isEqualTo((byte) 9);
            json(out, Map.of("tcp", true, "time", 1, "parallel", 1, "len", 1000));
            assertThat(in.readByte()).as("CREATE_STREAMS").isEqualTo((byte) 10);
            assertThat(busy(port)).as("another client meanwhile: ACCESS_DENIED").isEqualTo((byte) -1);
            try (Socket data = new Socket(InetAddress.getLoopbackAddress(), port)) {
                data.getOutputStream().write(cookie);
                assertThat(in.readByte()).as("TEST_START").isEqualTo((byte) 1);
                assertThat(in.readByte()).as("TEST_RUNNING").isEqualTo((byte) 2);
                data.getOutputStream().write(new byte[5000]);
                out.writeByte(4);
                assertThat(in.readByte()).as("EXCHANGE_RESULTS").isEqualTo((byte) 13);
                json(out, Map.of("streams", List.of()));
                Map<String, Object> results = Json.parse(new String(in.readNBytes(in.readInt()), StandardCharsets.UTF_8));
                assertThat(Json.objects(results, "streams")).singleElement().satisfies(stream -> {
                    assertThat(Json.number(stream, "id", 0)).isEqualTo(1);
                    assertThat(Json.number(stream, "bytes", -1)).isBetween(0L, 5000L); // what had been read when the test ended
                });
                assertThat(in.readByte()).as("DISPLAY_RESULTS").isEqualTo((byte) 14);
            }
        }
    }

    private static byte busy(int port) throws IOException {
        try (Socket other = new Socket(InetAddress.getLoopbackAddress(), port)) {
            other.getOutputStream().write(new byte[Iperf3Server.COOKIE_OCTETS]);
            return new DataInputStream(other.getInputStream()).readByte();
        }
    }

    private static void json(DataOutputStream out, Map<String, Object> value) throws IOException {
        byte[] text = Json.write(value).getBytes(StandardCharsets.UTF_8);
        out.writeInt(text.length);
        out.write(text);
    }

    @Test
    void thePatternIsTheSameFromAnyBlock() {
        byte[] whole = new byte[200_000];
        TestPattern.fill(whole, whole.length, 0);
        byte[] part = new byte[64];
        TestPattern.fill(part, part.length, 131_072);
        assertThat(new ByteArrayInputStream(whole, 131_072, 64)).hasBinaryContent(part);
    }
}
