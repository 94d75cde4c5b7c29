package org.lastack.drill;

import org.jspecify.annotations.Nullable;

/// The three ways to run one script.
public enum IpMode {
    /// AF_INET sockets, IPv4 packets.
    IPV4("ipv4"),
    /// AF_INET6 sockets, IPv6 packets.
    IPV6("ipv6"),
    /// AF_INET6 sockets with `::ffff:a.b.c.d` addresses, IPv4 packets.
    MAPPED("ipv4-mapped-ipv6");

    private final String optionValue;

    IpMode(String optionValue) {
        this.optionValue = optionValue;
    }

    /// The value of `--ip_version`.
    public String optionValue() {
        return optionValue;
    }

    /// True if the packets are IPv4.
    public boolean v4Packets() {
        return this != IPV6;
    }

    /// Null if no mode is called so.
    public static @Nullable IpMode byName(String name) {
        for (IpMode each : values()) {
            if (each.optionValue.equals(name)) {
                return each;
            }
        }
        return name.equals("mapped") ? MAPPED : null;
    }
}
