package org.lastack.core.ip;

import org.jspecify.annotations.Nullable;
import org.lastack.core.Counter;
import org.lastack.core.Counters;
import org.lastack.core.Engine;
import org.lastack.core.Interface;
import org.lastack.core.Sysctl;
import org.lastack.wire.Frame;
import org.lastack.wire.Icmpv6;
import org.lastack.wire.IpProtocol;
import org.lastack.wire.Refusal;

/// ICMPv6 messages to this host (RFC 4443): echo is answered, errors go to the transport they concern.
final class Icmpv6Input {
    private final Engine engine;
    private final IpLayer ip;
    private final Counters counters;

    Icmpv6Input(Engine engine, IpLayer ip) {
        this.engine = engine;
        this.ip = ip;
        this.counters = engine.counters();
    }

    void input(IpDatagram d) {
        counters.increment(Counter.Icmp6InMsgs);
        Refusal refusal = Icmpv6.check(d.data, d.offset, d.length, d.sourceHigh, d.sourceLow, d.destinationHigh, d.destinationLow);
        if (refusal == null) {
            refusal = process(d, Icmpv6.type(d.data, d.offset));
        }
        if (refusal != null) {
            counters.refused(refusal);
        }
    }

    private @Nullable Refusal process(IpDatagram d, int type) {
        return switch (type) {
            case Icmpv6.ECHO_REQUEST -> {
                counters.increment(Counter.Icmp6InEchos);
                yield echo(d);
            }
            case Icmpv6.ECHO_REPLY -> {
                counters.increment(Counter.Icmp6InEchoReplies);
                Transport pinger = ip.transport(IpProtocol.ICMPV6);
                if (pinger != null) {
                    pinger.receive(d);
                }
                yield null;
            }
            case Icmpv6.DESTINATION_UNREACHABLE -> {
                counters.increment(Counter.Icmp6InDestUnreachs);
                yield error(d);
            }
            case Icmpv6.PACKET_TOO_BIG -> {
                counters.increment(Counter.Icmp6InPktTooBigs);
                yield error(d);
            }
            case Icmpv6.TIME_EXCEEDED -> {
                counters.increment(Counter.Icmp6InTimeExcds);
                yield error(d);
            }
            case Icmpv6.PARAMETER_PROBLEM -> {
                counters.increment(Counter.Icmp6InParmProblems);
                yield error(d);
            }
            case Icmpv6.ROUTER_SOLICITATION, Icmpv6.ROUTER_ADVERTISEMENT, Icmpv6.NEIGHBOR_SOLICITATION, Icmpv6.NEIGHBOR_ADVERTISEMENT,
                    Icmpv6.REDIRECT -> ip.discovery().input(d);
            case Icmpv6.MLD_QUERY -> ip.listenerReports().query(d);
            // RFC 4443 §2.4 (b): unknown informational messages are dropped silently.
            default -> Refusal.ICMPV6_UNKNOWN_TYPE;
        };
    }

    private @Nullable Refusal error(IpDatagram d) {
        return d.multicast || d.broadcast ? Refusal.ICMPV6_IGNORED : ip.quotes().reportV6(d);
    }

    /// RFC 4443 §4.2; a request to a group is answered from an address of ours.
    private @Nullable Refusal echo(IpDatagram d) {
        if (engine.sysctls().on(Sysctl.ICMP_ECHO_IGNORE_ALL) || (d.sourceHigh | d.sourceLow) == 0) {
            return Refusal.ICMPV6_IGNORED;
        }
        Interface in = d.in;
        boolean linkLocal = d.sourceHigh >>> 54 == 0x3fa;
        Route route = ip.route(d.sourceHigh, d.sourceLow, d.multicast ? 0 : d.destinationHigh, d.multicast ? 0 : d.destinationLow,
                linkLocal && in != null ? in.index() : 0);
        if (route == null) {
            return null;
        }
        int payload = d.length - Icmpv6.HEADER_LENGTH;
        Frame f = ip.frame(d.length);
        System.arraycopy(d.data, d.offset + Icmpv6.HEADER_LENGTH, f.data, f.offset + Icmpv6.HEADER_LENGTH, payload);
        f.length = Icmpv6.writeEcho(f.data, f.offset, Icmpv6.ECHO_REPLY, Icmpv6.identifier(d.data, d.offset),
                Icmpv6.sequence(d.data, d.offset), payload, route.sourceHigh, route.sourceLow, d.sourceHigh, d.sourceLow);
        counters.increment(Counter.Icmp6OutMsgs);
        counters.increment(Counter.Icmp6OutEchoReplies);
        ip.send(f, route, route.sourceHigh, route.sourceLow, d.sourceHigh, d.sourceLow, IpProtocol.ICMPV6, d.tos, 0, false);
        return null;
    }
}
