package org.lastack.core;

import org.lastack.core.tcp.CongestionControls;

/// The settings of one host: [Sysctl] to value, changeable at run time under the host's lock; every use reads the current value.
public final class Sysctls {
    private final long[] values;
    private String congestionControl = "cubic";
    private final PortSet localReservedPorts = new PortSet();

    public Sysctls() {
        Sysctl[] all = Sysctl.values();
        values = new long[all.length];
        for (Sysctl each : all) {
            values[each.ordinal()] = each.defaultValue();
        }
    }

    public long get(Sysctl name) {
        return values[name.ordinal()];
    }

    /// As [#get], for settings that fit an `int`; larger values are cut to `Integer.MAX_VALUE`.
    public int getInt(Sysctl name) {
        return (int) Math.min(values[name.ordinal()], Integer.MAX_VALUE);
    }

    public boolean on(Sysctl name) {
        return values[name.ordinal()] != 0;
    }

    /// @throws IllegalArgumentException naming the range, if the value is outside it
    public Sysctls set(Sysctl name, long value) {
        if (value < name.min() || value > name.max()) {
            throw new IllegalArgumentException(name.linuxName() + " = " + value + " is outside " + name.min() + ".." + name.max());
        }
        values[name.ordinal()] = value;
        return this;
    }

    /// `net.ipv4.tcp_congestion_control`: the default for new sockets.
    public String congestionControl() {
        return congestionControl;
    }

    /// @throws IllegalArgumentException if there is no such algorithm
    public Sysctls congestionControl(String name) {
        if (!CongestionControls.exists(name)) {
            throw new IllegalArgumentException("no congestion control named " + name + "; there are " + CongestionControls.names());
        }
        congestionControl = name;
        return this;
    }

    /// `net.ipv4.ip_local_reserved_ports`: ports of the local range that are never chosen, only given to who names them. Live: changes count
    /// from the next choice on.
    public PortSet localReservedPorts() {
        return localReservedPorts;
    }
}
