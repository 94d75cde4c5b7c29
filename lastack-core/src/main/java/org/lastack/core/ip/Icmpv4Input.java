package org.lastack.core.ip;

import org.jspecify.annotations.Nullable;
import org.lastack.core.Counter;
import org.lastack.core.Counters;
import org.lastack.core.Engine;
import org.lastack.core.Sysctl;
import org.lastack.wire.Frame;
import org.lastack.wire.Icmpv4;
import org.lastack.wire.IpAddress;
import org.lastack.wire.IpProtocol;
import org.lastack.wire.Refusal;

/// ICMP messages to this host (RFC 792, RFC 1122 §3.2.2): echo is answered, errors go to the transport they concern, the rest is counted.
/// Source quench (RFC 6633) and redirects (SECURITY B-09) are never acted upon.
final class Icmpv4Input {
    private final Engine engine;
    private final IpLayer ip;
    private final Counters counters;

    Icmpv4Input(Engine engine, IpLayer ip) {
        this.engine = engine;
        this.ip = ip;
        this.counters = engine.counters();
    }

    void input(IpDatagram d) {
        counters.increment(Counter.IcmpInMsgs);
        Refusal refusal = Icmpv4.check(d.data, d.offset, d.length);
        if (refusal == null) {
            refusal = process(d, Icmpv4.type(d.data, d.offset));
        }
        if (refusal != null) {
            counters.refused(refusal);
        }
    }

    private @Nullable Refusal process(IpDatagram d, int type) {
        return switch (type) {
            case Icmpv4.ECHO_REQUEST -> {
                counters.increment(Counter.IcmpInEchos);
                yield echo(d);
            }
            case Icmpv4.ECHO_REPLY -> {
                counters.increment(Counter.IcmpInEchoReps);
                Transport pinger = ip.transport(IpProtocol.ICMP);
                if (pinger != null) {
                    pinger.receive(d);
                }
                yield null;
            }
            case Icmpv4.DESTINATION_UNREACHABLE -> {
                counters.increment(Counter.IcmpInDestUnreachs);
                yield error(d);
            }
            case Icmpv4.TIME_EXCEEDED -> {
                counters.increment(Counter.IcmpInTimeExcds);
                yield error(d);
            }
            case Icmpv4.PARAMETER_PROBLEM -> {
                counters.increment(Counter.IcmpInParmProbs);
                yield error(d);
            }
            case Icmpv4.SOURCE_QUENCH -> {
                counters.increment(Counter.IcmpInSrcQuenchs);
                yield Refusal.ICMPV4_IGNORED;
            }
            case Icmpv4.REDIRECT -> {
                counters.increment(Counter.IcmpInRedirects);
                yield Refusal.ICMPV4_IGNORED;
            }
            default -> Refusal.ICMPV4_UNKNOWN_TYPE;
        };
    }

    private @Nullable Refusal error(IpDatagram d) {
        return d.broadcast || d.multicast ? Refusal.ICMPV4_IGNORED : ip.quotes().reportV4(d);
    }

    /// RFC 1122 §3.2.2.6: the reply carries exactly the data received (SECURITY X-03), from the address that was asked.
    private @Nullable Refusal echo(IpDatagram d) {
        boolean group = d.broadcast || d.multicast;
        if (engine.sysctls().on(Sysctl.ICMP_ECHO_IGNORE_ALL) || group && engine.sysctls().on(Sysctl.ICMP_ECHO_IGNORE_BROADCASTS)) {
            return Refusal.ICMPV4_IGNORED;
        }
        Route route = ip.route(0, d.sourceLow, 0, group ? IpAddress.ANY_V4.low() : d.destinationLow, 0);
        if (route == null || route.kind == Route.Kind.BROADCAST || route.kind == Route.Kind.MULTICAST) {
            return null;
        }
        int payload = d.length - Icmpv4.HEADER_LENGTH;
        Frame f = ip.frame(d.length);
        System.arraycopy(d.data, d.offset + Icmpv4.HEADER_LENGTH, f.data, f.offset + Icmpv4.HEADER_LENGTH, payload);
        f.length = Icmpv4.writeEcho(f.data, f.offset, Icmpv4.ECHO_REPLY, Icmpv4.identifier(d.data, d.offset),
                Icmpv4.sequence(d.data, d.offset), payload);
        counters.increment(Counter.IcmpOutMsgs);
        counters.increment(Counter.IcmpOutEchoReps);
        ip.send(f, route, route.sourceHigh, route.sourceLow, 0, d.sourceLow, IpProtocol.ICMP, d.tos, 0, false);
        return null;
    }
}
