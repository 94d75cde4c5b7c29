package org.lastack.drill.remote;

import java.io.EOFException;
import java.io.IOException;
import java.util.List;
import org.lastack.drill.remote.Wire.Reader;
import org.lastack.drill.remote.Wire.Writer;
import org.lastack.drill.stack.ControlData;
import org.lastack.drill.stack.Endpoint;
import org.lastack.drill.stack.Reply;
import org.lastack.drill.stack.Request;

/// Replies to octets and back. A body is there only if the result is not negative.
final class ReplyCodec {
    /// id, time, result, errno.
    static final int HEADER = 20;

    private ReplyCodec() {}

    static Writer encode(int id, Reply reply) {
        Writer out = new Writer();
        out.i32(id).i64(reply.timeUs()).i32(reply.result()).i32(reply.errno());
        if (reply.result() < 0) {
            return out;
        }
        switch (reply.body()) {
            case Reply.Body.Nothing n -> {}
            case Reply.Body.Peer peer -> out.address(peer.address());
            case Reply.Body.Received received -> out.blob(received.data()).address(received.source()).i32(received.messageFlags()).control(received.control());
            case Reply.Body.Value value -> out.i32(value.value());
            case Reply.Body.Option option -> out.blob(option.value());
            case Reply.Body.Ready ready -> {
                for (int each : ready.returned()) {
                    out.u16(each);
                }
            }
            case Reply.Body.Departed departed -> out.i64(departed.departureUs()).blob(departed.packet());
            case Reply.Body.EpollReady ready -> {
                for (int i = 0; i < ready.events().length; i++) {
                    out.i32(ready.events()[i]).i64(ready.data()[i]);
                }
            }
        }
        return out;
    }

    /// Decodes what follows the id. `remaining` counts the octets of the body.
    static Reply decode(Request request, Reader in, int remaining) throws IOException {
        try {
            long time = in.i64();
            int result = in.i32();
            int errno = in.i32();
            if (result < 0) {
                return new Reply(time, -1, errno, Reply.Body.NOTHING);
            }
            return new Reply(time, result, errno, remaining == 0 ? Reply.Body.NOTHING : body(request, result, in));
        } catch (EOFException e) {
            throw new ProtocolException("the reply to " + request + " is too short");
        }
    }

    private static Reply.Body body(Request request, int result, Reader in) throws IOException {
        return switch (request) {
            case Request.Accept r -> new Reply.Body.Peer(in.address());
            case Request.Receive r -> {
                byte[] data = in.blob();
                Endpoint source = in.address();
                int flags = in.i32();
                List<ControlData> control = in.control();
                yield new Reply.Body.Received(data, source, flags, control);
            }
            case Request.Ioctl r -> new Reply.Body.Value(in.i32());
            case Request.GetOption r -> new Reply.Body.Option(in.blob());
            case Request.Poll r -> {
                int[] returned = new int[r.handles().length];
                for (int i = 0; i < returned.length; i++) {
                    returned[i] = in.u16();
                }
                yield new Reply.Body.Ready(returned);
            }
            case Request.PacketOut r -> {
                long departure = in.i64();
                yield new Reply.Body.Departed(departure, in.blob());
            }
            case Request.EpollWait r -> {
                int[] events = new int[result];
                long[] data = new long[result];
                for (int i = 0; i < result; i++) {
                    events[i] = in.i32();
                    data[i] = in.i64();
                }
                yield new Reply.Body.EpollReady(events, data);
            }
            default -> Reply.Body.NOTHING;
        };
    }
}
