package org.lastack.core.tcp;

import java.util.ArrayList;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.lastack.wire.IpAddress;

/// Entries that are found by a connection's four names and that end in the order in which they began, each in a few `int`s: millions of them must not
/// cost what millions of objects do (SECURITY R-06).
///
/// Entries of one duration stand in a queue of blocks of rows in the order of their beginning, so that order and deadline need no links. Rows that have
/// gone leave holes; neighbouring blocks whose entries fit into one are merged, so that at least half of the rows are used. The index is a flat hash table
/// whose slots hold the row's number and its distance from home (Robin Hood hashing): it is at most 80 % full, and a look-up in vain ends soon. It has
/// [#PARTS] parts, each of which grows and shrinks by itself: of ten million entries a growing part moves forty thousand, not all at once.
///
/// An entry is named by the number of its row, which is good until the next entry is removed or restarted.
final class TupleRows {
    static final int NONE = -1;
    /// What the slots' 26 bits can name.
    static final int MOST = 1 << 26;
    /// Words of a row before those of the user: both addresses (their last 32 bits), ports, and the time of its beginning.
    private static final int LOCAL = 0;
    private static final int REMOTE = 1;
    private static final int PORTS = 2;
    private static final int BEGAN = 3;
    static final int FIRST = 5;
    /// Words behind those of the user if the names are not IPv4: the first 96 bits of both addresses.
    private static final int WIDE = 6;

    private static final int BLOCK_BITS = 7;
    private static final int BLOCK_ROWS = 1 << BLOCK_BITS;
    private static final int KEEP = 16;
    private static final int ID_BITS = 26;
    private static final int ID_MASK = MOST - 1;
    private static final int FARTHEST = 62;
    private static final int PART_BITS = 8;
    private static final int PARTS = 1 << PART_BITS;
    private static final int SMALL_PART = 64;
    /// The part in which nothing is; never written.
    private static final int[] FREE = new int[1];
    private static final int MOST_QUEUES = 64;

    /// The keyed hash of the names, which rows do not remember.
    interface Hash {
        int of(long localHigh, long localLow, int localPort, long remoteHigh, long remoteLow, int remotePort);
    }

    private static final class Block {
        final int[] words;
        final Queue queue;
        final int number;
        /// Rows from here on are free.
        int used;
        int live;
        /// No row before this one is live.
        int first;
        @Nullable Block previous;
        @Nullable Block next;

        Block(int[] words, Queue queue, int number) {
            this.words = words;
            this.queue = queue;
            this.number = number;
        }
    }

    private static final class Queue {
        long durationNs;
        final boolean wide;
        @Nullable Block head;
        @Nullable Block tail;

        Queue(long durationNs, boolean wide) {
            this.durationNs = durationNs;
            this.wide = wide;
        }
    }

    private final Hash hash;
    private final int narrowWords;
    private final ArrayList<Queue> queues = new ArrayList<>();
    private final ArrayList<int[]> spare = new ArrayList<>();
    private @Nullable Block[] blocks = new @Nullable Block[4];
    private int blockCount;
    private int[] freeNumbers = new int[4];
    private int freeCount;
    private final int[][] parts = new int[PARTS][];
    private final int[] partCounts = new int[PARTS];
    private int count;
    private boolean merging = true;

    /// @param words of the user in each row
    TupleRows(Hash hash, int words) {
        this.hash = hash;
        this.narrowWords = FIRST + words;
        Arrays.fill(parts, FREE);
    }

    int size() {
        return count;
    }

    // ---- names ----------------------------------------------------------------------------------------------------------------------------

    int find(int hashed, long localHigh, long localLow, int localPort, long remoteHigh, long remoteLow, int remotePort) {
        if (count == 0) {
            return NONE;
        }
        int[] slots = parts[part(hashed)];
        int slot = home(slots, hashed);
        for (int far = 0; ; far++) {
            int entry = slots[slot];
            int its = (entry >>> ID_BITS) - 1;
            if (its < far) {
                // Free, or nearer to its home than ours would be here.
                return NONE;
            }
            if (its == far && isFor(entry & ID_MASK, localHigh, localLow, localPort, remoteHigh, remoteLow, remotePort)) {
                return entry & ID_MASK;
            }
            slot = slot + 1 == slots.length ? 0 : slot + 1;
        }
    }

    private boolean isFor(int id, long localHigh, long localLow, int localPort, long remoteHigh, long remoteLow, int remotePort) {
        Block block = block(id);
        int at = at(block, id);
        int[] words = block.words;
        if (words[at + PORTS] != (localPort << 16 | remotePort) || words[at + LOCAL] != (int) localLow || words[at + REMOTE] != (int) remoteLow) {
            return false;
        }
        return localLow(id) == localLow && remoteLow(id) == remoteLow && localHigh(id) == localHigh && remoteHigh(id) == remoteHigh;
    }

    int localPort(int id) {
        return word(id, PORTS) >>> 16;
    }

    int remotePort(int id) {
        return word(id, PORTS) & 0xffff;
    }

    long localHigh(int id) {
        return block(id).queue.wide ? (long) word(id, narrowWords) << 32 | word(id, narrowWords + 1) & 0xffffffffL : 0;
    }

    long localLow(int id) {
        return block(id).queue.wide ? (long) word(id, narrowWords + 2) << 32 | word(id, LOCAL) & 0xffffffffL : IpAddress.lowOfV4(word(id, LOCAL));
    }

    long remoteHigh(int id) {
        return block(id).queue.wide ? (long) word(id, narrowWords + 3) << 32 | word(id, narrowWords + 4) & 0xffffffffL : 0;
    }

    long remoteLow(int id) {
        return block(id).queue.wide ? (long) word(id, narrowWords + 5) << 32 | word(id, REMOTE) & 0xffffffffL : IpAddress.lowOfV4(word(id, REMOTE));
    }

    /// A word of the user is at [#FIRST] or behind.
    int word(int id, int index) {
        Block block = block(id);
        return block.words[at(block, id) + index];
    }

    void word(int id, int index, int value) {
        Block block = block(id);
        block.words[at(block, id) + index] = value;
    }

    private Block block(int id) {
        Block block = blocks[id >>> BLOCK_BITS];
        if (block == null) {
            throw new IllegalStateException("no block of row " + id);
        }
        return block;
    }

    private int width(boolean wide) {
        return wide ? narrowWords + WIDE : narrowWords;
    }

    private int at(Block block, int id) {
        return (id & BLOCK_ROWS - 1) * width(block.queue.wide);
    }

    // ---- time -----------------------------------------------------------------------------------------------------------------------------

    long beganNs(int id) {
        return (long) word(id, BEGAN) << 32 | word(id, BEGAN + 1) & 0xffffffffL;
    }

    long deadlineNs(int id) {
        return beganNs(id) + block(id).queue.durationNs;
    }

    /// The entry that ends next, or [#NONE].
    int earliest() {
        int best = NONE;
        long bestNs = 0;
        for (int i = 0; i < queues.size(); i++) {
            Block head = queues.get(i).head;
            if (head != null) {
                int id = firstOf(head);
                long deadlineNs = deadlineNs(id);
                if (best == NONE || deadlineNs < bestNs) {
                    best = id;
                    bestNs = deadlineNs;
                }
            }
        }
        return best;
    }

    /// A block in a queue has a live row.
    private int firstOf(Block block) {
        int width = width(block.queue.wide);
        while (block.words[block.first * width + PORTS] == 0) {
            block.first++;
        }
        return block.number << BLOCK_BITS | block.first;
    }

    private Queue queueFor(long durationNs, boolean wide) {
        Queue free = null;
        Queue near = null;
        for (int i = 0; i < queues.size(); i++) {
            Queue each = queues.get(i);
            if (each.wide != wide) {
                continue;
            }
            if (each.durationNs == durationNs) {
                return each;
            }
            if (each.head == null) {
                free = each;
            } else if (near == null || Math.abs(each.durationNs - durationNs) < Math.abs(near.durationNs - durationNs)) {
                near = each;
            }
        }
        if (free != null) {
            free.durationNs = durationNs;
            return free;
        }
        if (near != null && queues.size() >= MOST_QUEUES) {
            // So many different durations at the same time: the nearest must do.
            return near;
        }
        Queue queue = new Queue(durationNs, wide);
        queues.add(queue);
        return queue;
    }

    // ---- entries --------------------------------------------------------------------------------------------------------------------------

    /// A new entry; there is none with these names, and fewer than [#MOST] in all. The user's words are zero.
    int add(int hashed, long localHigh, long localLow, int localPort, long remoteHigh, long remoteLow, int remotePort, long nowNs, long durationNs) {
        boolean wide = !IpAddress.isV4(localHigh, localLow) || !IpAddress.isV4(remoteHigh, remoteLow);
        int id = append(queueFor(durationNs, wide), nowNs);
        Block block = block(id);
        int at = at(block, id);
        int[] words = block.words;
        Arrays.fill(words, at + FIRST, at + width(wide), 0);
        words[at + LOCAL] = (int) localLow;
        words[at + REMOTE] = (int) remoteLow;
        words[at + PORTS] = localPort << 16 | remotePort;
        if (wide) {
            words[at + narrowWords] = (int) (localHigh >>> 32);
            words[at + narrowWords + 1] = (int) localHigh;
            words[at + narrowWords + 2] = (int) (localLow >>> 32);
            words[at + narrowWords + 3] = (int) (remoteHigh >>> 32);
            words[at + narrowWords + 4] = (int) remoteHigh;
            words[at + narrowWords + 5] = (int) (remoteLow >>> 32);
        }
        count++;
        index(hashed, id);
        return id;
    }

    /// A row at the end of the queue, with its time only.
    private int append(Queue queue, long nowNs) {
        Block tail = queue.tail;
        if (tail == null || tail.used == BLOCK_ROWS) {
            Block fresh = newBlock(queue);
            fresh.previous = tail;
            if (tail == null) {
                queue.head = fresh;
            } else {
                tail.next = fresh;
            }
            queue.tail = fresh;
            tail = fresh;
        }
        int row = tail.used++;
        tail.live++;
        int at = row * width(queue.wide);
        tail.words[at + BEGAN] = (int) (nowNs >>> 32);
        tail.words[at + BEGAN + 1] = (int) nowNs;
        return tail.number << BLOCK_BITS | row;
    }

    void remove(int id) {
        int hashed = hashOf(id);
        int part = part(hashed);
        int[] slots = parts[part];
        int slot = slotOf(slots, hashed, id);
        // Those behind that are not at home move up.
        while (true) {
            int next = slot + 1 == slots.length ? 0 : slot + 1;
            int entry = slots[next];
            if (entry >>> ID_BITS <= 1) {
                break;
            }
            slots[slot] = entry - (1 << ID_BITS);
            slot = next;
        }
        slots[slot] = 0;
        count--;
        if (--partCounts[part] * 6 < slots.length && slots.length > SMALL_PART) {
            rebuild(part, slots.length / 3, NONE);
        }
        vacate(id);
    }

    /// Begins the entry anew, with what the user has stored, and returns its new number.
    int restart(int id, long nowNs, long durationNs) {
        Block from = block(id);
        Queue queue = queueFor(durationNs, from.queue.wide);
        if (from == queue.tail && (id & BLOCK_ROWS - 1) == from.used - 1) {
            // The youngest of its queue stays where it is.
            word(id, BEGAN, (int) (nowNs >>> 32));
            word(id, BEGAN + 1, (int) nowNs);
            return id;
        }
        int hashed = hashOf(id);
        int[] slots = parts[part(hashed)];
        int slot = slotOf(slots, hashed, id);
        int width = width(from.queue.wide);
        int moved = append(queue, nowNs);
        Block to = block(moved);
        int source = at(from, id);
        int target = at(to, moved);
        System.arraycopy(from.words, source, to.words, target, BEGAN);
        System.arraycopy(from.words, source + FIRST, to.words, target + FIRST, width - FIRST);
        slots[slot] = slots[slot] & ~ID_MASK | moved;
        vacate(id);
        return moved;
    }

    /// The first entry at or after row `from`, or [#NONE]: to walk all.
    int walk(int from) {
        for (int number = from >>> BLOCK_BITS, row = from & BLOCK_ROWS - 1; number < blockCount; number++, row = 0) {
            Block block = blocks[number];
            for (; block != null && row < block.used; row++) {
                if (block.words[row * width(block.queue.wide) + PORTS] != 0) {
                    return number << BLOCK_BITS | row;
                }
            }
        }
        return NONE;
    }

    /// While it is off, removing changes no other entry's number: for those who walk and remove.
    void merging(boolean on) {
        merging = on;
    }

    // ---- blocks ---------------------------------------------------------------------------------------------------------------------------

    private Block newBlock(Queue queue) {
        int size = width(queue.wide) << BLOCK_BITS;
        int[] words = null;
        for (int i = spare.size() - 1; i >= 0 && words == null; i--) {
            if (spare.get(i).length == size) {
                words = spare.remove(i);
            }
        }
        int number = freeCount > 0 ? freeNumbers[--freeCount] : blockCount++;
        if (number == blocks.length) {
            blocks = Arrays.copyOf(blocks, number + (number >> 1) + 1);
        }
        Block block = new Block(words == null ? new int[size] : words, queue, number);
        blocks[number] = block;
        return block;
    }

    private void vacate(int id) {
        Block block = block(id);
        block.words[at(block, id) + PORTS] = 0;
        block.live--;
        if (block.live == 0) {
            release(block);
        } else if (merging && !merge(block.previous, block)) {
            merge(block, block.next);
        }
    }

    private void release(Block block) {
        Block before = block.previous;
        Block after = block.next;
        if (before == null) {
            block.queue.head = after;
        } else {
            before.next = after;
        }
        if (after == null) {
            block.queue.tail = before;
        } else {
            after.previous = before;
        }
        blocks[block.number] = null;
        if (freeCount == freeNumbers.length) {
            freeNumbers = Arrays.copyOf(freeNumbers, freeCount * 2);
        }
        freeNumbers[freeCount++] = block.number;
        if (spare.size() < KEEP) {
            spare.add(block.words);
        }
    }

    /// Moves the rows of the second block behind those of the first, if one block has room for them and neither is being filled. Each merger makes an end of as
    /// many holes as a block has rows, so an entry that goes costs one move of another in the long run.
    private boolean merge(@Nullable Block into, @Nullable Block from) {
        if (into == null || from == null || from.next == null || into.live + from.live > BLOCK_ROWS) {
            return false;
        }
        into.used = gather(into, into, 0);
        into.first = 0;
        int rows = gather(from, into, into.used);
        into.live += from.live;
        into.used = rows;
        release(from);
        return true;
    }

    private int gather(Block from, Block into, int start) {
        int width = width(from.queue.wide);
        int row = start;
        for (int i = from.first; i < from.used; i++) {
            int source = i * width;
            if (from.words[source + PORTS] == 0) {
                continue;
            }
            if (from != into || row != i) {
                int id = from.number << BLOCK_BITS | i;
                int hashed = hashOf(id);
                int[] slots = parts[part(hashed)];
                int slot = slotOf(slots, hashed, id);
                slots[slot] = slots[slot] & ~ID_MASK | into.number << BLOCK_BITS | row;
                System.arraycopy(from.words, source, into.words, row * width, width);
            }
            row++;
        }
        return row;
    }

    // ---- the index ------------------------------------------------------------------------------------------------------------------------

    private static int part(int hashed) {
        return hashed >>> Integer.SIZE - PART_BITS;
    }

    private static int home(int[] slots, int hashed) {
        return (int) ((hashed << PART_BITS & 0xffffffffL) * slots.length >>> 32);
    }

    int hashOf(int id) {
        return hash.of(localHigh(id), localLow(id), localPort(id), remoteHigh(id), remoteLow(id), remotePort(id));
    }

    private static int slotOf(int[] slots, int hashed, int id) {
        int slot = home(slots, hashed);
        for (int far = 0; far <= FARTHEST; far++) {
            if ((slots[slot] & ID_MASK) == id && (slots[slot] >>> ID_BITS) - 1 == far) {
                return slot;
            }
            slot = slot + 1 == slots.length ? 0 : slot + 1;
        }
        throw new IllegalStateException("row " + id + " is not in the index");
    }

    private void index(int hashed, int id) {
        int part = part(hashed);
        int[] slots = parts[part];
        boolean full = ++partCounts[part] * 5L > slots.length * 4L;
        int homeless = full ? id : insert(slots, hashed, id);
        if (homeless != NONE) {
            rebuild(part, larger(slots.length), homeless);
        }
    }

    private static int larger(int size) {
        return size + Math.max(4, size >> 1);
    }

    /// @return an entry that would come to stand too far from its home: the part is to be rebuilt with it then; or [#NONE]
    private static int insert(int[] slots, int hashed, int id) {
        int slot = home(slots, hashed);
        int carried = id;
        for (int far = 0; far <= FARTHEST; far++) {
            int entry = slots[slot];
            int its = (entry >>> ID_BITS) - 1;
            if (its < far) {
                slots[slot] = far + 1 << ID_BITS | carried;
                if (its < 0) {
                    return NONE;
                }
                carried = entry & ID_MASK;
                far = its;
            }
            slot = slot + 1 == slots.length ? 0 : slot + 1;
        }
        return carried;
    }

    /// Makes a part anew with its entries and one more, if that is not [#NONE].
    private void rebuild(int part, int least, int more) {
        int[] old = parts[part];
        for (int size = least; ; size = larger(size)) {
            int[] fresh = new int[size];
            boolean complete = more == NONE || insert(fresh, hashOf(more), more) == NONE;
            for (int i = 0; i < old.length && complete; i++) {
                int id = old[i] & ID_MASK;
                complete = old[i] == 0 || insert(fresh, hashOf(id), id) == NONE;
            }
            if (complete) {
                parts[part] = fresh;
                return;
            }
        }
    }
}
