package org.lastack.core.socket;

import java.util.Arrays;
import org.lastack.core.PortSet;

/// What was learned about the ports of a nearly full range, for one destination or one local address: which ones need not be asked about again.
/// Linux asks about every port of the range for each `connect` and becomes slow just when the ports run out; with this a choice costs about one
/// question. A port counts as taken from the moment it is found so until anything ends on it.
final class PortHints {
    private static final int SMALL = 64;

    /// The place in [PortHintCache].
    final int index;
    // What the hints are about.
    long key0;
    long key1;
    long key2;
    long key3;
    long key4;
    /// Settings under which they were learned.
    long settings;
    /// For the choice of the hints to give up.
    long lastUse;

    /// Taken as far as known; [PortHintCache#taken] adds.
    final PortSet busy = new PortSet();
    /// Those of them that time alone will make available, in a heap with the earliest first; entries of ports that are not in the set any
    /// more, or twice, are out of date and are skipped.
    private final PortSet waiting = new PortSet();
    private long[] heapNs = new long[SMALL];
    private char[] heapPorts = new char[SMALL];
    private int heapSize;

    PortHints(int index) {
        this.index = index;
    }

    boolean about(long k0, long k1, long k2, long k3, long k4) {
        return key0 == k0 && key1 == k1 && key2 == k2 && key3 == k3 && key4 == k4;
    }

    void about(long k0, long k1, long k2, long k3, long k4, long underSettings) {
        key0 = k0;
        key1 = k1;
        key2 = k2;
        key3 = k3;
        key4 = k4;
        settings = underSettings;
        forget();
    }

    void forget() {
        busy.clear();
        waiting.clear();
        heapSize = 0;
    }

    /// Something ended on the port.
    void freed(int port) {
        if (busy.remove(port)) {
            waiting.remove(port);
        }
    }

    /// A port that counts as taken will be available at that time and not before.
    void availableAt(int port, long ns) {
        waiting.add(port);
        if (heapSize == heapNs.length) {
            if (heapSize > 4 * (waiting.size() + SMALL)) {
                // Mostly out of date: learning anew is cheaper than carrying it along.
                forget();
                return;
            }
            heapNs = Arrays.copyOf(heapNs, heapSize * 2);
            heapPorts = Arrays.copyOf(heapPorts, heapSize * 2);
        }
        int slot = heapSize++;
        while (slot > 0 && heapNs[(slot - 1) / 2] > ns) {
            heapNs[slot] = heapNs[(slot - 1) / 2];
            heapPorts[slot] = heapPorts[(slot - 1) / 2];
            slot = (slot - 1) / 2;
        }
        heapNs[slot] = ns;
        heapPorts[slot] = (char) port;
    }

    /// The port that will be available first, or 0 if none waits.
    int earliest() {
        while (heapSize > 0 && !waiting.contains(heapPorts[0])) {
            removeEarliest();
        }
        return heapSize == 0 ? 0 : heapPorts[0];
    }

    long earliestNs() {
        return heapNs[0];
    }

    void removeEarliest() {
        heapSize--;
        long ns = heapNs[heapSize];
        char port = heapPorts[heapSize];
        int slot = 0;
        for (int child = 1; child < heapSize; child = 2 * slot + 1) {
            if (child + 1 < heapSize && heapNs[child + 1] < heapNs[child]) {
                child++;
            }
            if (heapNs[child] >= ns) {
                break;
            }
            heapNs[slot] = heapNs[child];
            heapPorts[slot] = heapPorts[child];
            slot = child;
        }
        heapNs[slot] = ns;
        heapPorts[slot] = port;
    }

    /// Time does not help this port any more: it is taken, or was given out.
    void waitsNoMore(int port) {
        waiting.remove(port);
    }
}
