package org.lastack.drill.stack;

import org.lastack.wire.IpAddress;

/// A socket address.
///
/// @param family 0 for none (AF_UNSPEC), 4 or 6; an address of family 6 may be IPv4-mapped
public record Endpoint(int family, int port, IpAddress address) {
    public static final Endpoint NONE = new Endpoint(0, 0, IpAddress.ANY_V6);

    public Endpoint {
        if (family != 0 && family != 4 && family != 6) {
            throw new IllegalArgumentException("address family " + family + " is not 0, 4 or 6");
        }
        if (port < 0 || port > 65_535) {
            throw new IllegalArgumentException("port " + port + " is outside 0..65535");
        }
        if (family == 4 && !address.isV4()) {
            throw new IllegalArgumentException(address + " is no IPv4 address");
        }
    }

    @Override
    public String toString() {
        return family == 0 ? "none" : (address.isV4() ? address.toString() : "[" + address + "]") + ":" + port;
    }
}
