package org.lastack.core.ip;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.lastack.core.Counter;
import org.lastack.core.Counters;
import org.lastack.core.Engine;
import org.lastack.core.SipHash;
import org.lastack.core.Sysctl;
import org.lastack.core.WheelTimer;
import org.lastack.wire.Bytes;
import org.lastack.wire.Icmpv4;
import org.lastack.wire.Icmpv6;
import org.lastack.wire.IpAddress;
import org.lastack.wire.Ipv4Header;
import org.lastack.wire.Ipv6Extensions;
import org.lastack.wire.Ipv6Header;
import org.lastack.wire.Refusal;

/// Puts fragments of both families together (RFC 791 §3.2, RFC 815, RFC 8200 §4.5). Memory is limited in all and per source, the oldest
/// datagram gives way first, and memory is reused, so floods of fragments cost neither memory nor garbage (SECURITY F-01 to F-05).
final class Reassembler {
    private static final int BUCKETS = 512;
    private static final int SOURCES = 256;
    /// One source may hold this part of the memory.
    private static final int SOURCE_SHARE = 4;
    /// The payload's place in the array of a finished datagram.
    private static final int PAYLOAD_AT = Reassembly.MAX_HEADER;
    private static final int SPARE_PAGES = 64;

    private final Engine engine;
    private final IpLayer ip;
    private final Counters counters;
    private final SipHash hash;
    private final @Nullable Reassembly[] buckets = new @Nullable Reassembly[BUCKETS];
    private final int[] sourceMemory = new int[SOURCES];
    private final @Nullable Reassembly[] sourceOldest = new @Nullable Reassembly[SOURCES];
    private final @Nullable Reassembly[] sourceYoungest = new @Nullable Reassembly[SOURCES];
    private final AgeList v4 = new AgeList();
    private final AgeList v6 = new AgeList();
    private long memory;
    private int size;
    private Reassembly.@Nullable Page sparePages;
    private int spareCount;
    private @Nullable Reassembly spareEntry;
    private byte[] whole = new byte[0];
    private final IpDatagram quoted = new IpDatagram();

    /// Datagrams of one family, oldest first, and the timer for the oldest.
    private final class AgeList extends WheelTimer {
        private @Nullable Reassembly oldest;
        private @Nullable Reassembly youngest;

        void append(Reassembly r) {
            r.older = youngest;
            r.younger = null;
            if (youngest == null) {
                oldest = r;
            } else {
                youngest.younger = r;
            }
            youngest = r;
            rearm();
        }

        void unlink(Reassembly r) {
            if (r.older == null) {
                oldest = r.younger;
            } else {
                r.older.younger = r.younger;
            }
            if (r.younger == null) {
                youngest = r.older;
            } else {
                r.younger.older = r.older;
            }
            rearm();
        }

        private void rearm() {
            engine.timers().arm(this, oldest == null ? NEVER : oldest.deadlineNs);
        }

        @Override
        protected void expire(long nowNs) {
            for (Reassembly r = oldest; r != null && r.deadlineNs <= nowNs; r = oldest) {
                timedOut(r);
            }
            rearm();
        }
    }

    Reassembler(Engine engine, IpLayer ip) {
        this.engine = engine;
        this.ip = ip;
        this.counters = engine.counters();
        this.hash = new SipHash(engine.entropy());
    }

    /// Octets held by unfinished datagrams.
    long memory() {
        return memory;
    }

    /// Number of unfinished datagrams.
    int size() {
        return size;
    }

    /// A checked IPv4 fragment.
    void inputV4(IpDatagram d) {
        counters.increment(Counter.IpReasmReqds);
        int position = Ipv4Header.fragmentOffset(d.data, d.ipOffset);
        Reassembly r = find(d, Ipv4Header.identification(d.data, d.ipOffset), d.protocol);
        if (!insert(d, r, position, Ipv4Header.moreFragments(d.data, d.ipOffset))) {
            return;
        }
        if (position == 0) {
            keepHeader(r, d, d.offset - d.ipOffset);
        }
        if (r.complete()) {
            finishV4(d, r);
        }
    }

    /// An IPv6 fragment whose headers have been walked.
    void inputV6(IpDatagram d, Ipv6Extensions x) {
        counters.increment(Counter.Ip6ReasmReqds);
        int header = x.payloadOffset - d.ipOffset;
        if (header > Reassembly.MAX_HEADER) {
            counters.refused(Refusal.IPV6_TOO_MANY_EXTENSIONS);
            return;
        }
        int position = x.fragmentOffset;
        int previous = x.fragmentPreviousOffset - d.ipOffset;
        int next = x.protocol;
        // RFC 8200 §4.5: the next header may differ between fragments; only the first one's counts, so it is no part of the key.
        Reassembly r = find(d, x.fragmentId, -1);
        if (!insert(d, r, position, x.moreFragments)) {
            return;
        }
        if (position == 0) {
            keepHeader(r, d, header);
            r.previousNextHeader = previous;
            r.protocol = next;
        }
        if (r.complete()) {
            finishV6(d, r);
        }
    }

    private static void keepHeader(Reassembly r, IpDatagram d, int length) {
        System.arraycopy(d.data, d.ipOffset, r.header, 0, length);
        r.headerLength = length;
        r.firstLength = d.length;
    }

    /// True if the fragment was added and the datagram lives.
    private boolean insert(IpDatagram d, Reassembly r, int position, boolean more) {
        boolean v4Fragment = d.v4;
        if (r.poisoned) {
            counters.refused(v4Fragment ? Refusal.IPV4_REASSEMBLY_OVERLAP : Refusal.IPV6_REASSEMBLY_OVERLAP);
            return false;
        }
        int needed = r.missingPages(position, d.length) * Reassembly.PAGE_MEMORY;
        if (!makeRoom(r, needed)) {
            counters.refused(v4Fragment ? Refusal.IPV4_REASSEMBLY_FULL : Refusal.IPV6_REASSEMBLY_FULL);
            remove(r);
            return false;
        }
        int before = r.memory;
        Reassembly.Outcome outcome = r.insert(position, d.length, more, d.tos & 3, d.data, d.offset, this);
        charge(r, r.memory - before);
        switch (outcome) {
            case ADDED -> {
                return true;
            }
            case DUPLICATE -> {
                return false;
            }
            case OVERLAP -> {
                counters.refused(v4Fragment ? Refusal.IPV4_REASSEMBLY_OVERLAP : Refusal.IPV6_REASSEMBLY_OVERLAP);
                counters.increment(Counter.IpExtReasmOverlaps);
                poison(r);
                return false;
            }
        }
        throw new AssertionError(outcome);
    }

    // Finding and limiting

    private Reassembly find(IpDatagram d, int id, int protocol) {
        int bucket = bucket(d.sourceHigh, d.sourceLow, d.destinationHigh, d.destinationLow, id, protocol);
        for (Reassembly r = buckets[bucket]; r != null; r = r.chainNext) {
            if (r.id == id && r.v4 == d.v4 && (!r.v4 || r.protocol == protocol) && r.sourceLow == d.sourceLow && r.sourceHigh == d.sourceHigh
                    && r.destinationLow == d.destinationLow && r.destinationHigh == d.destinationHigh) {
                return r;
            }
        }
        Reassembly r = spareEntry == null ? new Reassembly() : spareEntry;
        spareEntry = r.chainNext;
        r.clear();
        r.v4 = d.v4;
        r.id = id;
        r.protocol = protocol;
        r.sourceHigh = d.sourceHigh;
        r.sourceLow = d.sourceLow;
        r.destinationHigh = d.destinationHigh;
        r.destinationLow = d.destinationLow;
        r.in = d.in;
        long seconds = engine.sysctls().get(d.v4 ? Sysctl.IPFRAG_TIME : Sysctl.IP6FRAG_TIME);
        r.deadlineNs = engine.now() + seconds * 1_000_000_000L;
        r.chainNext = buckets[bucket];
        buckets[bucket] = r;
        size++;
        linkSource(r);
        charge(r, Reassembly.ENTRY_MEMORY);
        ages(r).append(r);
        return r;
    }

    private int bucket(long sourceHigh, long sourceLow, long destinationHigh, long destinationLow, int id, int protocol) {
        long last = (long) id << 32 | protocol & 0xffff_ffffL;
        return (int) hash.hash(sourceHigh, sourceLow, destinationHigh, destinationLow, last) & (BUCKETS - 1);
    }

    private AgeList ages(Reassembly r) {
        return r.v4 ? v4 : v6;
    }

    private void linkSource(Reassembly r) {
        int slot = (int) hash.hash(r.sourceHigh, r.sourceLow) & (SOURCES - 1);
        Reassembly before = sourceYoungest[slot];
        r.sourceSlot = slot;
        r.sourceOlder = before;
        r.sourceYounger = null;
        if (before == null) {
            sourceOldest[slot] = r;
        } else {
            before.sourceYounger = r;
        }
        sourceYoungest[slot] = r;
    }

    private void unlinkSource(Reassembly r) {
        Reassembly before = r.sourceOlder;
        Reassembly after = r.sourceYounger;
        if (before == null) {
            sourceOldest[r.sourceSlot] = after;
        } else {
            before.sourceYounger = after;
        }
        if (after == null) {
            sourceYoungest[r.sourceSlot] = before;
        } else {
            after.sourceOlder = before;
        }
        r.sourceOlder = null;
        r.sourceYounger = null;
    }

    private void charge(Reassembly r, int octets) {
        memory += octets;
        sourceMemory[r.sourceSlot] += octets;
    }

    /// SECURITY F-01: evicts the oldest datagrams, of the same source if that one has used up its share. False if there is no room even so.
    private boolean makeRoom(Reassembly r, int needed) {
        long limit = engine.sysctls().get(Sysctl.IPFRAG_HIGH_THRESH);
        int slot = r.sourceSlot;
        while (sourceMemory[slot] + needed > limit / SOURCE_SHARE) {
            Reassembly victim = sourceOldest[slot] == r ? r.sourceYounger : sourceOldest[slot];
            if (victim == null) {
                return false;
            }
            evict(victim);
        }
        while (memory + needed > limit) {
            Reassembly victim = oldestOther(r);
            if (victim == null) {
                return false;
            }
            evict(victim);
        }
        return true;
    }

    /// The oldest datagram other than `r`.
    private @Nullable Reassembly oldestOther(Reassembly r) {
        Reassembly a = v4.oldest == r ? r.younger : v4.oldest;
        Reassembly b = v6.oldest == r ? r.younger : v6.oldest;
        if (a == null || b == null) {
            return a == null ? b : a;
        }
        // Equal lifetimes within a family, not between them: compare by birth.
        long bornA = a.deadlineNs - engine.sysctls().get(Sysctl.IPFRAG_TIME) * 1_000_000_000L;
        long bornB = b.deadlineNs - engine.sysctls().get(Sysctl.IP6FRAG_TIME) * 1_000_000_000L;
        return bornA <= bornB ? a : b;
    }

    private void evict(Reassembly victim) {
        counters.refused(victim.v4 ? Refusal.IPV4_REASSEMBLY_FULL : Refusal.IPV6_REASSEMBLY_FULL);
        remove(victim);
    }

    /// Gives the memory back but remembers the name: fragments that still come belong to a lost datagram (RFC 5722 §4).
    private void poison(Reassembly r) {
        r.poisoned = true;
        freePages(r);
    }

    private void freePages(Reassembly r) {
        int before = r.memory;
        for (int i = 0; i < Reassembly.PAGES; i++) {
            Reassembly.Page page = r.pages[i];
            if (page != null) {
                r.pages[i] = null;
                r.memory -= Reassembly.PAGE_MEMORY;
                givePage(page);
            }
        }
        charge(r, r.memory - before);
    }

    private void remove(Reassembly r) {
        freePages(r);
        charge(r, -r.memory);
        ages(r).unlink(r);
        unlinkSource(r);
        int bucket = bucket(r.sourceHigh, r.sourceLow, r.destinationHigh, r.destinationLow, r.id, r.v4 ? r.protocol : -1);
        Reassembly each = buckets[bucket];
        if (each == r) {
            buckets[bucket] = r.chainNext;
        } else {
            while (each != null && each.chainNext != r) {
                each = each.chainNext;
            }
            if (each == null) {
                throw new IllegalStateException("datagram is not where its key says");
            }
            each.chainNext = r.chainNext;
        }
        size--;
        r.chainNext = spareEntry;
        spareEntry = r;
    }

    Reassembly.Page takePage() {
        Reassembly.Page page = sparePages;
        if (page == null) {
            return new Reassembly.Page();
        }
        sparePages = page.next;
        spareCount--;
        page.next = null;
        return page;
    }

    private void givePage(Reassembly.Page page) {
        if (spareCount < SPARE_PAGES) {
            Arrays.fill(page.present, 0);
            Arrays.fill(page.begins, 0);
            page.next = sparePages;
            sparePages = page;
            spareCount++;
        }
    }

    // Ends

    private byte[] whole() {
        if (whole.length == 0) {
            whole = new byte[PAYLOAD_AT + Reassembly.PAGES * Reassembly.PAGE];
        }
        return whole;
    }

    private void finishV4(IpDatagram d, Reassembly r) {
        int header = r.headerLength;
        int total = header + r.total();
        int ecn = r.ecn();
        if (total > Ipv4Header.MAX_TOTAL_LENGTH || ecn < 0) {
            counters.refused(total > Ipv4Header.MAX_TOTAL_LENGTH ? Refusal.IPV4_FRAGMENT_TOO_LONG : Refusal.IPV4_REASSEMBLY_OVERLAP);
            remove(r);
            return;
        }
        byte[] data = whole();
        int start = PAYLOAD_AT - header;
        System.arraycopy(r.header, 0, data, start, header);
        r.copyOut(data, PAYLOAD_AT, r.total());
        data[start + 1] = (byte) (data[start + 1] & 0xfc | ecn);
        Bytes.put16(data, start + 2, total);
        Bytes.put16(data, start + 6, 0);
        Ipv4Header.writeChecksum(data, start);
        remove(r);
        counters.increment(Counter.IpReasmOKs);
        describe(d, data, start, total);
        d.offset = PAYLOAD_AT;
        d.length = total - header;
        d.tos = Ipv4Header.tos(data, start);
        ip.v4().deliver(d);
    }

    private void finishV6(IpDatagram d, Reassembly r) {
        int header = r.headerLength - Ipv6Extensions.FRAGMENT_LENGTH;
        int ecn = r.ecn();
        int payload = header - Ipv6Header.LENGTH + r.total();
        if (ecn < 0 || payload > Ipv6Header.MAX_PAYLOAD_LENGTH) {
            counters.refused(ecn < 0 ? Refusal.IPV6_REASSEMBLY_OVERLAP : Refusal.IPV6_FRAGMENT_TOO_LONG);
            remove(r);
            return;
        }
        byte[] data = whole();
        int start = PAYLOAD_AT - header;
        System.arraycopy(r.header, 0, data, start, header);
        r.copyOut(data, PAYLOAD_AT, r.total());
        data[start + r.previousNextHeader] = (byte) r.protocol;
        Bytes.put16(data, start + Ipv6Header.PAYLOAD_LENGTH_OFFSET, payload);
        Ipv6Header.setEcn(data, start, ecn);
        remove(r);
        counters.increment(Counter.Ip6ReasmOKs);
        describe(d, data, start, Ipv6Header.LENGTH + payload);
        d.tos = Ipv6Header.trafficClass(data, start);
        ip.v6().headers(d, true);
    }

    private static void describe(IpDatagram d, byte[] data, int start, int length) {
        d.data = data;
        d.ipOffset = start;
        d.ipLength = length;
        d.checksumVerified = false;
        d.gsoSize = 0;
    }

    /// RFC 1122 §3.3.2, RFC 8200 §4.5: the sender is told if the first fragment has come.
    private void timedOut(Reassembly r) {
        counters.refused(r.v4 ? Refusal.IPV4_REASSEMBLY_TIMEOUT : Refusal.IPV6_REASSEMBLY_TIMEOUT);
        if (r.headerLength > 0 && !r.poisoned) {
            byte[] data = whole();
            System.arraycopy(r.header, 0, data, 0, r.headerLength);
            r.copyOut(data, r.headerLength, r.firstLength);
            IpDatagram q = quoted;
            describe(q, data, 0, r.headerLength + r.firstLength);
            q.v4 = r.v4;
            q.in = r.in;
            q.sourceHigh = r.sourceHigh;
            q.sourceLow = r.sourceLow;
            q.destinationHigh = r.destinationHigh;
            q.destinationLow = r.destinationLow;
            q.protocol = r.protocol;
            q.multicast = IpAddress.isMulticast(r.destinationHigh, r.destinationLow);
            q.broadcast = ip.isBroadcast(r.destinationHigh, r.destinationLow);
            if (r.v4) {
                q.tos = Ipv4Header.tos(data, 0);
                ip.icmpErrors().sendV4(q, Icmpv4.TIME_EXCEEDED, Icmpv4.CODE_REASSEMBLY_EXCEEDED, 0);
            } else {
                ip.icmpErrors().sendV6(q, Icmpv6.TIME_EXCEEDED, Icmpv6.CODE_REASSEMBLY_EXCEEDED, 0, false);
            }
        }
        remove(r);
    }
}
