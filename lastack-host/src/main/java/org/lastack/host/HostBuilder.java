package org.lastack.host;

import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lastack.core.Engine;
import org.lastack.core.EngineConfig;
import org.lastack.core.Entropy;
import org.lastack.core.Interface;
import org.lastack.core.Sysctl;
import org.lastack.core.Sysctls;
import org.lastack.core.ip.RouteEntry;
import org.lastack.link.Link;
import org.lastack.link.Offloads;
import org.lastack.wire.IpAddress;

/// What a [Host] is made from. Nothing is required: without more it is a host with a loopback, the machine's clock and strong randomness.
public final class HostBuilder {
    private record Attached(Link link, List<Interface.Address> addresses) { }

    private record GivenRoute(Interface.Address prefix, IpAddress gateway) { }

    private String name = "lastack";
    private @Nullable Driver driver;
    private @Nullable Entropy entropy;
    private final Sysctls sysctls = new Sysctls();
    private final List<Attached> links = new ArrayList<>();
    private final List<GivenRoute> routes = new ArrayList<>();
    private boolean recordCreationSites;
    private boolean rethrowFaults;
    private long busyPollNs;

    HostBuilder() {}

    /// Shown by tools and in thread names.
    public HostBuilder name(String hostName) {
        name = hostName;
        return this;
    }

    /// Time and threads; the default is a [RealDriver] of the host's own.
    public HostBuilder driver(Driver which) {
        driver = which;
        return this;
    }

    /// Randomness; the default is the system's strong generator (SECURITY J-05).
    public HostBuilder entropy(Entropy source) {
        entropy = source;
        return this;
    }

    /// Reproducible randomness, for tests.
    public HostBuilder seed(long seed) {
        return entropy(Entropy.seeded(seed));
    }

    /// A setting other than the default.
    public HostBuilder sysctl(Sysctl setting, long value) {
        sysctls.set(setting, value);
        return this;
    }

    /// Adds a link with the host's addresses on it, each as `10.0.0.1/24` or `fd00::1/64`. The host owns the link from now on and closes it.
    public HostBuilder link(Link link, String... addresses) {
        List<Interface.Address> parsed = new ArrayList<>();
        for (String each : addresses) {
            parsed.add(Interface.Address.of(each));
        }
        links.add(new Attached(link, parsed));
        return this;
    }

    /// Adds a route, as `0.0.0.0/0` via `10.0.0.254`.
    public HostBuilder route(String prefix, String gateway) {
        routes.add(new GivenRoute(Interface.Address.of(prefix), IpAddress.of(gateway)));
        return this;
    }

    /// Remembers where each socket was made: costs a stack trace per socket.
    public HostBuilder recordCreationSites(boolean on) {
        recordCreationSites = on;
        return this;
    }

    /// Lets exceptions out of packet processing escape to whoever runs the engine instead of counting them; for simulations.
    public HostBuilder rethrowFaults(boolean on) {
        rethrowFaults = on;
        return this;
    }

    /// Lets a thread that waits look for frames for so many microseconds before it sleeps, as Linux' `SO_BUSY_POLL` does: a shorter way for a processor that is kept
    /// busy. 0, the default, sleeps at once. Holds for hosts with one link.
    ///
    /// @throws IllegalArgumentException if it is negative or longer than a second
    public HostBuilder busyPoll(int microseconds) {
        if (microseconds < 0 || microseconds > 1_000_000) {
            throw new IllegalArgumentException("busy poll of " + microseconds + " us: 0 to 1000000");
        }
        busyPollNs = microseconds * 1000L;
        return this;
    }

    /// Makes the host; it lives at once.
    public Host build() {
        return new Host(this);
    }

    String name() {
        return name;
    }

    Driver driver() {
        Driver given = driver;
        if (given == null) {
            given = new RealDriver();
            driver = given;
        }
        return given;
    }

    boolean recordsCreationSites() {
        return recordCreationSites;
    }

    boolean rethrowsFaults() {
        return rethrowFaults;
    }

    long busyPollNs() {
        return busyPollNs;
    }

    Engine makeEngine() {
        Entropy source = entropy;
        if (source == null) {
            SecureRandom strong = new SecureRandom();
            source = strong::nextLong;
        }
        return new Engine(new EngineConfig(name, sysctls, rethrowFaults), source);
    }

    /// Makes the interfaces of the links and the routes. Returns the port of each interface index.
    LinkPort[] connectLinks(Engine engine, List<LinkPort> ports) {
        for (Attached each : links) {
            ports.add(new LinkPort(each.link(), connect(engine, each), engine.frames()));
        }
        for (GivenRoute each : routes) {
            engine.ip().routes().add(new RouteEntry(each.prefix().address(), each.prefix().prefixLength(), each.gateway(), towards(ports, each.gateway()), 0,
                    null, 0, 0, 0));
        }
        int highest = 0;
        for (LinkPort each : ports) {
            highest = Math.max(highest, each.in().index());
        }
        LinkPort[] byIndex = new LinkPort[highest + 1];
        for (LinkPort each : ports) {
            byIndex[each.in().index()] = each;
        }
        return byIndex;
    }

    private static Interface connect(Engine engine, Attached attached) {
        Link link = attached.link();
        Interface.Kind kind = switch (link.type()) {
            case IP -> Interface.Kind.IP;
            case ETHERNET -> Interface.Kind.ETHERNET;
        };
        Interface in = engine.addInterface(link.name(), kind, link.macAddress(), link.mtu());
        Offloads offloads = link.offloads();
        in.offloads(offloads.txChecksum(), offloads.segmentationOctets());
        for (Interface.Address address : attached.addresses()) {
            in.addAddress(address);
        }
        return in;
    }

    /// The interface on whose prefix the gateway is.
    private static Interface towards(List<LinkPort> ports, IpAddress gateway) {
        for (LinkPort port : ports) {
            for (Interface.Address each : port.in().addresses()) {
                if (each.address().sharesPrefix(gateway, each.prefixLength())) {
                    return port.in();
                }
            }
        }
        throw new IllegalArgumentException("gateway " + gateway + " is on no link of the host");
    }
}
