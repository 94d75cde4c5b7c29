package org.lastack.core.ip;

import org.lastack.core.Counter;
import org.lastack.core.Counters;
import org.lastack.core.Engine;
import org.lastack.core.Interface;
import org.lastack.wire.Bytes;
import org.lastack.wire.Frame;
import org.lastack.wire.Icmpv4;
import org.lastack.wire.Icmpv6;
import org.lastack.wire.IpAddress;
import org.lastack.wire.IpProtocol;
import org.lastack.wire.Ipv4Header;

/// The ICMP errors that this host sends, and the many cases in which it must not (RFC 1122 §3.2.2, RFC 4443 §2.4 (e)): never about an ICMP
/// error, a group or broadcast, a fragment other than the first, or a source that is no single host. Each quotes at most what was received
/// (SECURITY X-15) and passes the rate limit (B-08, R-12).
final class IcmpErrors {
    private final Engine engine;
    private final IpLayer ip;
    private final Counters counters;
    private final IcmpRateLimit limit;

    IcmpErrors(Engine engine, IpLayer ip) {
        this.engine = engine;
        this.ip = ip;
        this.counters = engine.counters();
        this.limit = new IcmpRateLimit(engine.entropy(), engine.sysctls(), engine.counters());
    }

    /// `rest` is the second word of the message: an MTU, a pointer in the highest octet, or 0.
    void sendV4(IpDatagram cause, int type, int code, int rest) {
        if (!mayAnswerV4(cause)) {
            return;
        }
        long from = ip.isLocal(0, cause.destinationLow) ? cause.destinationLow : IpAddress.ANY_V4.low();
        Route route = ip.route(0, cause.sourceLow, 0, from, 0);
        if (route == null || !limitAllows(route, 0, cause.sourceLow)) {
            return;
        }
        Frame f = ip.frame(Icmpv4.HEADER_LENGTH + Icmpv4.MAX_QUOTE);
        f.length = Icmpv4.writeError(f.data, f.offset, type, code, rest, cause.data, cause.ipOffset, cause.ipLength);
        counters.increment(Counter.IcmpOutMsgs);
        counters.increment(switch (type) {
            case Icmpv4.TIME_EXCEEDED -> Counter.IcmpOutTimeExcds;
            case Icmpv4.PARAMETER_PROBLEM -> Counter.IcmpOutParmProbs;
            default -> Counter.IcmpOutDestUnreachs;
        });
        // RFC 1812 §4.3.2.5: precedence of internetwork control; the other bits as they came.
        int tos = cause.tos & 0x1e | 0xc0;
        ip.send(f, route, route.sourceHigh, route.sourceLow, 0, cause.sourceLow, IpProtocol.ICMP, tos, 0, false);
    }

    private boolean mayAnswerV4(IpDatagram d) {
        int source = (int) d.sourceLow;
        if (d.broadcast || d.multicast || source == 0 || source >>> 28 >= 14 || ip.isBroadcast(0, d.sourceLow)
                || Ipv4Header.fragmentOffset(d.data, d.ipOffset) != 0) {
            return false;
        }
        if (d.protocol != IpProtocol.ICMP) {
            return true;
        }
        int header = Ipv4Header.headerLength(d.data, d.ipOffset);
        // Unknown types may be errors too: only a known query may be answered with an error.
        int type = d.ipLength > header ? Bytes.u8(d.data, d.ipOffset + header) : -1;
        return type == Icmpv4.ECHO_REQUEST || type == Icmpv4.TIMESTAMP_REQUEST;
    }

    /// `evenForMulticast`: the two errors that RFC 4443 §2.4 (e.3) allows about packets to groups.
    void sendV6(IpDatagram cause, int type, int code, int rest, boolean evenForMulticast) {
        if (!mayAnswerV6(cause, evenForMulticast)) {
            return;
        }
        boolean ours = ip.isLocal(cause.destinationHigh, cause.destinationLow);
        Interface in = cause.in;
        boolean linkLocal = cause.sourceHigh >>> 54 == 0x3fa;
        Route route = ip.route(cause.sourceHigh, cause.sourceLow, ours ? cause.destinationHigh : 0, ours ? cause.destinationLow : 0,
                linkLocal && in != null ? in.index() : 0);
        if (route == null || !limitAllows(route, cause.sourceHigh, cause.sourceLow)) {
            return;
        }
        Frame f = ip.frame(Icmpv6.HEADER_LENGTH + Icmpv6.MAX_QUOTE);
        f.length = Icmpv6.writeError(f.data, f.offset, type, code, rest, cause.data, cause.ipOffset, cause.ipLength, route.sourceHigh,
                route.sourceLow, cause.sourceHigh, cause.sourceLow);
        counters.increment(Counter.Icmp6OutMsgs);
        counters.increment(switch (type) {
            case Icmpv6.TIME_EXCEEDED -> Counter.Icmp6OutTimeExcds;
            case Icmpv6.PARAMETER_PROBLEM -> Counter.Icmp6OutParmProblems;
            default -> Counter.Icmp6OutDestUnreachs;
        });
        ip.send(f, route, route.sourceHigh, route.sourceLow, cause.sourceHigh, cause.sourceLow, IpProtocol.ICMPV6, 0, 0, false);
    }

    private boolean mayAnswerV6(IpDatagram d, boolean evenForMulticast) {
        if ((d.multicast || d.broadcast) && !evenForMulticast || (d.sourceHigh | d.sourceLow) == 0
                || IpAddress.isMulticast(d.sourceHigh, d.sourceLow)) {
            return false;
        }
        return !ip.quotes().isIcmpv6ErrorOrRedirect(d);
    }

    private boolean limitAllows(Route route, long high, long low) {
        return route.kind == Route.Kind.LOCAL || limit.allow(high, low, engine.now());
    }
}
