package org.lastack.core.ip;

import org.lastack.core.Counter;
import org.lastack.core.Counters;
import org.lastack.core.Entropy;
import org.lastack.core.SipHash;
import org.lastack.core.Sysctl;
import org.lastack.core.Sysctls;

/// Limits the ICMP errors that this host sends: a token bucket per destination and one for the host (RFC 1812 §4.3.2.8, RFC 4443 §2.4 (f)).
///
/// The host's bucket was the oracle of SAD DNS (CVE-2020-25705): whoever can count its tokens learns which ports are closed. So the
/// destination's bucket is asked first, and the host's loses a random number of tokens with each refill (SECURITY B-08).
final class IcmpRateLimit {
    /// Linux's XRLIM_BURST_FACTOR: messages that a quiet destination may get at once.
    private static final int DESTINATION_BURST = 6;
    /// Linux's icmp_msgs_burst.
    private static final int HOST_BURST = 50;
    private static final int BUCKETS = 1024;

    // Made for the first error: a host of a simulation may never send one.
    private long[] creditNs = {};
    private long[] usedNs = {};
    private int[] tags = {};
    private final SipHash hash;
    private final Entropy entropy;
    private final Sysctls sysctls;
    private final Counters counters;
    private long hostRefilledNs;
    private int hostTokens = HOST_BURST;

    IcmpRateLimit(Entropy entropy, Sysctls sysctls, Counters counters) {
        this.entropy = entropy;
        this.hash = new SipHash(entropy);
        this.sysctls = sysctls;
        this.counters = counters;
    }

    /// True if an error to this destination may leave now; it is then accounted for.
    boolean allow(long high, long low, long nowNs) {
        boolean v4 = org.lastack.wire.IpAddress.isV4(high, low);
        if (!destinationAllows(high, low, nowNs)) {
            counters.increment(v4 ? Counter.IcmpOutRateLimitHost : Counter.Icmp6OutRateLimitHost);
            return false;
        }
        if (!hostAllows(nowNs)) {
            counters.increment(v4 ? Counter.IcmpOutRateLimitGlobal : Counter.Icmp6OutRateLimitGlobal);
            return false;
        }
        return true;
    }

    private boolean destinationAllows(long high, long low, long nowNs) {
        long tokenNs = sysctls.get(Sysctl.ICMP_RATELIMIT) * 1_000_000;
        if (tokenNs == 0) {
            return true;
        }
        if (tags.length == 0) {
            creditNs = new long[BUCKETS];
            usedNs = new long[BUCKETS];
            tags = new int[BUCKETS];
        }
        long keyed = hash.hash(high, low);
        int slot = (int) keyed & (BUCKETS - 1);
        int tag = (int) (keyed >>> 32) | 1;
        long full = tokenNs * DESTINATION_BURST;
        if (tags[slot] != tag) {
            // A newcomer takes the slot over with what its predecessor had left after the idle time, at least one message: neither can an
            // attacker refill its own bucket by making two destinations collide, nor is the newcomer locked out.
            creditNs[slot] = Math.max(tokenNs, tags[slot] == 0 ? full : creditNs[slot]);
            tags[slot] = tag;
        }
        long credit = Math.min(full, creditNs[slot] + Math.max(0, nowNs - usedNs[slot]));
        usedNs[slot] = nowNs;
        if (credit < tokenNs) {
            creditNs[slot] = credit;
            return false;
        }
        creditNs[slot] = credit - tokenNs;
        return true;
    }

    private boolean hostAllows(long nowNs) {
        long perSecond = sysctls.get(Sysctl.ICMP_MSGS_PER_SEC);
        if (perSecond == 0) {
            return true;
        }
        long elapsed = nowNs - hostRefilledNs;
        if (elapsed >= 20_000_000) {
            long refill = perSecond * Math.min(elapsed, 1_000_000_000L) / 1_000_000_000L;
            // As Linux since 5.10: up to three tokens are lost at random.
            hostTokens = (int) Math.min(HOST_BURST, hostTokens + refill) - entropy.nextInt(3);
            hostRefilledNs = nowNs;
        }
        if (hostTokens <= 0) {
            return false;
        }
        hostTokens--;
        return true;
    }
}
