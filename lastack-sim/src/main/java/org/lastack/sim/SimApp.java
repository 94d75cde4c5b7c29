package org.lastack.sim;

import org.jspecify.annotations.Nullable;
import org.lastack.core.socket.SocketHandle;
import org.lastack.core.socket.SocketEvents;

/// An application on a host: [#run] is called when one of its sockets may have become ready, and does all it can without waiting.
public abstract class SimApp implements SocketEvents {
    private final SimHost host;
    boolean queued;
    @Nullable SimApp nextReady;

    protected SimApp(SimHost host) {
        this.host = host;
    }

    public final SimHost host() {
        return host;
    }

    @Override
    public final void ready(SocketHandle socket, int mask) {
        host.ready(this);
    }

    /// Does what can be done now. May be called without need.
    protected abstract void run();
}
