package org.lastack.core.socket;

import org.lastack.wire.IpAddress;

/// A socket that is nothing but its name and options.
final class FakeSocket extends InetSocket {
    private final PortTable table;

    FakeSocket(PortTable table, int domain, Owner owner) {
        super(domain, owner);
        this.table = table;
    }

    static FakeSocket v4(PortTable table) {
        return new FakeSocket(table, AF_INET, Owner.ROOT);
    }

    static FakeSocket v6(PortTable table) {
        return new FakeSocket(table, AF_INET6, Owner.ROOT);
    }

    /// Letters as in the oracles: A, P, AP, or - for none.
    FakeSocket options(String letters) {
        option(REUSEADDR, letters.contains("A"));
        option(REUSEPORT, letters.contains("P"));
        return this;
    }

    FakeSocket with(int option) {
        option(option, true);
        return this;
    }

    FakeSocket device(int index) {
        boundInterface = index;
        if (portClaim() != 0) {
            table.optionsChanged(this);
        }
        return this;
    }

    FakeSocket range(int low, int high) {
        portRange = high << 16 | low;
        return this;
    }

    int bind(String address, int port) {
        IpAddress a = IpAddress.of(address);
        return table.bind(this, a.high(), a.low(), port);
    }

    FakeSocket bound(String address, int port) {
        int result = bind(address, port);
        if (result != 0) {
            throw new AssertionError("bind(" + address + ":" + port + ") = " + org.lastack.core.Errno.name(result));
        }
        return this;
    }

    FakeSocket listens() {
        int result = table.listen(this);
        if (result != 0) {
            throw new AssertionError("listen = " + org.lastack.core.Errno.name(result));
        }
        return this;
    }

    int connect(String source, String destination, int port, TupleUse tuples) {
        IpAddress from = IpAddress.of(source);
        IpAddress to = IpAddress.of(destination);
        int result = table.connect(this, from.high(), from.low(), to.high(), to.low(), port, tuples);
        if (result == 0) {
            remoteName(to.high(), to.low(), port);
        }
        return result;
    }

    /// An accepted connection of this listener.
    FakeSocket accepts(String local) {
        FakeSocket child = new FakeSocket(table, domain(), owner());
        IpAddress a = IpAddress.of(local);
        child.localName(a.high(), a.low(), localPort());
        table.child(this, child);
        return child;
    }

    @Override
    public boolean listening() {
        return false;
    }

    @Override
    public int poll() {
        return 0;
    }

    @Override
    protected PortTable portTable() {
        return table;
    }

    @Override
    protected void expire(long nowNs) {
        throw new AssertionError("a fake socket has no timers");
    }
}
