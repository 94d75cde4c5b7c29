package org.lastack.drill.stack;

import java.io.IOException;
import java.util.function.Consumer;

/// A host in virtual time. Time stands still unless a request moves it: [Request.Sleep], [Request.PacketOut] when nothing is queued, and a
/// blocking call of thread 1, which moves time until it completes.
///
/// Not thread-safe: one caller.
public interface StackUnderTest extends AutoCloseable {
    /// Sends a request. `done` gets the reply before this method returns, unless the call blocks and `thread` is not 1; then it gets it during
    /// the later request that completes the call, before that request's own reply.
    ///
    /// @param thread 1 for the script itself, 2 for its blocking calls
    /// @throws IOException if the host is elsewhere and has gone
    void submit(int thread, Request request, Consumer<Reply> done) throws IOException;

    /// As [#submit] on thread 1, waiting for the reply.
    default Reply call(Request request) throws IOException {
        Reply[] reply = new Reply[1];
        submit(1, request, each -> reply[0] = each);
        if (reply[0] == null) {
            throw new IOException("no reply to " + request);
        }
        return reply[0];
    }

    @Override
    void close();
}
