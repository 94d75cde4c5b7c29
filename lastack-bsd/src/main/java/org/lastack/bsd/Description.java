package org.lastack.bsd;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.lastack.core.socket.Msg;
import org.lastack.host.HostSocket;
import org.lastack.host.HostTcpSocket;
import org.lastack.host.HostUdpSocket;

/// An open file description: what `dup`, `fork` and calls under way share. It lives until the last reference is gone; that is why closing a
/// descriptor does not end a call that another thread is in (Linux).
abstract sealed class Description permits Description.Socket, Description.Epoll {
    private final AtomicInteger references = new AtomicInteger(1);
    /// O_NONBLOCK: belongs to the description, so that duplicates share it.
    volatile boolean nonBlocking;

    void retain() {
        references.incrementAndGet();
    }

    /// Gives a reference back; the last one closes.
    final void release() {
        release(true);
    }

    /// @param linger false if the process ends, which does not wait for SO_LINGER
    final void release(boolean linger) {
        if (references.decrementAndGet() == 0) {
            lastClosed(linger);
        }
    }

    /// Closes what is behind; may wait for SO_LINGER if `linger`.
    abstract void lastClosed(boolean linger);

    static final class Socket extends Description {
        final HostSocket socket;
                /// Epoll sets that watch this description; guarded by itself.
        private final List<EpollSet> watchers = new ArrayList<>(0);

        Socket(HostSocket socket) {
            this.socket = socket;
        }

        /// Time that a call may wait: none if the descriptor or the call says so, else what SO_RCVTIMEO or SO_SNDTIMEO says.
        long timeout(int flags) {
            return nonBlocking || (flags & Msg.DONTWAIT) != 0 ? 0 : HostSocket.BY_OPTION;
        }

        @Nullable HostTcpSocket tcp() {
            return socket instanceof HostTcpSocket tcp ? tcp : null;
        }

        @Nullable HostUdpSocket udp() {
            return socket instanceof HostUdpSocket udp ? udp : null;
        }

        void watchedBy(EpollSet epoll) {
            synchronized (watchers) {
                watchers.add(epoll);
            }
        }

        void unwatchedBy(EpollSet epoll) {
            synchronized (watchers) {
                watchers.remove(epoll);
            }
        }

        @Override
        void lastClosed(boolean linger) {
            List<EpollSet> forgetful;
            synchronized (watchers) {
                forgetful = List.copyOf(watchers);
                watchers.clear();
            }
            for (EpollSet each : forgetful) {
                each.forget(this);
            }
            socket.close(linger);
        }
    }

    static final class Epoll extends Description {
        final EpollSet set;

        Epoll(EpollSet set) {
            this.set = set;
        }

        @Override
        void lastClosed(boolean linger) {
            set.close();
        }
    }
}
