package org.lastack.drill.stack;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.lastack.core.Errno;
import org.lastack.core.socket.InetSocket;

/// An epoll instance: level-triggered, edge-triggered and one-shot.
final class Epoll {
    private static final int ADD = 1;
    private static final int DELETE = 2;
    private static final int MODIFY = 3;
    private static final int ONE_SHOT = 1 << 30;
    private static final int EDGE = 1 << 31;
    private static final int ALWAYS = InetSocket.POLLERR | InetSocket.POLLHUP;

    private static final class Interest {
        private int events;
        private long data;
        private boolean disabled;
        private long seenSignals = -1;
    }

    /// A ready entry.
    record Ready(int events, long data) {}

    private final Map<HostSocket, Interest> interests = new LinkedHashMap<>();

    int control(int operation, HostSocket target, int events, long data) {
        Interest known = interests.get(target);
        switch (operation) {
            case ADD -> {
                if (known != null) {
                    return -Errno.EEXIST;
                }
                known = new Interest();
                interests.put(target, known);
            }
            case MODIFY, DELETE -> {
                if (known == null) {
                    return -Errno.ENOENT;
                }
            }
            default -> {
                return -Errno.EINVAL;
            }
        }
        if (operation == DELETE) {
            interests.remove(target);
            return 0;
        }
        known.events = events;
        known.data = data;
        known.disabled = false;
        known.seenSignals = -1;
        return 0;
    }

    void closed(HostSocket socket) {
        interests.remove(socket);
    }

    List<Ready> ready(int max) {
        List<Ready> ready = new ArrayList<>();
        for (Map.Entry<HostSocket, Interest> each : interests.entrySet()) {
            Interest interest = each.getValue();
            HostSocket socket = each.getKey();
            int events = socket.poll() & (interest.events | ALWAYS);
            boolean fresh = (interest.events & EDGE) == 0 || interest.seenSignals != socket.signals;
            if (events == 0 || interest.disabled || !fresh || ready.size() == max) {
                continue;
            }
            interest.seenSignals = socket.signals;
            interest.disabled = (interest.events & ONE_SHOT) != 0;
            ready.add(new Ready(events, interest.data));
        }
        return ready;
    }
}
