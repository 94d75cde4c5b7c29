package org.lastack.core.udp;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.lastack.core.Engine;
import org.lastack.core.Errno;
import org.lastack.core.Sysctl;
import org.lastack.core.socket.InetSocket;
import org.lastack.wire.IpAddress;

/// Which UDP sockets may share a port: Linux's rule (overlapping addresses conflict unless both have SO_REUSEADDR, or both SO_REUSEPORT and
/// one owner, or they are bound to different devices).
final class UdpPorts {
    private final Engine engine;
    private final Map<Integer, List<InetSocket>> byPort = new HashMap<>();

    UdpPorts(Engine engine) {
        this.engine = engine;
    }

    int bind(InetSocket s, long high, long low, int port) {
        if (s.localPort() != 0) {
            return -Errno.EINVAL;
        }
        boolean anyAddress = IpAddress.isUnspecified(high, low) || IpAddress.isMulticast(high, low) || engine.ip().isBroadcast(high, low)
                || s.option(InetSocket.FREEBIND) || s.option(InetSocket.TRANSPARENT) || engine.sysctls().on(Sysctl.IP_NONLOCAL_BIND);
        if (!anyAddress && !engine.ip().isLocal(high, low)) {
            return -Errno.EADDRNOTAVAIL;
        }
        if (port != 0 && port < engine.sysctls().getInt(Sysctl.IP_UNPRIVILEGED_PORT_START) && s.owner().uid() != 0) {
            return -Errno.EACCES;
        }
        int chosen = port != 0 ? (free(s, high, low, port) ? port : 0) : choose(s, high, low);
        if (chosen == 0) {
            return -Errno.EADDRINUSE;
        }
        s.localName(high, low, chosen);
        s.localLocks(!IpAddress.isUnspecified(high, low), port != 0);
        byPort.computeIfAbsent(chosen, p -> new ArrayList<>(2)).add(s);
        return 0;
    }

    int autobind(InetSocket s) {
        int chosen = choose(s, s.localHigh(), s.localLow());
        if (chosen == 0) {
            return -Errno.EAGAIN;
        }
        s.localName(s.localHigh(), s.localLow(), chosen);
        byPort.computeIfAbsent(chosen, p -> new ArrayList<>(2)).add(s);
        return 0;
    }

    void release(InetSocket s) {
        List<InetSocket> claims = byPort.get(s.localPort());
        if (claims != null && claims.remove(s) && claims.isEmpty()) {
            byPort.remove(s.localPort());
        }
    }

    /// SECURITY B-07: a random start, then upwards.
    private int choose(InetSocket s, long high, long low) {
        int range = s.portRange();
        int first = (range & 0xffff) != 0 ? range & 0xffff : engine.sysctls().getInt(Sysctl.IP_LOCAL_PORT_RANGE_LOW);
        int last = range >>> 16 != 0 ? range >>> 16 : engine.sysctls().getInt(Sysctl.IP_LOCAL_PORT_RANGE_HIGH);
        int count = last - first + 1;
        int start = count <= 0 ? 0 : engine.entropy().nextInt(count);
        for (int i = 0; i < count; i++) {
            int port = first + (start + i) % count;
            if (free(s, high, low, port)) {
                return port;
            }
        }
        return 0;
    }

    private boolean free(InetSocket s, long high, long low, int port) {
        List<InetSocket> claims = byPort.get(port);
        if (claims == null) {
            return true;
        }
        for (InetSocket each : claims) {
            if (conflict(each, s, high, low)) {
                return false;
            }
        }
        return true;
    }

    private static boolean conflict(InetSocket a, InetSocket b, long high, long low) {
        if (a.boundInterface() != 0 && b.boundInterface() != 0 && a.boundInterface() != b.boundInterface()) {
            return false;
        }
        if (a.option(InetSocket.REUSEADDR) && b.option(InetSocket.REUSEADDR)) {
            return false;
        }
        if (a.option(InetSocket.REUSEPORT) && b.option(InetSocket.REUSEPORT) && a.owner().uid() == b.owner().uid()) {
            return false;
        }
        return overlap(a, a.localHigh(), a.localLow(), b, high, low);
    }

    private static boolean overlap(InetSocket a, long aHigh, long aLow, InetSocket b, long bHigh, long bLow) {
        boolean bothV4 = speaksV4(a, aHigh, aLow) && speaksV4(b, bHigh, bLow);
        boolean bothV6 = speaksV6(aHigh, aLow) && speaksV6(bHigh, bLow);
        if (!bothV4 && !bothV6) {
            return false;
        }
        return IpAddress.isUnspecified(aHigh, aLow) || IpAddress.isUnspecified(bHigh, bLow) || aHigh == bHigh && aLow == bLow;
    }

    private static boolean speaksV4(InetSocket s, long high, long low) {
        return IpAddress.isV4(high, low) || (high | low) == 0 && !s.v6Only();
    }

    private static boolean speaksV6(long high, long low) {
        return !IpAddress.isV4(high, low);
    }
}
