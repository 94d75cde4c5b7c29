package org.lastack.core.tcp;

import java.util.Arrays;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// The demultiplexer's table: flat, open addressing, keyed hashes from outside. A look-up costs one probe of an `int` column in the usual case,
/// however many connections there are.
final class TupleTable<T extends Tuple> {
    private int[] hashes;
    private @Nullable Tuple[] entries;
    private int count;

    TupleTable() {
        hashes = new int[64];
        entries = new Tuple[64];
    }

    int size() {
        return count;
    }

    @SuppressWarnings("unchecked")
    @Nullable T find(int hash, long localHigh, long localLow, int localPort, long remoteHigh, long remoteLow, int remotePort) {
        int mask = entries.length - 1;
        for (int slot = hash & mask; ; slot = (slot + 1) & mask) {
            Tuple entry = entries[slot];
            if (entry == null) {
                return null;
            }
            if (hashes[slot] == hash && entry.isFor(localHigh, localLow, localPort, remoteHigh, remoteLow, remotePort)) {
                return (T) entry;
            }
        }
    }

    /// Reads where entries of that hash begin; see [Lookahead].
    int line(int hash) {
        return hashes[hash & (hashes.length - 1)];
    }

    /// The first entry of that hash, which may be of another tuple, or null.
    @SuppressWarnings("unchecked")
    @Nullable T first(int hash) {
        int mask = entries.length - 1;
        for (int slot = hash & mask; ; slot = (slot + 1) & mask) {
            Tuple entry = entries[slot];
            if (entry == null || hashes[slot] == hash) {
                return (T) entry;
            }
        }
    }

    void put(int hash, T entry) {
        if ((count + 1) * 4 > entries.length * 3) {
            grow();
        }
        int mask = entries.length - 1;
        int slot = hash & mask;
        while (entries[slot] != null) {
            slot = (slot + 1) & mask;
        }
        hashes[slot] = hash;
        entries[slot] = entry;
        count++;
    }

    boolean remove(int hash, T entry) {
        int mask = entries.length - 1;
        int slot = hash & mask;
        while (entries[slot] != entry) {
            if (entries[slot] == null) {
                return false;
            }
            slot = (slot + 1) & mask;
        }
        // Close the gap: entries behind it that may move up do.
        int gap = slot;
        int next = (slot + 1) & mask;
        while (entries[next] != null) {
            int home = hashes[next] & mask;
            if (((next - home) & mask) >= ((next - gap) & mask)) {
                entries[gap] = entries[next];
                hashes[gap] = hashes[next];
                gap = next;
            }
            next = (next + 1) & mask;
        }
        entries[gap] = null;
        count--;
        return true;
    }

    private void grow() {
        int[] oldHashes = hashes;
        @Nullable Tuple[] old = entries;
        int size = old.length * 2;
        hashes = new int[size];
        entries = new Tuple[size];
        int mask = size - 1;
        for (int i = 0; i < old.length; i++) {
            Tuple entry = old[i];
            if (entry != null) {
                int slot = oldHashes[i] & mask;
                while (entries[slot] != null) {
                    slot = (slot + 1) & mask;
                }
                entries[slot] = entry;
                hashes[slot] = oldHashes[i];
            }
        }
    }

    /// Every entry, in no particular order; the visitor must not change the table.
    @SuppressWarnings("unchecked")
    void forEach(Consumer<? super T> visitor) {
        for (Tuple entry : entries) {
            if (entry != null) {
                visitor.accept((T) entry);
            }
        }
    }

    /// A copy of all entries, for callers that change the table while they walk.
    Tuple[] snapshot() {
        Tuple[] all = new Tuple[count];
        int index = 0;
        for (Tuple entry : entries) {
            if (entry != null) {
                all[index++] = entry;
            }
        }
        return Arrays.copyOf(all, index);
    }
}
