package org.lastack.tools.oracle;

import org.lastack.core.Engine;
import org.lastack.core.EngineConfig;
import org.lastack.core.Entropy;
import org.lastack.core.Interface;
import org.lastack.core.Sysctl;
import org.lastack.core.Sysctls;
import org.lastack.core.WheelTimer;
import org.lastack.core.socket.Owner;
import org.lastack.wire.Frame;

/// A host on which tables are replayed, as the ones that recorded them were: loopback with 127.0.0.0/8, ::1 and fd00::1, a second interface
/// `d0` that leads nowhere, all ports unprivileged. Time passes only when told.
final class OracleHost {
    final Engine engine;

    OracleHost(long seed) {
        Sysctls sysctls = new Sysctls().set(Sysctl.IP_UNPRIVILEGED_PORT_START, 0);
        engine = new Engine(new EngineConfig("oracle", sysctls, true), Entropy.seeded(seed));
        engine.setNow(1_000_000_000_000L);
        engine.loopback().addAddress(Interface.Address.of("fd00::1/128"));
        engine.addInterface("d0", Interface.Kind.IP, 0, 1500);
    }

    Sysctls sysctls() {
        return engine.sysctls();
    }

    OracleSocket tcp(boolean v6, int uid) {
        return new OracleSocket(this, engine.tcpSocket(v6 ? OracleSocket.AF_INET6 : OracleSocket.AF_INET, new Owner(uid, 0, "-")));
    }

    OracleSocket udp(boolean v6, int uid) {
        return new OracleSocket(this, engine.udpSocket(v6 ? OracleSocket.AF_INET6 : OracleSocket.AF_INET, new Owner(uid, 0, "-")));
    }

    OracleSocket socket(String protocol, boolean v6, int uid) {
        return switch (protocol) {
            case "tcp" -> tcp(v6, uid);
            case "udp" -> udp(v6, uid);
            default -> throw new OracleException("protocol \"" + protocol + "\" is neither tcp nor udp");
        };
    }

    /// Everything that is on its way inside the host arrives.
    void settle() {
        for (Frame frame = engine.poll(); frame != null; frame = engine.poll()) {
            frame.release();
        }
    }

    /// Time passes, and what is due happens at its time.
    void pass(long ns) {
        settle();
        long end = engine.now() + ns;
        for (long next = engine.nextTimeoutNs(); next != WheelTimer.NEVER && next <= end; next = engine.nextTimeoutNs()) {
            engine.setNow(Math.max(next, engine.now()));
            engine.timeout();
            settle();
        }
        engine.setNow(end);
    }
}
