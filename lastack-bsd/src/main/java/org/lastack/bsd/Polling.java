package org.lastack.bsd;

import java.util.BitSet;
import org.jspecify.annotations.Nullable;
import org.lastack.core.Errno;
import org.lastack.core.socket.InetSocket;
import org.lastack.host.ReadySet;
import org.lastack.host.Registration;

/// `poll` and `select`: a look at all descriptors, and if there is nothing a wait on a set made for it.
final class Polling {
    /// `select`'s three questions as poll bits (POLLIN_SET, POLLOUT_SET, POLLEX_SET of Linux).
    private static final int READ = InetSocket.POLLIN | Linux.POLLRDNORM;
    private static final int WRITE = InetSocket.POLLOUT | Linux.POLLWRNORM;

    private Polling() {}

    static int poll(BsdSockets process, PollFd[] set, long timeoutNs) {
        @Nullable Description[] held = new @Nullable Description[set.length];
        try {
            for (int i = 0; i < set.length; i++) {
                held[i] = set[i].fd < 0 ? null : process.hold(set[i].fd);
            }
            int ready = look(set, held);
            return ready != 0 || timeoutNs == 0 ? ready : await(process, set, held, timeoutNs);
        } finally {
            for (Description each : held) {
                if (each != null) {
                    each.release();
                }
            }
        }
    }

    private static int look(PollFd[] set, @Nullable Description[] held) {
        int ready = 0;
        for (int i = 0; i < set.length; i++) {
            PollFd each = set[i];
            if (each.fd < 0) {
                each.revents = 0;
            } else if (held[i] instanceof Description.Socket socket) {
                each.revents = PollBits.reported(socket.socket.readyMask(), each.events);
            } else {
                each.revents = Linux.POLLNVAL;
            }
            if (each.revents != 0) {
                ready++;
            }
        }
        return ready;
    }

    private static int await(BsdSockets process, PollFd[] set, @Nullable Description[] held, long timeoutNs) {
        ReadySet ready = new ReadySet(process.host().driver());
        @Nullable Registration[] registrations = new @Nullable Registration[set.length];
        try {
            for (int i = 0; i < set.length; i++) {
                if (held[i] instanceof Description.Socket socket) {
                    registrations[i] = ready.add(socket.socket, PollBits.asked(set[i].events) | PollBits.ALWAYS, ReadySet.Mode.LEVEL, null);
                }
            }
            int result = ready.await(new Registration[1], timeoutNs);
            int found = look(set, held);
            return found != 0 || result >= 0 ? found : result;
        } finally {
            for (Registration each : registrations) {
                if (each != null) {
                    ready.remove(each);
                }
            }
            ready.close();
        }
    }

    static int select(BsdSockets process, int count, @Nullable BitSet readable, @Nullable BitSet writable, @Nullable BitSet exceptional, long timeoutNs) {
        if (count < 0) {
            return -Errno.EINVAL;
        }
        PollFd[] set = new PollFd[count];
        for (int fd = 0; fd < count; fd++) {
            int events = (asks(readable, fd) ? READ : 0) | (asks(writable, fd) ? WRITE : 0) | (asks(exceptional, fd) ? InetSocket.POLLPRI : 0);
            set[fd] = new PollFd(events == 0 ? -1 : fd, events);
        }
        int result = poll(process, set, timeoutNs);
        if (result < 0) {
            return result;
        }
        for (PollFd each : set) {
            if ((each.revents & Linux.POLLNVAL) != 0) {
                return -Errno.EBADF;
            }
        }
        int bits = 0;
        for (int fd = 0; fd < count; fd++) {
            int found = set[fd].revents;
            bits += answer(readable, fd, (found & (READ | InetSocket.POLLHUP | InetSocket.POLLERR)) != 0);
            bits += answer(writable, fd, (found & (WRITE | InetSocket.POLLERR)) != 0);
            bits += answer(exceptional, fd, (found & InetSocket.POLLPRI) != 0);
        }
        return bits;
    }

    private static boolean asks(@Nullable BitSet set, int fd) {
        return set != null && set.get(fd);
    }

    private static int answer(@Nullable BitSet set, int fd, boolean ready) {
        if (set == null || !set.get(fd)) {
            return 0;
        }
        set.set(fd, ready);
        return ready ? 1 : 0;
    }
}
