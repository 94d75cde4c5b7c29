package org.lastack.tools.why;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.lastack.core.Errno;
import org.lastack.core.socket.BindRequest;
import org.lastack.core.socket.BindRule;
import org.lastack.core.socket.PortHolder;

/// Why an address is in use although ..., in the order in which an operator should look (DIAGNOSIS 2). Pure.
final class BindCauses {
    /// The causes in the order in which they are tested.
    enum Cause {
        LISTENER, SET_AFTER_BIND, OLD_LACKS_IT, MIXED, OTHER_USER, WILDCARD, ONE_OPTION_NAME,
        /// Another socket is bound, and does not listen.
        BOUND, NO_OPTION
    }

    private final Map<Cause, String> causes = new EnumMap<>(Cause.class);
    private final BindRequest wanted;

    BindCauses(BindRequest wanted, List<BindAnswer.Row> rows, int errno, List<String> late) {
        this.wanted = wanted;
        if (errno == Errno.EADDRINUSE) {
            rows.stream().filter(BindAnswer.Row::blocks).forEach(this::test);
        }
        if (!late.isEmpty()) {
            add(Cause.SET_AFTER_BIND, String.join("; ", late) + "; an option counts from when it is set: set after bind it came too late for that bind");
        }
    }

    private void add(Cause cause, String words) {
        causes.putIfAbsent(cause, words);
    }

    List<String> names() {
        return causes.keySet().stream().map(Enum::name).toList();
    }

    void addTo(List<String> lines) {
        causes.forEach((cause, words) -> lines.add("cause " + cause.name() + ": " + words));
    }

    private void test(BindAnswer.Row row) {
        Holding h = row.holding();
        boolean wants = wanted.reuseAddress() || wanted.reusePort();
        owned(row, h);
        options(row, h, wants);
        if (row.rule() == BindRule.OWNERS_DIFFER) {
            add(Cause.OTHER_USER, "both have SO_REUSEPORT, but user " + h.uid() + " owns the holder and user " + wanted.owner().uid()
                    + " the new socket; only sockets of one user share a port");
        }
        boolean serves = h.is("LISTEN") || h.kind() == PortHolder.Kind.BOUND;
        if (serves && !h.local().equals(wanted.address())) {
            add(Cause.WILDCARD, overlap(h));
        }
    }

    private void owned(BindAnswer.Row row, Holding h) {
        if (h.is("LISTEN") && row.rule() == BindRule.LISTENER) {
            add(Cause.LISTENER, "another socket listens on " + h.local().withPort(h.localPort()) + ", of " + h.owner()
                    + "; SO_REUSEADDR never helps beside a listener: stop it, or take another port or address");
        } else if (h.kind() == PortHolder.Kind.BOUND) {
            add(Cause.BOUND, "another socket is bound to " + h.local().withPort(h.localPort()) + ", of " + h.owner() + ": stop it, or take another port or address");
        }
    }

    private void options(BindAnswer.Row row, Holding h, boolean wants) {
        boolean unknown = !h.sharing().known();
        boolean portOnly = h.sharing().reusePort() == 1 && h.sharing().reuseAddress() == 0;
        boolean newPortOnly = wanted.reusePort() && !wanted.reuseAddress() && h.sharing().reusePort() == 0 && h.sharing().reuseAddress() == 1;
        boolean mixed = h.sharing().reusePort() == 1 && !wanted.reusePort() || wanted.reusePort() && h.sharing().reusePort() == 0;
        switch (row.rule()) {
            case HOLDER_SHARES_NOT -> add(Cause.OLD_LACKS_IT, unknown ? "the holder's options are not known; if it lacks the option, that is why"
                    : "the old socket (" + h.state() + ") was made without " + wanted.options() + "; on Linux both the old and the new one need it, and a connection has what its"
                            + " listener had when it came in");
            case NEW_SHARES_NOT -> add(Cause.NO_OPTION, "the new socket has no option; the holder would share with " + (h.sharing().reuseAddress() == 1 ? "SO_REUSEADDR"
                    : "SO_REUSEPORT") + ", set before bind");
            case NEITHER_SHARES -> {
                if (h.kind() == PortHolder.Kind.CONNECTION || h.kind() == PortHolder.Kind.TIME_WAIT) {
                    add(Cause.NO_OPTION, "neither socket has SO_REUSEADDR: what is left of an old server blocks its successor until it has ended, unless both had it");
                }
            }
            default -> {
                // The other rules are causes of their own, below and beside.
            }
        }
        if (mixed && wants) {
            add(Cause.MIXED, "SO_REUSEPORT on one side only: the holder has " + names(h.sharing()) + ", the new socket " + wanted.options() + "; both need the same one");
        }
        if (portOnly && wanted.reuseAddress() && !wanted.reusePort() || newPortOnly) {
            add(Cause.ONE_OPTION_NAME, "setsockopt(SO_REUSEADDR | SO_REUSEPORT) with both in one option name sets SO_REUSEPORT only (2 | 15 is 15): " + (portOnly ? "the holder"
                    : "the new socket") + " has exactly that; set the two with two calls");
        }
    }

    private static String names(Sharing sharing) {
        String name = sharing.reuseAddress() == 1 ? "SO_REUSEADDR" : "";
        return sharing.reusePort() == 1 ? name.isEmpty() ? "SO_REUSEPORT" : name + " and SO_REUSEPORT" : name.isEmpty() ? "none" : name;
    }

    private String overlap(Holding h) {
        String there = h.local().withPort(h.localPort());
        if (!h.local().isV4() && h.local().isUnspecified() && wanted.address().isV4()) {
            return there + " without IPV6_V6ONLY covers IPv4 as well; with IPV6_V6ONLY on it the two would not meet";
        }
        if (!wanted.address().isV4() && wanted.address().isUnspecified() && h.local().isV4()) {
            return wanted.address().withPort(wanted.port()) + " without IPV6_V6ONLY covers IPv4 as well, hence " + there + "; with IPV6_V6ONLY on the new socket the two would not meet";
        }
        return h.local().isUnspecified() ? "the wildcard " + there + " covers " + wanted.address() + " too"
                : "the wildcard " + wanted.address() + " covers " + there + " too; another specific address would be free";
    }
}
