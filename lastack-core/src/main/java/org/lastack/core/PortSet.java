package org.lastack.core;

import java.util.Arrays;

/// A set of port numbers: one bit each. Reads and writes Linux's list syntax, `8080,40000-40010`.
public final class PortSet {
    /// Number of words of [#words].
    static final int WORDS = 65_536 / 64;

    /// The even ports of a word.
    public static final long EVEN = 0x5555_5555_5555_5555L;

    private final long[] words = new long[WORDS];
    /// One bit for each word of which all even ports are in the set, and for each with all odd ones: a search for a port that is missing leaps over them.
    private final long[] fullEven = new long[WORDS / 64];
    private final long[] fullOdd = new long[WORDS / 64];
    private int size;

    public boolean contains(int port) {
        return (words[port >>> 6] & 1L << port) != 0;
    }

    /// True if the port was not in the set.
    public boolean add(int port) {
        long bit = 1L << port;
        if ((words[port >>> 6] & bit) != 0) {
            return false;
        }
        words[port >>> 6] |= bit;
        size++;
        summarize(port >>> 6);
        return true;
    }

    /// True if the port was in the set.
    public boolean remove(int port) {
        long bit = 1L << port;
        if ((words[port >>> 6] & bit) == 0) {
            return false;
        }
        words[port >>> 6] &= ~bit;
        size--;
        long[] full = (port & 1) == 0 ? fullEven : fullOdd;
        full[port >>> 12] &= ~(1L << (port >>> 6));
        return true;
    }

    public void clear() {
        Arrays.fill(words, 0);
        Arrays.fill(fullEven, 0);
        Arrays.fill(fullOdd, 0);
        size = 0;
    }

    private void summarize(int word) {
        if ((words[word] & EVEN) == EVEN) {
            fullEven[word >>> 6] |= 1L << word;
        }
        if ((words[word] & ~EVEN) == ~EVEN) {
            fullOdd[word >>> 6] |= 1L << word;
        }
    }

    public int size() {
        return size;
    }

    /// How many of `first .. last` are in the set.
    public int count(int first, int last) {
        int found = 0;
        for (int port = first; port <= last; port++) {
            if (contains(port)) {
                found++;
            }
        }
        return found;
    }

    /// 64 ports from `64 * index` on, the lowest in the lowest bit.
    public long word(int index) {
        return words[index];
    }

    /// The first index at or after one of a [#word] that lacks a port.
    ///
    /// @param parity which ports count: [#EVEN], its complement, or all
    /// @return the number of words, 1024, if there is none
    public int notFull(int index, long parity) {
        long begin = -1L << index;
        for (int i = index >>> 6; i < fullEven.length; i++) {
            long full = parity == EVEN ? fullEven[i] : parity == ~EVEN ? fullOdd[i] : fullEven[i] & fullOdd[i];
            long open = ~full & begin;
            if (open != 0) {
                return (i << 6) + Long.numberOfTrailingZeros(open);
            }
            begin = -1L;
        }
        return WORDS;
    }

    /// The list as Linux prints it; empty text for the empty set.
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        for (int port = 0; port < 65_536; port++) {
            if (!contains(port)) {
                continue;
            }
            int last = port;
            while (last < 65_535 && contains(last + 1)) {
                last++;
            }
            text.append(text.isEmpty() ? "" : ",").append(port);
            if (last > port) {
                text.append('-').append(last);
            }
            port = last;
        }
        return text.toString();
    }

    /// Makes this the set that a list names.
    ///
    /// @throws IllegalArgumentException naming the part that is no port or range; the set is unchanged then
    public void parse(String list) {
        PortSet parsed = new PortSet();
        for (String part : list.strip().split("[,\\s]+", -1)) {
            if (!part.isEmpty()) {
                int dash = part.indexOf('-');
                int first = number(dash < 0 ? part : part.substring(0, dash), part);
                int last = dash < 0 ? first : number(part.substring(dash + 1), part);
                if (first > last) {
                    throw new IllegalArgumentException("\"" + part + "\" is a range that ends before it begins");
                }
                for (int port = first; port <= last; port++) {
                    parsed.add(port);
                }
            }
        }
        System.arraycopy(parsed.words, 0, words, 0, WORDS);
        System.arraycopy(parsed.fullEven, 0, fullEven, 0, fullEven.length);
        System.arraycopy(parsed.fullOdd, 0, fullOdd, 0, fullOdd.length);
        size = parsed.size;
    }

    private static int number(String digits, String part) {
        int value = -1;
        if (!digits.isEmpty() && digits.length() <= 5) {
            value = 0;
            for (int i = 0; i < digits.length(); i++) {
                char c = digits.charAt(i);
                if (c < '0' || c > '9') {
                    value = -1;
                    break;
                }
                value = value * 10 + c - '0';
            }
        }
        if (value < 0 || value > 65_535) {
            throw new IllegalArgumentException("\"" + part + "\" is neither a port nor a range of ports");
        }
        return value;
    }
}
