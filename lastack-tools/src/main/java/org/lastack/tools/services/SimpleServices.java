package org.lastack.tools.services;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Objects;
import org.lastack.core.Errno;

/// The small services of the early Internet: echo (RFC 862), discard (RFC 863), chargen (RFC 864), daytime (RFC 867), over TCP and UDP.
///
/// Chargen and echo over UDP can be made to talk to each other for ever by a forged datagram; so none of them answers a datagram that
/// comes from one of these ports, or from any port below 1024.
public final class SimpleServices {
    private static final int BUFFER_OCTETS = 64 * 1024;
    /// RFC 864: lines of 72 characters out of the 95 printable ones, each line starting one character later.
    private static final int CHARGEN_LINE = 72;

    private static final int PRINTABLE = 95;
    private static final DateTimeFormatter DAYTIME = DateTimeFormatter.ofPattern("EEEE, MMMM d, yyyy HH:mm:ss-zzz", Locale.ENGLISH);

    private SimpleServices() {}

    /// Sends back what arrives until the peer's FIN.
    public static void echo(CountedStream stream) throws IOException {
        byte[] buffer = new byte[BUFFER_OCTETS];
        int octets;
        while ((octets = stream.input().read(buffer)) >= 0) {
            stream.output().write(buffer, 0, octets);
        }
    }

    /// Reads and forgets until the peer's FIN.
    public static void discard(CountedStream stream) throws IOException {
        byte[] buffer = new byte[BUFFER_OCTETS];
        int octets;
        do {
            octets = stream.input().read(buffer);
        } while (octets >= 0);
    }

    /// Sends characters until the peer goes away.
    public static void chargen(CountedStream stream) throws IOException {
        byte[] block = chargenBlock();
        OutputStream output = stream.output();
        while (!Thread.currentThread().isInterrupted()) {
            output.write(block);
        }
    }

    /// Sends the time of day and closes.
    public static StreamService daytime(InstantSource clock) {
        return stream -> stream.output().write(daytimeLine(clock));
    }

    /// One whole cycle of the pattern, so that sending it again and again continues it.
    static byte[] chargenBlock() {
        byte[] block = new byte[PRINTABLE * (CHARGEN_LINE + 2)];
        int at = 0;
        for (int line = 0; line < PRINTABLE; line++) {
            for (int column = 0; column < CHARGEN_LINE; column++) {
                block[at++] = (byte) (' ' + (line + column) % PRINTABLE);
            }
            block[at++] = '\r';
            block[at++] = '\n';
        }
        return block;
    }

    static byte[] daytimeLine(InstantSource clock) {
        return (DAYTIME.format(ZonedDateTime.ofInstant(clock.instant(), ZoneId.systemDefault())) + "\r\n").getBytes(StandardCharsets.US_ASCII);
    }

    /// What a service answers to one datagram.
    @FunctionalInterface
    interface Answer {
        /// Length of the answer, which is written into `buffer` over the request; -1 for no answer.
        int to(byte[] buffer, int length);
    }

    static int echoAnswer(byte[] buffer, int length) {
        return length;
    }

    static int discardAnswer(byte[] buffer, int length) {
        return -1;
    }

    /// RFC 864: 0 to 512 characters; we send six lines.
    static int chargenAnswer(byte[] buffer, int length) {
        byte[] block = chargenBlock();
        int octets = 6 * (CHARGEN_LINE + 2);
        System.arraycopy(block, 0, buffer, 0, octets);
        return octets;
    }

    static Answer daytimeAnswer(InstantSource clock) {
        return (buffer, length) -> {
            byte[] line = daytimeLine(clock);
            System.arraycopy(line, 0, buffer, 0, line.length);
            return line.length;
        };
    }

    /// Answers datagrams until the socket is closed.
    static void serveDatagrams(Network.Datagrams socket, Answer answer) throws IOException {
        byte[] buffer = new byte[BUFFER_OCTETS];
        while (true) {
            int length = socket.receive(buffer, 0, buffer.length);
            Network.Endpoint sender = Objects.requireNonNull(socket.sender());
            if (sender.port() < 1024) {
                continue; // another such service, or a forger who wants two of them to talk
            }
            int octets = answer.to(buffer, length);
            if (octets >= 0) {
                reply(socket, buffer, octets, sender);
            }
        }
    }

    /// A datagram that cannot be sent is lost, as datagrams may be: one bad sender must not end the service.
    private static void reply(Network.Datagrams socket, byte[] buffer, int octets, Network.Endpoint destination) throws IOException {
        try {
            socket.send(buffer, 0, octets, destination);
        } catch (SocketFailure e) {
            if (e.errno() == Errno.EBADF) {
                throw e;
            }
        }
    }
}
