package org.lastack.core.tcp;

import org.jspecify.annotations.Nullable;
import org.lastack.core.Entropy;
import org.lastack.core.SipHash;
import org.lastack.wire.Bytes;

/// What a client remembers of servers that speak Fast Open (RFC 7413 §4.1.3): cookie and MSS, per destination. Bounded: which entries compete is decided by
/// a secret hash, which of them goes by chance, as in the table of path MTUs.
final class FastOpenCache {
    private static final int WAYS = 4;
    private static final int SETS = 256;

    private final Entropy entropy;
    /// Made with the first entry.
    private @Nullable SipHash hash;
    private @Nullable Entry[] entries = {};

    /// One destination.
    static final class Entry {
        private long high;
        private long low;
        private long cookieHigh;
        private long cookieLow;
        byte length;
        boolean experimental;
        /// 1: the server ignored the option, try the experimental one next; 2: it ignored that one too.
        byte tryExperimental;
        int mss;

        void copyTo(FastOpenCookie cookie) {
            Bytes.put64(cookie.octets, 0, cookieHigh);
            Bytes.put64(cookie.octets, 8, cookieLow);
            cookie.length = length;
            cookie.experimental = experimental;
        }
    }

    FastOpenCache(Entropy entropy) {
        this.entropy = entropy;
    }

    @Nullable Entry find(long high, long low) {
        SipHash secret = hash;
        if (secret == null) {
            return null;
        }
        int first = set(secret, high, low);
        for (int slot = first; slot < first + WAYS; slot++) {
            Entry each = entries[slot];
            if (each != null && each.low == low && each.high == high) {
                return each;
            }
        }
        return null;
    }

    private static int set(SipHash secret, long high, long low) {
        return (int) (secret.hash(high, low) & SETS - 1) * WAYS;
    }

    private Entry create(long high, long low) {
        SipHash secret = hash;
        if (secret == null) {
            secret = new SipHash(entropy);
            hash = secret;
            entries = new @Nullable Entry[WAYS * SETS];
        }
        int first = set(secret, high, low);
        int slot = first;
        while (slot < first + WAYS && entries[slot] != null) {
            slot++;
        }
        Entry made = new Entry();
        made.high = high;
        made.low = low;
        entries[slot < first + WAYS ? slot : first + entropy.nextInt(WAYS)] = made;
        return made;
    }

    /// After a SYN-ACK: what it said about Fast Open. `cookie` without a value keeps the one that is there.
    void learn(long high, long low, int mss, FastOpenCookie cookie, int tryExperimental) {
        Entry entry = find(high, low);
        if (entry == null) {
            entry = create(high, low);
        }
        if (mss > 0) {
            entry.mss = mss;
        }
        if (cookie.present()) {
            entry.cookieHigh = Bytes.i64(cookie.octets, 0);
            entry.cookieLow = Bytes.i64(cookie.octets, 8);
            entry.length = (byte) cookie.length;
            entry.experimental = cookie.experimental;
        } else if (tryExperimental > entry.tryExperimental && entry.length == 0 && !entry.experimental) {
            entry.tryExperimental = (byte) tryExperimental;
        }
    }

    /// Entries in use; for tests.
    int size() {
        int count = 0;
        for (Entry each : entries) {
            count += each != null ? 1 : 0;
        }
        return count;
    }
}
