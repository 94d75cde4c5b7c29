package org.lastack.core.ip;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lastack.core.Interface;
import org.lastack.wire.IpAddress;

/// Chooses the source address of packets whose sender has not chosen one: RFC 6724 §5 for IPv6; for IPv4 what Linux does, an address of the
/// outgoing interface on the next hop's subnet first. No allocation.
final class SourceSelection {
    /// What is known about an address beyond its bits.
    interface Status {
        boolean usable(Interface in, IpAddress address);

        /// The preferred lifetime is over (RFC 4862 §5.5.4).
        boolean deprecated(IpAddress address);
    }

    private final Status status;

    SourceSelection(Status status) {
        this.status = status;
    }

    /// Null if the host has no address of that family that may be used.
    @Nullable IpAddress choose(List<Interface> interfaces, Interface out, long hopHigh, long hopLow, long dstHigh, long dstLow) {
        return IpAddress.isV4(dstHigh, dstLow) ? chooseV4(interfaces, out, hopHigh, hopLow) : chooseV6(interfaces, out, dstHigh, dstLow);
    }

    private @Nullable IpAddress chooseV4(List<Interface> interfaces, Interface out, long hopHigh, long hopLow) {
        IpAddress first = null;
        for (int i = 0; i < out.addresses().size(); i++) {
            Interface.Address each = out.addresses().get(i);
            if (each.address().isV4() && status.usable(out, each.address())) {
                if (Prefix.matches(hopHigh, hopLow, each.address().high(), each.address().low(), each.prefixLength())) {
                    return each.address();
                }
                first = first == null ? each.address() : first;
            }
        }
        for (int i = 0; first == null && i < interfaces.size(); i++) {
            Interface other = interfaces.get(i);
            if (other.kind() != Interface.Kind.LOOPBACK && other.up()) {
                first = other.firstAddress(true);
            }
        }
        return first;
    }

    private @Nullable IpAddress chooseV6(List<Interface> interfaces, Interface out, long dstHigh, long dstLow) {
        IpAddress best = null;
        boolean bestOnOut = false;
        boolean linkScope = scope(dstHigh, dstLow) <= LINK;
        for (int i = 0; i < interfaces.size(); i++) {
            Interface each = interfaces.get(i);
            // RFC 6724 §4: for multicast and link-local destinations only addresses of the outgoing interface are candidates.
            if (!each.up() || each != out && linkScope) {
                continue;
            }
            for (int j = 0; j < each.addresses().size(); j++) {
                IpAddress candidate = each.addresses().get(j).address();
                if (candidate.isV4() || !status.usable(each, candidate) || candidate.isLoopback() != IpAddress.isLoopback(dstHigh, dstLow)) {
                    continue;
                }
                if (best == null || better(candidate, each == out, best, bestOnOut, dstHigh, dstLow)) {
                    best = candidate;
                    bestOnOut = each == out;
                }
            }
        }
        return best;
    }

    /// RFC 6724 §5, rules 1, 2, 3, 5, 6 and 8; there are no home or temporary addresses (rules 4 and 7).
    private boolean better(IpAddress a, boolean aOnOut, IpAddress b, boolean bOnOut, long dstHigh, long dstLow) {
        boolean aSame = a.high() == dstHigh && a.low() == dstLow;
        boolean bSame = b.high() == dstHigh && b.low() == dstLow;
        if (aSame || bSame) {
            return aSame;
        }
        int aScope = scope(a.high(), a.low());
        int bScope = scope(b.high(), b.low());
        if (aScope != bScope) {
            int wanted = scope(dstHigh, dstLow);
            return aScope < bScope ? aScope >= wanted : bScope < wanted;
        }
        boolean aOld = status.deprecated(a);
        if (aOld != status.deprecated(b)) {
            return !aOld;
        }
        if (aOnOut != bOnOut) {
            return aOnOut;
        }
        int wanted = label(dstHigh, dstLow);
        boolean aLabel = label(a.high(), a.low()) == wanted;
        if (aLabel != (label(b.high(), b.low()) == wanted)) {
            return aLabel;
        }
        return Prefix.commonLength(a.high(), a.low(), dstHigh, dstLow) > Prefix.commonLength(b.high(), b.low(), dstHigh, dstLow);
    }

    private static final int LINK = 2;
    private static final int SITE = 5;
    private static final int GLOBAL = 14;

    /// RFC 6724 §3.1: unicast scopes in the numbers of multicast scopes.
    static int scope(long high, long low) {
        if (high >>> 56 == 0xff) {
            return (int) (high >>> 48) & 15;
        }
        if (high >>> 54 == 0x3fa || high == 0 && low == 1) {
            return LINK;
        }
        return high >>> 54 == 0x3fb ? SITE : GLOBAL;
    }

    /// The labels of the default policy table (RFC 6724 §2.1).
    static int label(long high, long low) {
        if (high == 0 && low == 1) {
            return 0;
        }
        if (IpAddress.isV4(high, low)) {
            return 4;
        }
        if (high >>> 48 == 0x2002) {
            return 2;
        }
        if (high >>> 32 == 0x2001_0000) {
            return 5;
        }
        if (high >>> 57 == 0x7e) {
            return 13;
        }
        if (high >>> 54 == 0x3fb) {
            return 11;
        }
        if (high >>> 48 == 0x3ffe) {
            return 12;
        }
        return high == 0 && low >>> 32 == 0 ? 3 : 1;
    }
}
