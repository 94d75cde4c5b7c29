package org.lastack.bsd;

import org.lastack.core.Sysctl;
import org.lastack.core.socket.Owner;
import org.lastack.host.Driver;
import org.lastack.host.Host;
import org.lastack.host.RealDriver;
import org.lastack.host.VirtualDriver;
import org.lastack.link.MemoryLink;

/// Two hosts on a cable in memory with one process each: a is 10.0.0.1 and fd00::1, b is 10.0.0.2 and fd00::2.
final class Net implements AutoCloseable {
    static final long MILLISECOND = 1_000_000;
    static final long SECOND = 1000 * MILLISECOND;

    final Driver driver;
    final Host hostA;
    final Host hostB;
    final BsdSockets a;
    final BsdSockets b;

    private Net(Driver driver) {
        this.driver = driver;
        MemoryLink.Pair pair = MemoryLink.pair("a0", "b0");
        hostA = Host.builder().name("a").driver(driver).seed(1).rethrowFaults(true).link(pair.left(), "10.0.0.1/24", "fd00::1/64").build();
        hostB = Host.builder().name("b").driver(driver).seed(2).rethrowFaults(true).link(pair.right(), "10.0.0.2/24", "fd00::2/64").build();
        a = new BsdSockets(hostA, new Owner(0, 100, "client"));
        b = new BsdSockets(hostB, new Owner(0, 200, "server"));
    }

    static Net real() {
        return new Net(new RealDriver());
    }

    static Net virtual() {
        return new Net(new VirtualDriver());
    }

    VirtualDriver time() {
        return (VirtualDriver) driver;
    }

    Net sysctl(Sysctl name, long value) {
        hostA.sysctl(name, value);
        hostB.sysctl(name, value);
        return this;
    }

    @Override
    public void close() {
        a.close();
        b.close();
        hostA.close();
        hostB.close();
    }
}
