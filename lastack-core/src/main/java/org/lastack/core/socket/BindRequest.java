package org.lastack.core.socket;

import org.lastack.wire.IpAddress;

/// A `bind` that somebody thinks of: for tools that ask whether it would succeed.
///
/// @param domain [InetSocket#AF_INET] or [InetSocket#AF_INET6]
/// @param port 0 = let the host choose
/// @param device interface index for SO_BINDTODEVICE, 0 = none
/// @param owner who would own the socket
public record BindRequest(int domain, IpAddress address, int port, boolean reuseAddress, boolean reusePort, boolean v6Only, int device,
        Owner owner) {
    /// Without options, of user 0; the family is that of the address, where `::` is a dual-stack socket.
    public static BindRequest of(IpAddress address, int port) {
        return new BindRequest(address.isV4() ? InetSocket.AF_INET : InetSocket.AF_INET6, address, port, false, false, false, 0, Owner.ROOT);
    }

    /// The same with these options and no others.
    public BindRequest with(boolean withReuseAddress, boolean withReusePort) {
        return new BindRequest(domain, address, port, withReuseAddress, withReusePort, v6Only, device, owner);
    }

    /// The options in words: `no options`, `SO_REUSEADDR`, `SO_REUSEPORT`, `SO_REUSEADDR and SO_REUSEPORT`.
    public String options() {
        if (reuseAddress) {
            return reusePort ? "SO_REUSEADDR and SO_REUSEPORT" : "SO_REUSEADDR";
        }
        return reusePort ? "SO_REUSEPORT" : "no options";
    }

    /// A socket that would make this call; it is in no engine.
    InetSocket socket(PortTable table) {
        Imagined socket = new Imagined(domain, owner, table);
        socket.option(InetSocket.REUSEADDR, reuseAddress);
        socket.option(InetSocket.REUSEPORT, reusePort);
        socket.option(InetSocket.V6ONLY, v6Only);
        socket.boundInterface = device;
        return socket;
    }

    /// Nothing but a name and options.
    private static final class Imagined extends InetSocket {
        private final PortTable table;

        Imagined(int domain, Owner owner, PortTable table) {
            super(domain, owner);
            this.table = table;
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
            // Has no deadline.
        }
    }
}
