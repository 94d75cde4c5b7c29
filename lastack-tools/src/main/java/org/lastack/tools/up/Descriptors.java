package org.lastack.tools.up;

import java.util.BitSet;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Map;
import org.lastack.core.socket.SocketHandle;

/// Numbers for the sockets of each process, given as a kernel does: the lowest that is free, from 3. Thread-safe.
final class Descriptors {
    private static final int FIRST = 3;

    private final Map<Long, BitSet> usedByProcess = new HashMap<>();
    private final Map<SocketHandle, Integer> numbers = new IdentityHashMap<>();

    synchronized void add(SocketHandle socket) {
        BitSet used = usedByProcess.computeIfAbsent(socket.owner().pid(), pid -> new BitSet());
        int number = used.nextClearBit(FIRST);
        used.set(number);
        numbers.put(socket, number);
    }

    synchronized void remove(SocketHandle socket) {
        Integer number = numbers.remove(socket);
        BitSet used = usedByProcess.get(socket.owner().pid());
        if (number != null && used != null) {
            used.clear(number);
            if (used.isEmpty()) {
                usedByProcess.remove(socket.owner().pid());
            }
        }
    }

    /// The number, or -1 if no descriptor refers to that socket: it waits in an accept queue, or is an orphan.
    synchronized int of(SocketHandle socket) {
        return numbers.getOrDefault(socket, -1);
    }
}
