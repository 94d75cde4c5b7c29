package org.lastack.drill.remote;

import java.io.IOException;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;
import org.lastack.core.Errno;
import org.lastack.drill.remote.MessageChannel.Incoming;
import org.lastack.drill.stack.Reply;
import org.lastack.drill.stack.Request;
import org.lastack.drill.stack.VirtualHost;

/// One connection of a client: one fresh host. Requests are carried out one by one in the order in which they come.
final class RemoteSession {
    /// Virtual time that a request for a packet may let pass (protocol, rule 3): more than the two hours of a keep-alive.
    private static final long PACKET_WAIT_US = 3 * 3_600_000_000L;
    /// Real time of silence after which a client is taken to wait for its blocking call (protocol, rule 5).
    private static final long SILENCE_MS = 100;

    private final MessageChannel channel;
    private @Nullable VirtualHost host;
    private int outstanding;

    RemoteSession(MessageChannel channel) {
        this.channel = channel;
    }

    /// Serves until the client is done or gone.
    ///
    /// @throws IOException if the connection breaks or the client does not speak the protocol
    void run() throws IOException {
        try {
            while (true) {
                Incoming incoming = channel.receive(outstanding > 0 ? SILENCE_MS : 0);
                byte[] message = incoming.message();
                if (message != null) {
                    if (!serve(message)) {
                        return;
                    }
                } else if (incoming.end()) {
                    return;
                } else if (host != null) {
                    host.runNextTimer(PACKET_WAIT_US);
                }
            }
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    /// False after the last request.
    private boolean serve(byte[] message) throws IOException {
        Wire.Reader in = new Wire.Reader(message, 0);
        int id = in.i32();
        int operation = in.u8();
        in.u8();
        int thread = in.u16();
        Request request = RequestCodec.decode(operation, in);
        if (request == null) {
            reply(id, Reply.error(now(), Errno.EOPNOTSUPP));
            return true;
        }
        if (request instanceof Request.Hello hello) {
            return hello(id, hello);
        }
        VirtualHost current = host;
        if (current == null) {
            throw new ProtocolException("operation " + operation + " before HELLO");
        }
        carryOut(current, id, thread, request);
        return !(request instanceof Request.Bye);
    }

    private boolean hello(int id, Request.Hello hello) throws IOException {
        if (hello.version() != RemoteServer.VERSION || host != null) {
            reply(id, Reply.error(now(), host == null ? Errno.EPROTONOSUPPORT : Errno.EALREADY));
            return true;
        }
        HostFlags flags = HostFlags.of(hello.flags());
        host = new VirtualHost(flags.local(), flags.mtu(), flags.seed());
        reply(id, Reply.ok(now(), 0));
        return true;
    }

    private void carryOut(VirtualHost current, int id, int thread, Request request) {
        Request actual = request;
        if (request instanceof Request.PacketOut out) {
            actual = new Request.PacketOut(out.room(), current.nowUs() + PACKET_WAIT_US);
        } else if (request instanceof Request.Now) {
            // Rule 1: a clock that stands still hangs a client that waits for the next microsecond.
            actual = new Request.Sleep(1);
        }
        // Counted before, because the reply may be given within the call.
        outstanding++;
        current.submit(thread == 0 ? 1 : thread, actual, reply -> {
            outstanding--;
            reply(id, reply);
        });
    }

    private long now() {
        VirtualHost current = host;
        return current == null ? 0 : current.nowUs();
    }

    private void reply(int id, Reply reply) {
        try {
            channel.send(ReplyCodec.encode(id, reply).message());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
