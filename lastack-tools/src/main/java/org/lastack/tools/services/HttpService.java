package org.lastack.tools.services;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A small HTTP/1.1 service (RFC 9112) for moving octets that can be checked:
///
/// - `GET /` says what there is;
/// - `GET /bytes/N` streams the first N octets of [TestPattern], with their SHA-256 in `X-SHA256` and `Repr-Digest` (RFC 9530);
/// - `POST` or `PUT /sha256` reads a body of any length and answers with its length and SHA-256.
///
/// Connections are kept alive. Bad requests get a 4xx and a closed connection. Thread-safe.
public final class HttpService implements StreamService {
    /// Longest request line or header line in octets, and how many header lines: a request that is larger gets 431.
    private static final int LINE_OCTETS = 8192;

    private static final int HEADER_LINES = 100;
    private static final int BLOCK_OCTETS = 64 * 1024;
    /// Above this /bytes sends no digest: computing it first would keep the client waiting for more than a second.
    private static final long DIGEST_LIMIT_OCTETS = 1L << 30;

    private static final long BYTES_LIMIT = 1L << 50;
    private static final int DIGESTS_KEPT = 32;

    private final InstantSource clock;
    private final Map<Long, String> digests = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Long, String> eldest) {
            return size() > DIGESTS_KEPT;
        }
    };

    public HttpService(InstantSource clock) {
        this.clock = clock;
    }

    /// A request that cannot be served: the answer is `status` and then the connection ends.
    private static final class Refused extends Exception {
        private static final long serialVersionUID = 1;
        final String status;

        Refused(String status, String detail) {
            super(detail);
            this.status = status;
        }
    }

    private record Request(String method, String path, boolean http10, Map<String, String> headers) {
        boolean headerHas(String name, String token) {
            return headers.getOrDefault(name, "").toLowerCase(Locale.ROOT).contains(token);
        }

        boolean keepAlive() {
            return http10 ? headerHas("connection", "keep-alive") : !headerHas("connection", "close");
        }
    }

    @Override
    public void serve(CountedStream stream) throws IOException {
        BufferedInputStream input = new BufferedInputStream(stream.input(), BLOCK_OCTETS);
        OutputStream output = stream.output();
        stream.set(Network.StreamOption.NO_DELAY, 1); // each answer is written whole: Nagle could only delay its last part
        boolean more = true;
        while (more) {
            try {
                Request request = readRequest(input);
                if (request == null) {
                    return;
                }
                more = answer(request, input, output);
            } catch (Refused e) {
                text(output, e.status, e.getMessage() + "\n", "Connection: close\r\n", true);
                stream.shutdownOutput();
                SimpleServices.discard(stream); // closing with unread octets would send RST, which could overtake the answer
                return;
            }
        }
    }

    private boolean answer(Request request, InputStream input, OutputStream output) throws IOException, Refused {
        boolean head = request.method().equals("HEAD");
        boolean get = head || request.method().equals("GET");
        String connection = request.keepAlive() ? "" : "Connection: close\r\n";
        if (request.path().equals("/sha256")) {
            if (get) {
                throw new Refused("405 Method Not Allowed", "POST or PUT a body to /sha256");
            }
            text(output, "200 OK", digestOfBody(request, input, output), connection, true);
            return request.keepAlive();
        }
        if (!get) {
            throw new Refused("405 Method Not Allowed", "only GET and HEAD here");
        }
        skipBody(request, input);
        if (request.path().equals("/")) {
            text(output, "200 OK", index(), connection, !head);
        } else if (request.path().startsWith("/bytes/")) {
            bytes(output, octets(request.path().substring("/bytes/".length())), connection, head);
        } else {
            text(output, "404 Not Found", "there is no " + request.path() + "; see /\n", connection, !head);
        }
        return request.keepAlive();
    }

    private static String index() {
        return """
                Lastack: this page came through a TCP/IP stack that runs in a JVM.

                GET  /bytes/N   N octets; X-SHA256 tells what they must hash to
                POST /sha256    send a body, get its length and SHA-256
                """;
    }

    private static long octets(String number) throws Refused {
        try {
            long octets = Long.parseLong(number);
            if (octets >= 0 && octets <= BYTES_LIMIT) {
                return octets;
            }
        } catch (NumberFormatException e) {
            // answered below
        }
        throw new Refused("400 Bad Request", "/bytes/N takes a number from 0 to " + BYTES_LIMIT);
    }

    private void bytes(OutputStream output, long octets, String connection, boolean head) throws IOException {
        String digest = "";
        if (octets <= DIGEST_LIMIT_OCTETS) {
            String hex = digest(octets);
            digest = "X-SHA256: " + hex + "\r\nRepr-Digest: sha-256=:" + Base64.getEncoder().encodeToString(HexFormat.of().parseHex(hex)) + ":\r\n";
        }
        write(output, head("200 OK", "application/octet-stream", octets, digest + connection));
        byte[] block = new byte[BLOCK_OCTETS];
        for (long at = 0; !head && at < octets; at += BLOCK_OCTETS) {
            int length = (int) Math.min(BLOCK_OCTETS, octets - at);
            TestPattern.fill(block, length, at);
            output.write(block, 0, length);
        }
    }

    private String digest(long octets) {
        synchronized (digests) {
            String known = digests.get(octets);
            if (known != null) {
                return known;
            }
        }
        String computed = TestPattern.sha256(octets);
        synchronized (digests) {
            digests.put(octets, computed);
        }
        return computed;
    }

    // --- requests ---

    private static @Nullable Request readRequest(InputStream input) throws IOException, Refused {
        String line = readLine(input);
        if (line != null && line.isEmpty()) {
            line = readLine(input); // RFC 9112 §2.2: one empty line before the request line is to be ignored
        }
        if (line == null) {
            return null;
        }
        String[] parts = line.split(" ", -1);
        if (parts.length != 3 || !parts[2].startsWith("HTTP/1.") || !parts[1].startsWith("/")) {
            throw new Refused("400 Bad Request", "not an HTTP/1.1 request line");
        }
        return new Request(parts[0], parts[1], parts[2].equals("HTTP/1.0"), readHeaders(input));
    }

    private static Map<String, String> readHeaders(InputStream input) throws IOException, Refused {
        Map<String, String> headers = new LinkedHashMap<>();
        for (int lines = 0; ; lines++) {
            String line = readLine(input);
            if (line == null) {
                throw new Refused("400 Bad Request", "the request ended in its header");
            }
            if (line.isEmpty()) {
                return headers;
            }
            int colon = line.indexOf(':');
            if (colon <= 0 || lines >= HEADER_LINES) {
                throw new Refused(colon <= 0 ? "400 Bad Request" : "431 Request Header Fields Too Large", "bad or too many header lines");
            }
            headers.merge(line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).strip(), (a, b) -> a + "," + b);
        }
    }

    /// A line without its end, or null at the end of input.
    private static @Nullable String readLine(InputStream input) throws IOException, Refused {
        byte[] line = new byte[256];
        int length = 0;
        while (true) {
            int octet = input.read();
            if (octet < 0) {
                return null;
            }
            if (octet == '\n') {
                return new String(line, 0, length > 0 && line[length - 1] == '\r' ? length - 1 : length, StandardCharsets.ISO_8859_1);
            }
            if (length == LINE_OCTETS) {
                throw new Refused("431 Request Header Fields Too Large", "a line is longer than " + LINE_OCTETS + " octets");
            }
            if (length == line.length) {
                line = Arrays.copyOf(line, length * 2);
            }
            line[length++] = (byte) octet;
        }
    }

    // --- bodies ---

    private static String digestOfBody(Request request, InputStream input, OutputStream output) throws IOException, Refused {
        if (request.headerHas("expect", "100-continue")) {
            write(output, "HTTP/1.1 100 Continue\r\n\r\n");
        }
        MessageDigest digest = TestPattern.newSha256();
        long octets = readBody(request, input, digest);
        return "{\"octets\":" + octets + ",\"sha256\":\"" + HexFormat.of().formatHex(digest.digest()) + "\"}\n";
    }

    private static void skipBody(Request request, InputStream input) throws IOException, Refused {
        readBody(request, input, TestPattern.newSha256());
    }

    /// Reads the body that the header announces (RFC 9112 §6.3) and returns its length.
    private static long readBody(Request request, InputStream input, MessageDigest digest) throws IOException, Refused {
        if (request.headers().containsKey("transfer-encoding")) {
            if (!request.headerHas("transfer-encoding", "chunked") || request.headers().containsKey("content-length")) {
                throw new Refused("400 Bad Request", "the only transfer coding here is chunked, without Content-Length");
            }
            return readChunks(input, digest);
        }
        String length = request.headers().get("content-length");
        if (length == null) {
            return 0;
        }
        long octets = number(length, 10);
        readExactly(input, octets, digest);
        return octets;
    }

    private static long readChunks(InputStream input, MessageDigest digest) throws IOException, Refused {
        long total = 0;
        while (true) {
            String line = readLine(input);
            int semicolon = line == null ? -1 : line.indexOf(';');
            long size = number(line == null ? "" : semicolon < 0 ? line : line.substring(0, semicolon), 16);
            if (size == 0) {
                readHeaders(input); // trailers
                return total;
            }
            readExactly(input, size, digest);
            total += size;
            if (!"".equals(readLine(input))) {
                throw new Refused("400 Bad Request", "a chunk is longer than it says");
            }
        }
    }

    private static long number(String text, int radix) throws Refused {
        try {
            long value = Long.parseLong(text.strip(), radix);
            if (value >= 0) {
                return value;
            }
        } catch (NumberFormatException e) {
            // answered below
        }
        throw new Refused("400 Bad Request", "'" + text + "' is not a length");
    }

    private static void readExactly(InputStream input, long octets, MessageDigest digest) throws IOException, Refused {
        byte[] block = new byte[BLOCK_OCTETS];
        long left = octets;
        while (left > 0) {
            int read = input.read(block, 0, (int) Math.min(BLOCK_OCTETS, left));
            if (read < 0) {
                throw new Refused("400 Bad Request", "the body ended " + left + " octets early");
            }
            digest.update(block, 0, read);
            left -= read;
        }
    }

    // --- answers ---

    private void text(OutputStream output, String status, String body, String headers, boolean withBody) throws IOException {
        byte[] octets = body.getBytes(StandardCharsets.UTF_8);
        String type = body.startsWith("{") ? "application/json" : "text/plain; charset=utf-8";
        String head = head(status, type, octets.length, headers);
        write(output, withBody ? head + body : head);
    }

    private String head(String status, String type, long length, String headers) {
        return "HTTP/1.1 " + status + "\r\nDate: " + DateTimeFormatter.RFC_1123_DATE_TIME.format(ZonedDateTime.ofInstant(clock.instant(), ZoneOffset.UTC))
                + "\r\nServer: lastack\r\nContent-Type: " + type + "\r\nContent-Length: " + length + "\r\n" + headers + "\r\n";
    }

    private static void write(OutputStream output, String text) throws IOException {
        output.write(text.getBytes(StandardCharsets.UTF_8));
    }
}
