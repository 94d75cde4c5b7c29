package org.lastack.drill.remote;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.lastack.core.Errno;
import org.lastack.drill.remote.MessageChannel.Incoming;
import org.lastack.drill.stack.Reply;
import org.lastack.drill.stack.Request;
import org.lastack.drill.stack.StackUnderTest;

/// A host behind the remote stack protocol. Requests that the protocol does not have (route metrics, the interface's MTU) are answered with
/// EOPNOTSUPP.
public final class RemoteStack implements StackUnderTest {
    private static final long LONGEST_SLEEP_US = 0xffff_ffffL;

    private final MessageChannel channel;
    private final Map<Integer, Pending> pending = new HashMap<>();
    private int lastId;
    private long lastTimeUs;

    private record Pending(Request request, Consumer<Reply> done) {}

    private RemoteStack(MessageChannel channel) {
        this.channel = channel;
    }

    /// Connects and says HELLO.
    ///
    /// @param flags as of `--so_flags`: `local=ADDR,mtu=N`
    /// @throws IOException if nobody serves there or the server refuses
    public static RemoteStack connect(Path path, String flags) throws IOException {
        SocketChannel socket = SocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            socket.connect(UnixDomainSocketAddress.of(path));
            RemoteStack stack = new RemoteStack(new MessageChannel(socket));
            Reply reply = stack.call(new Request.Hello(RemoteServer.VERSION, flags));
            if (reply.result() < 0) {
                throw new ProtocolException("the server refuses: " + Errno.name(reply.errno()));
            }
            return stack;
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    @Override
    public void submit(int thread, Request request, Consumer<Reply> done) throws IOException {
        Request last = request;
        // SLEEP has 32 bits: longer sleeps are several.
        while (last instanceof Request.Sleep sleep && sleep.microseconds() > LONGEST_SLEEP_US) {
            send(thread, new Request.Sleep(LONGEST_SLEEP_US), reply -> {});
            last = new Request.Sleep(sleep.microseconds() - LONGEST_SLEEP_US);
        }
        send(thread, last, done);
    }

    private void send(int thread, Request request, Consumer<Reply> done) throws IOException {
        int id = ++lastId;
        Wire.Writer message = RequestCodec.encode(id, thread, request);
        if (message == null) {
            done.accept(Reply.error(lastTimeUs, Errno.EOPNOTSUPP));
            return;
        }
        pending.put(id, new Pending(request, done));
        channel.send(message.message());
        while (thread == 1 && pending.containsKey(id)) {
            receive();
        }
    }

    /// Blocks until a reply to an earlier request has come, such as that of a blocking call, and delivers it.
    public void awaitReply() throws IOException {
        receive();
    }

    private void receive() throws IOException {
        Incoming incoming = channel.receive(0);
        byte[] message = incoming.message();
        if (message == null) {
            throw new ProtocolException("the server has closed the connection");
        }
        Wire.Reader in = new Wire.Reader(message, 0);
        Pending asked = pending.remove(in.i32());
        if (asked == null) {
            throw new ProtocolException("a reply to nothing");
        }
        Reply reply = ReplyCodec.decode(asked.request, in, message.length - ReplyCodec.HEADER);
        lastTimeUs = reply.timeUs();
        asked.done.accept(reply);
    }

    /// Drops the connection; the host behind it is gone.
    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            // Nothing is lost: the host was ours alone.
            lastTimeUs = 0;
        }
    }
}
