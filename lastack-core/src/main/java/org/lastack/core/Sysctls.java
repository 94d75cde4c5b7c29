package org.lastack.core;

import org.lastack.core.tcp.CongestionControls;

/// The settings of one host: [Sysctl] to value, changeable at run time under the host's lock; every use reads the current value.
public final class Sysctls {
    private final long[] values;
    private String congestionControl = "cubic";
    private long[] fastOpenKeys = {};
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

    /// `net.ipv4.tcp_fastopen_key`: what Fast Open cookies are made with, as pairs of longs; empty = a secret of the host's own.
    public long[] fastOpenKeys() {
        return fastOpenKeys.clone();
    }

    /// Sets [#fastOpenKeys] from Linux's form: four hexadecimal words with hyphens, and a second key after a comma, which is still accepted.
    ///
    /// @throws IllegalArgumentException if the text has another form
    public Sysctls fastOpenKeys(String text) {
        String[] keys = text.strip().split(",", -1);
        long[] parsed = new long[2 * keys.length];
        for (int i = 0; i < keys.length; i++) {
            String[] words = keys[i].split("-", -1);
            if (keys.length > 2 || words.length != 4) {
                throw badKey(text);
            }
            for (int word = 0; word < 4; word++) {
                parsed[2 * i + word / 2] |= hexadecimal(words[word], text) << 32 * (word % 2);
            }
        }
        fastOpenKeys = parsed;
        return this;
    }

    private static long hexadecimal(String word, String text) {
        long value = 0;
        for (int i = 0; i < word.length(); i++) {
            int digit = Character.digit(word.charAt(i), 16);
            if (digit < 0 || i >= 8) {
                throw badKey(text);
            }
            value = value << 4 | digit;
        }
        if (word.isEmpty()) {
            throw badKey(text);
        }
        return value;
    }

    private static IllegalArgumentException badKey(String text) {
        return new IllegalArgumentException("tcp_fastopen_key is XXXXXXXX-XXXXXXXX-XXXXXXXX-XXXXXXXX, or two of them with a comma, not '" + text + "'");
    }

    /// [#fastOpenKeys] as Linux shows them; empty if none is set.
    public String fastOpenKeysText() {
        StringBuilder out = new StringBuilder();
        for (int word = 0; word < 2 * fastOpenKeys.length; word++) {
            String digits = Long.toHexString(fastOpenKeys[word / 2] >>> 32 * (word % 2) & 0xffff_ffffL);
            out.append(word == 0 ? "" : word % 4 == 0 ? "," : "-").append("0".repeat(8 - digits.length())).append(digits);
        }
        return out.toString();
    }

    /// `net.ipv4.ip_local_reserved_ports`: ports of the local range that are never chosen, only given to who names them. Live: changes count
    /// from the next choice on.
    public PortSet localReservedPorts() {
        return localReservedPorts;
    }
}
