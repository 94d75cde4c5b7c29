package org.lastack.bsd;

import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import org.lastack.core.Errno;
import org.lastack.host.Driver;
import org.lastack.host.ReadySet;
import org.lastack.host.Registration;

/// What an epoll descriptor stands for. Entries are keyed by descriptor number and description, as in Linux: an entry outlives its descriptor
/// number while duplicates are open. Epoll descriptors cannot be watched themselves (EINVAL).
final class EpollSet implements AutoCloseable {
    private record Key(int fd, Description.Socket description) { }

    /// The user's part of an entry.
    private static final class Entry {
        final Key key;
        volatile int events;
        volatile long data;

        Entry(Key key) {
            this.key = key;
        }
    }

    private final ReadySet ready;
    /// Guarded by itself.
    private final Map<Key, Registration> entries = new HashMap<>();

    EpollSet(Driver driver) {
        ready = new ReadySet(driver);
    }

    int control(int operation, int fd, Description.Socket description, EpollEvent event) {
        synchronized (entries) {
            Key key = new Key(fd, description);
            Registration present = entries.get(key);
            return switch (operation) {
                case Linux.EPOLL_CTL_ADD -> present != null ? -Errno.EEXIST : add(key, event);
                case Linux.EPOLL_CTL_MOD -> present == null ? -Errno.ENOENT : modify(present, event);
                case Linux.EPOLL_CTL_DEL -> present == null ? -Errno.ENOENT : delete(key, present);
                default -> -Errno.EINVAL;
            };
        }
    }

    private int add(Key key, EpollEvent event) {
        Entry entry = new Entry(key);
        entry.events = event.events;
        entry.data = event.data;
        entries.put(key, ready.add(key.description.socket, interest(event.events), mode(event.events), entry));
        key.description.watchedBy(this);
        return 0;
    }

    private int modify(Registration registration, EpollEvent event) {
        Entry entry = entryOf(registration);
        // Linux: an exclusive entry cannot be changed, and none can become exclusive.
        if (((entry.events | event.events) & Linux.EPOLLEXCLUSIVE) != 0) {
            return -Errno.EINVAL;
        }
        entry.events = event.events;
        entry.data = event.data;
        ready.modify(registration, interest(event.events), mode(event.events));
        return 0;
    }

    private int delete(Key key, Registration registration) {
        entries.remove(key);
        ready.remove(registration);
        key.description.unwatchedBy(this);
        return 0;
    }

    /// The description's last reference is gone.
    void forget(Description.Socket description) {
        synchronized (entries) {
            for (Iterator<Map.Entry<Key, Registration>> each = entries.entrySet().iterator(); each.hasNext();) {
                Map.Entry<Key, Registration> entry = each.next();
                if (entry.getKey().description == description) {
                    ready.remove(entry.getValue());
                    each.remove();
                }
            }
        }
    }

    /// Waits; the number of events, 0 on time-out, or -errno.
    int await(EpollEvent[] out, long timeoutNs) {
        Registration[] found = new Registration[out.length];
        int count = ready.await(found, timeoutNs);
        for (int i = 0; i < count; i++) {
            Entry entry = entryOf(found[i]);
            out[i].events = PollBits.reported(found[i].found(), entry.events);
            out[i].data = entry.data;
        }
        return count;
    }

    private static Entry entryOf(Registration registration) {
        if (registration.attachment() instanceof Entry entry) {
            return entry;
        }
        throw new IllegalStateException("a registration of ours carries an entry");
    }

    /// POLLERR and POLLHUP are always watched; one bit keeps an entry that asks for nothing else awake.
    private static int interest(int events) {
        return PollBits.asked(events) | PollBits.ALWAYS;
    }

    private static ReadySet.Mode mode(int events) {
        if ((events & Linux.EPOLLONESHOT) != 0) {
            return ReadySet.Mode.ONE_SHOT;
        }
        return (events & Linux.EPOLLET) != 0 ? ReadySet.Mode.EDGE : ReadySet.Mode.LEVEL;
    }

    @Override
    public void close() {
        synchronized (entries) {
            for (Map.Entry<Key, Registration> each : entries.entrySet()) {
                ready.remove(each.getValue());
                each.getKey().description.unwatchedBy(this);
            }
            entries.clear();
        }
        ready.close();
    }
}
