package org.lastack.core.ip;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lastack.core.Counter;
import org.lastack.core.Engine;
import org.lastack.core.Interface;
import org.lastack.core.Sysctl;
import org.lastack.core.WheelTimer;
import org.lastack.wire.IpAddress;

/// IPv6 addresses of Ethernet interfaces: the link-local one, those from advertised prefixes, and duplicate address detection for all
/// (RFC 4862).
final class AddressConfiguration {
    /// MAX_RTR_SOLICITATIONS and RTR_SOLICITATION_INTERVAL (RFC 4861 §10).
    private static final int ROUTER_SOLICITATIONS = 3;
    private static final long SOLICITATION_INTERVAL_NS = 4_000_000_000L;
    /// Addresses per interface that routers can make us form (Linux: max_addresses).
    private static final int MAX_AUTO_ADDRESSES = 16;
    private static final long SECOND_NS = 1_000_000_000L;
    /// RFC 4862 §5.5.3 (e): an unauthenticated advertisement cannot shorten a lifetime below two hours.
    private static final long TWO_HOURS_NS = 7200 * SECOND_NS;
    private static final long FOREVER_SECONDS = 0xffff_ffffL;

    private final Engine engine;
    private final IpLayer ip;
    private final NeighborDiscovery discovery;
    private final AddressStatus status;
    private final List<Probe> probes = new ArrayList<>();
    private final List<AutoAddress> autos = new ArrayList<>();
    private final List<RouterSearch> searches = new ArrayList<>();

    /// Duplicate address detection of one address: wait up to a second, ask, wait for an answer.
    private final class Probe extends WheelTimer {
        final Interface in;
        final IpAddress address;
        private boolean asked;

        Probe(Interface in, IpAddress address) {
            this.in = in;
            this.address = address;
        }

        @Override
        protected void expire(long nowNs) {
            if (!asked) {
                asked = true;
                discovery.probe(in, address);
                engine.timers().arm(this, nowNs + SECOND_NS);
                return;
            }
            probes.remove(this);
            status.set(in, address, AddressStatus.State.PREFERRED);
            ip.rebuild();
            if (address.isLinkLocal()) {
                search(in);
            }
        }
    }

    /// An address formed from an advertised prefix.
    private final class AutoAddress extends WheelTimer {
        final Interface in;
        final IpAddress address;
        long preferredUntilNs;
        long validUntilNs;

        AutoAddress(Interface in, IpAddress address) {
            this.in = in;
            this.address = address;
        }

        void rearm(long nowNs) {
            long next = nowNs < preferredUntilNs ? preferredUntilNs : validUntilNs;
            engine.timers().arm(this, next);
        }

        @Override
        protected void expire(long nowNs) {
            if (nowNs >= validUntilNs) {
                autos.remove(this);
                in.removeAddress(address);
                return;
            }
            if (status.get(in, address) == AddressStatus.State.PREFERRED) {
                status.set(in, address, AddressStatus.State.DEPRECATED);
                ip.rebuild();
            }
            rearm(nowNs);
        }
    }

    /// Router solicitations of one interface.
    private final class RouterSearch extends WheelTimer {
        final Interface in;
        private int sent;

        RouterSearch(Interface in) {
            this.in = in;
        }

        @Override
        protected void expire(long nowNs) {
            if (discovery.routerKnown(in) || sent == ROUTER_SOLICITATIONS) {
                searches.remove(this);
                return;
            }
            sent++;
            discovery.solicitRouters(in);
            engine.timers().arm(this, nowNs + SOLICITATION_INTERVAL_NS);
        }
    }

    AddressConfiguration(Engine engine, IpLayer ip, NeighborDiscovery discovery, AddressStatus status) {
        this.engine = engine;
        this.ip = ip;
        this.discovery = discovery;
        this.status = status;
    }

    /// The interface works (again): it needs a link-local address (RFC 4291 §2.8).
    void up(Interface in) {
        resume(in);
        if (engine.sysctls().on(Sysctl.IPV6_DISABLE) || in.mtu() < org.lastack.wire.Ipv6Header.MIN_MTU) {
            return;
        }
        for (Interface.Address each : in.addresses()) {
            if (!each.address().isV4() && each.address().isLinkLocal()) {
                return;
            }
        }
        in.addAddress(new Interface.Address(new IpAddress(0xfe80_0000_0000_0000L, identifier(in)), 64));
    }

    /// The modified EUI-64 of the station address (RFC 4291 appendix A).
    static long identifier(Interface in) {
        long mac = in.macAddress();
        return (mac >>> 24 ^ 0x020000L) << 40 | 0xff_fe00_0000L | mac & 0xff_ffffL;
    }

    void added(Interface in, IpAddress address) {
        if (!engine.sysctls().on(Sysctl.IPV6_DAD_TRANSMITS)) {
            return;
        }
        status.set(in, address, AddressStatus.State.TENTATIVE);
        Probe probe = new Probe(in, address);
        probes.add(probe);
        // RFC 4862 §5.4.2: up to MAX_RTR_SOLICITATION_DELAY, at random, so that hosts that start together do not ask together.
        engine.timers().arm(probe, engine.now() + engine.entropy().nextInt(1_000_000) * 1000L);
    }

    void removed(Interface in, IpAddress address) {
        cancelProbe(in, address);
        status.set(in, address, AddressStatus.State.PREFERRED);
        for (int i = autos.size() - 1; i >= 0; i--) {
            if (autos.get(i).in == in && autos.get(i).address.equals(address)) {
                engine.timers().cancel(autos.remove(i));
            }
        }
    }

    private void cancelProbe(Interface in, IpAddress address) {
        for (int i = probes.size() - 1; i >= 0; i--) {
            if (probes.get(i).in == in && probes.get(i).address.equals(address)) {
                engine.timers().cancel(probes.remove(i));
            }
        }
    }

    /// Somebody else has, or wants, an address of ours (RFC 4862 §5.4.3, §5.4.4). Only a tentative one is given up: a claim against one that
    /// works is counted, not believed, or a single forged packet would silence us (SECURITY R-11).
    void conflict(Interface in, long high, long low) {
        engine.counters().increment(Counter.NdpAddressConflicts);
        IpAddress address = new IpAddress(high, low);
        if (status.get(in, address) == AddressStatus.State.TENTATIVE) {
            cancelProbe(in, address);
            status.set(in, address, AddressStatus.State.DUPLICATE);
            ip.rebuild();
        }
    }

    private void search(Interface in) {
        RouterSearch search = new RouterSearch(in);
        searches.add(search);
        search.expire(engine.now());
    }

    /// An advertised prefix for autonomous configuration (RFC 4862 §5.5.3).
    void prefix(Interface in, long high, long validSeconds, long preferredSeconds) {
        IpAddress address = new IpAddress(high, identifier(in));
        AutoAddress known = find(in, address);
        long now = engine.now();
        if (known == null) {
            if (validSeconds == 0 || in.owns(address.high(), address.low()) || count(in) >= MAX_AUTO_ADDRESSES) {
                return;
            }
            known = new AutoAddress(in, address);
            known.validUntilNs = until(now, validSeconds);
            autos.add(known);
            in.addAddress(new Interface.Address(address, 64));
        } else {
            long offered = until(now, validSeconds);
            long remaining = known.validUntilNs - now;
            if (offered - now > TWO_HOURS_NS || offered > known.validUntilNs) {
                known.validUntilNs = offered;
            } else if (remaining > TWO_HOURS_NS) {
                known.validUntilNs = now + TWO_HOURS_NS;
            }
        }
        known.preferredUntilNs = until(now, preferredSeconds);
        if (preferredSeconds > 0 && status.get(in, address) == AddressStatus.State.DEPRECATED) {
            status.set(in, address, AddressStatus.State.PREFERRED);
            ip.rebuild();
        }
        known.rearm(now);
    }

    private static long until(long now, long seconds) {
        return seconds == FOREVER_SECONDS ? WheelTimer.NEVER : now + seconds * SECOND_NS;
    }

    private @Nullable AutoAddress find(Interface in, IpAddress address) {
        for (AutoAddress each : autos) {
            if (each.in == in && each.address.equals(address)) {
                return each;
            }
        }
        return null;
    }

    private int count(Interface in) {
        int count = 0;
        for (AutoAddress each : autos) {
            count += each.in == in ? 1 : 0;
        }
        return count;
    }

    void down(Interface in) {
        for (int i = probes.size() - 1; i >= 0; i--) {
            if (probes.get(i).in == in) {
                engine.timers().cancel(probes.remove(i));
            }
        }
        for (int i = searches.size() - 1; i >= 0; i--) {
            if (searches.get(i).in == in) {
                engine.timers().cancel(searches.remove(i));
            }
        }
        for (int i = autos.size() - 1; i >= 0; i--) {
            if (autos.get(i).in == in) {
                AutoAddress auto = autos.remove(i);
                engine.timers().cancel(auto);
                in.removeAddress(auto.address);
            }
        }
    }

    /// Takes up the probes that an interface's being down has cut short.
    private void resume(Interface in) {
        for (Interface.Address each : in.addresses()) {
            IpAddress address = each.address();
            if (!address.isV4() && status.get(in, address) == AddressStatus.State.TENTATIVE && !probing(in, address)) {
                added(in, address);
            }
        }
    }

    private boolean probing(Interface in, IpAddress address) {
        for (Probe each : probes) {
            if (each.in == in && each.address.equals(address)) {
                return true;
            }
        }
        return false;
    }
}
