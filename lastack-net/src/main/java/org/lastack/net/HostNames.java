package org.lastack.net;

import java.net.InetAddress;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.lastack.wire.IpAddress;

/// Names of hosts on the stack: what [LastackInetAddressResolverProvider] answers from. One table for the process; case does not matter.
/// Thread-safe.
///
/// ```java
/// HostNames.add("db.test", "10.0.0.2");
/// List<InetAddress> known = HostNames.addresses("db.test");
/// ```
public final class HostNames {
    private static final Map<String, List<InetAddress>> ADDRESSES = new ConcurrentHashMap<>();

    private HostNames() {}

    /// Adds an address to a name.
    ///
    /// @throws IllegalArgumentException if the text is no address
    public static void add(String name, String address) {
        ADDRESSES.computeIfAbsent(key(name), _ -> new CopyOnWriteArrayList<>()).add(parse(address));
    }

    /// Takes one address from a name; the name goes with its last one.
    public static void remove(String name, String address) {
        InetAddress gone = parse(address);
        ADDRESSES.computeIfPresent(key(name), (_, present) -> {
            present.remove(gone);
            return present.isEmpty() ? null : present;
        });
    }

    /// The addresses of a name, empty if it is unknown.
    public static List<InetAddress> addresses(String name) {
        List<InetAddress> found = ADDRESSES.get(key(name));
        return found == null ? List.of() : List.copyOf(found);
    }

    /// A name of an address, or an empty text.
    public static String nameOf(InetAddress address) {
        for (Map.Entry<String, List<InetAddress>> each : ADDRESSES.entrySet()) {
            if (each.getValue().contains(address)) {
                return each.getKey();
            }
        }
        return "";
    }

    private static String key(String name) {
        return name.toLowerCase(Locale.ROOT);
    }

    private static InetAddress parse(String address) {
        return Addresses.inetAddress(IpAddress.of(address));
    }
}
