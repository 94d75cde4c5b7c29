package org.lastack.host;

import org.lastack.link.MemoryLink;
import org.lastack.wire.IpAddress;

/// Two hosts on a cable in memory: a has 10.0.0.1 and fd00::1, b has 10.0.0.2 and fd00::2.
final class TwoHosts implements AutoCloseable {
    static final IpAddress A = IpAddress.of("10.0.0.1");
    static final IpAddress B = IpAddress.of("10.0.0.2");

    final Driver driver;
    final Host a;
    final Host b;

    private TwoHosts(Driver driver, MemoryLink.Options options) {
        this.driver = driver;
        MemoryLink.Pair pair = MemoryLink.pair("a0", "b0", options);
        a = Host.builder().name("a").driver(driver).seed(1).rethrowFaults(true).link(pair.left(), "10.0.0.1/24", "fd00::1/64").build();
        b = Host.builder().name("b").driver(driver).seed(2).rethrowFaults(true).link(pair.right(), "10.0.0.2/24", "fd00::2/64").build();
    }

    static TwoHosts real() {
        return new TwoHosts(new RealDriver(), MemoryLink.Options.defaults());
    }

    static TwoHosts virtual() {
        return new TwoHosts(new VirtualDriver(), MemoryLink.Options.defaults());
    }

    VirtualDriver time() {
        return (VirtualDriver) driver;
    }

    @Override
    public void close() {
        a.close();
        b.close();
    }
}
