package org.lastack.core.socket;

import org.lastack.wire.IpAddress;

/// The one place that decides whether two holders can have one port: LINUX-SOCKETS C.1, verified there against Linux 6.18, and the FreeBSD
/// rule of C.3. Pure: the answer depends on the two claims only.
final class Conflict {
    private Conflict() {}

    /// Linux: what the existing `holder` (S1) says to `claimant` (S2), who binds or begins to listen.
    static BindRule linux(Claim holder, Claim claimant, boolean tcp) {
        if (!holder.overlaps(claimant)) {
            return BindRule.ADDRESSES_DIFFER;
        }
        if (holder.device != 0 && claimant.device != 0 && holder.device != claimant.device) {
            return BindRule.DEVICES_DIFFER;
        }
        if (holder.reuseAddress && claimant.reuseAddress && !(tcp && holder.listening)) {
            return tcp ? BindRule.BOTH_REUSEADDR : BindRule.BOTH_REUSEADDR_UDP;
        }
        if (holder.reusePort && claimant.reusePort) {
            if (holder.timeWait) {
                return BindRule.BOTH_REUSEPORT_TIME_WAIT;
            }
            return holder.owner.uid() == claimant.owner.uid() ? BindRule.BOTH_REUSEPORT : BindRule.OWNERS_DIFFER;
        }
        return refusal(holder, claimant, tcp);
    }

    /// Which of the options is missing where.
    private static BindRule refusal(Claim holder, Claim claimant, boolean tcp) {
        if (tcp && holder.listening) {
            return BindRule.LISTENER;
        }
        boolean holderShares = holder.reuseAddress || holder.reusePort;
        boolean claimantShares = claimant.reuseAddress || claimant.reusePort;
        if (holderShares) {
            return claimantShares ? BindRule.OPTIONS_DIFFER : BindRule.NEW_SHARES_NOT;
        }
        return claimantShares ? BindRule.HOLDER_SHARES_NOT : BindRule.NEITHER_SHARES;
    }

    /// Linux: the same for a port that the table chooses for port 0, where the options do not count (C.2, P013-P023).
    static BindRule exclusive(Claim holder, Claim claimant) {
        if (!holder.overlaps(claimant)) {
            return BindRule.ADDRESSES_DIFFER;
        }
        if (holder.device != 0 && claimant.device != 0 && holder.device != claimant.device) {
            return BindRule.DEVICES_DIFFER;
        }
        return BindRule.EXCLUSIVE;
    }

    /// FreeBSD: SO_REUSEADDR of the new socket is enough, except beside an unconnected socket with the very same address; SO_REUSEPORT on
    /// both allows that too; a port cannot be taken from another user (C.3).
    static BindRule bsd(Claim holder, Claim claimant) {
        if (!holder.overlaps(claimant)) {
            return BindRule.ADDRESSES_DIFFER;
        }
        boolean group = claimant.high == holder.high && claimant.low == holder.low && IpAddress.isMulticast(claimant.high, claimant.low);
        boolean holderPort = holder.reusePort || group && holder.reuseAddress;
        boolean claimantPort = claimant.reusePort || group && claimant.reuseAddress;
        boolean unconnected = !holder.connected && !holder.timeWait;
        if (unconnected && !group && claimant.owner.uid() != 0 && claimant.owner.uid() != holder.owner.uid()
                && !(holder.wild && claimant.wild && holderPort)) {
            return BindRule.OWNERS_DIFFER;
        }
        if (holderPort && claimantPort) {
            return BindRule.BOTH_REUSEPORT;
        }
        if (!claimant.reuseAddress && !claimant.reusePort) {
            return holder.reuseAddress || holder.reusePort ? BindRule.NEW_SHARES_NOT : BindRule.NEITHER_SHARES;
        }
        if (unconnected && holder.sameCoverage(claimant)) {
            return BindRule.BSD_SAME_ADDRESS;
        }
        return BindRule.BSD_REUSEADDR_OF_NEW;
    }
}
