package org.lastack.net;

import java.io.IOException;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.IllegalBlockingModeException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.lastack.core.socket.InetSocket;
import org.lastack.host.ReadyList;
import org.lastack.host.ReadySource;
import org.lastack.host.Registration;

/// A channel of the kernel as something that our selectors can watch. What is known of its readiness comes from [KernelPoller] and holds until
/// the channel is used: whoever reads, writes, accepts or connects says so ([#used]), and then it is asked for anew.
final class KernelSource implements ReadySource {
    private final SelectableChannel channel;
    private final ReadyList registrations = new ReadyList();
    private final ReentrantLock lock = new ReentrantLock();
    /// All below: guarded by `lock`.
    /// Poll bits that hold.
    private int known;
    /// Operations that the poller is watching, or will be.
    private int watched;
    private @Nullable SelectionKey key;

    KernelSource(SelectableChannel channel) {
        this.channel = channel;
    }

    @Override
    public int readyMask() {
        askForMissing();
        lock.lock();
        try {
            return known;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void attach(Registration registration) {
        registrations.add(registration);
    }

    @Override
    public void detach(Registration registration) {
        registrations.remove(registration);
    }

    /// What selectors want and is not known to hold is asked for, without a lock.
    private void askForMissing() {
        boolean missing;
        lock.lock();
        try {
            int operations = operations(registrations.interest() & ~known) & ~watched;
            watched |= operations;
            missing = operations != 0;
        } finally {
            lock.unlock();
        }
        if (missing) {
            KernelPoller.instance().ask(this);
        }
    }

    private int operations(int pollBits) {
        boolean in = (pollBits & InetSocket.POLLIN) != 0;
        boolean out = (pollBits & InetSocket.POLLOUT) != 0;
        return switch (channel) {
            case ServerSocketChannel _ -> in ? SelectionKey.OP_ACCEPT : 0;
            case SocketChannel c when c.isConnectionPending() -> out ? SelectionKey.OP_CONNECT : 0;
            case SocketChannel c when !c.isConnected() -> 0;
            default -> (in ? SelectionKey.OP_READ : 0) | (out ? SelectionKey.OP_WRITE : 0);
        };
    }

    /// What was known of these poll bits is out of date.
    void used(int pollBits) {
        lock.lock();
        try {
            known &= ~pollBits;
        } finally {
            lock.unlock();
        }
    }

    /// The channel has become connected or tries to: it waits for something else from now on.
    void stateChanged() {
        lock.lock();
        try {
            known = 0;
            watched = 0;
        } finally {
            lock.unlock();
        }
        askForMissing();
    }

    /// The channel turns to blocking mode, in which no selector may hold it.
    void release() {
        lock.lock();
        try {
            known = 0;
            watched = 0;
            if (key != null) {
                key.cancel();
                key = null;
            }
        } finally {
            lock.unlock();
        }
    }

    /// In the poller's thread.
    void watch(Selector poller) throws IOException {
        lock.lock();
        try {
            if (watched == 0 || !channel.isOpen()) {
                return;
            }
            if (key == null && channel.keyFor(poller) != null) {
                poller.selectNow(KernelPoller::fired); // one that was cancelled has to go first; nothing is lost, what is ready stays ready
            }
            SelectionKey present = key;
            if (present == null) {
                key = channel.register(poller, watched, this);
            } else {
                present.interestOps(watched);
            }
        } catch (IllegalBlockingModeException | CancelledKeyException | java.nio.channels.ClosedChannelException e) {
            watched = 0;
            key = null; // blocking or closed meanwhile: nobody waits for it in a selector
        } finally {
            lock.unlock();
        }
    }

    /// In the poller's thread: operations that have become ready.
    void fired(int ops) {
        int mask = ((ops & (SelectionKey.OP_READ | SelectionKey.OP_ACCEPT)) != 0 ? InetSocket.POLLIN : 0)
                | ((ops & (SelectionKey.OP_WRITE | SelectionKey.OP_CONNECT)) != 0 ? InetSocket.POLLOUT : 0);
        lock.lock();
        try {
            watched &= ~ops;
            known |= mask;
        } finally {
            lock.unlock();
        }
        registrations.dispatch(mask);
    }
}
