package org.lastack.bench;

/// Reads /proc/net/snmp and /proc/net/netstat: pairs of lines, names above values, lines separated by `|` here.
final class KernelCounters {
    private KernelCounters() {}

    /// The counter with the name that `nstat` gives it; 0 if there is none.
    static long value(String text, String name) {
        String[] lines = text.split("\\|", -1);
        for (int i = 0; i + 1 < lines.length; i++) {
            String[] names = lines[i].strip().split(" ", -1);
            String[] values = lines[i + 1].strip().split(" ", -1);
            if (names.length != values.length || !names[0].equals(values[0])) {
                continue;
            }
            String prefix = names[0].substring(0, Math.max(0, names[0].length() - 1));
            for (int k = 1; k < names.length; k++) {
                if (name.equals(prefix + names[k])) {
                    return Long.parseLong(values[k]);
                }
            }
        }
        return 0;
    }
}
