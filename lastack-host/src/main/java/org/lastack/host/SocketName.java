package org.lastack.host;

import org.lastack.wire.IpAddress;

/// Address and port of one end. Port 0 and an unspecified address mean "none yet".
public record SocketName(IpAddress address, int port) {
    @Override
    public String toString() {
        return address.withPort(port);
    }
}
