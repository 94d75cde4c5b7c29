package org.lastack.net;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.lastack.wire.IpAddress;

/// Which destinations, and which local addresses of listeners, belong to Lastack and which to the kernel. The first rule that matches decides.
///
/// A rule is `SIDE TARGET`, or `bind SIDE TARGET` for listeners (and for datagram channels that are bound first):
///
/// ```
/// kernel  192.0.2.10:5432          # one address and port
/// kernel  10.0.0.0/8:8000-8999     # a prefix, a range of ports
/// kernel  [2001:db8::]/32:443      # IPv6 with a port: in brackets
/// kernel  *.db.example.com:5432    # a name, or all names below one; as the program wrote it, nothing is looked up
/// lastack *:80                     # any address
/// bind kernel 127.0.0.1:9000
/// default lastack                  # what no rule matches; lastack if this line is missing
/// ```
///
/// Rules stand on lines of their own or are separated by `;`, `#` begins a comment. For a whole JVM they are given by the system property
/// [#PROPERTY] (the rules themselves) or [#FILE_PROPERTY] (the name of a file with them); both doors, [LastackSelectorProvider] and
/// [LastackSockets], read them when they are opened. Immutable.
///
/// ```java
/// AddressRules rules = AddressRules.parse("kernel 192.0.2.10:5432; bind kernel 127.0.0.0/8");
/// SelectorProvider provider = LastackSelectorProvider.of(host, rules);
/// ```
public final class AddressRules {
    /// System property with rules.
    public static final String PROPERTY = "lastack.net.rules";
    /// System property with the name of a file of rules.
    public static final String FILE_PROPERTY = "lastack.net.rules.file";

    private static final int HIGHEST_PORT = 65_535;
    private static final int V4_BITS = 32;
    private static final int V6_BITS = 128;

    /// Who serves a socket.
    public enum Side {
        /// A host of Lastack.
        LASTACK,
        /// The kernel.
        KERNEL
    }

    /// What a rule asks of an address: a prefix, a name, or neither.
    private record Rule(boolean bind, Side side, @Nullable IpAddress prefix, int bits, @Nullable String name, int lowPort, int highPort) {
        boolean matches(boolean binding, InetSocketAddress address) {
            return bind == binding && lowPort <= address.getPort() && address.getPort() <= highPort && matchesAddress(address);
        }

        private boolean matchesAddress(InetSocketAddress address) {
            if (name != null) {
                String asked = address.getHostString().toLowerCase(Locale.ROOT);
                return name.startsWith("*") ? asked.endsWith(name.substring(1)) : asked.equals(name);
            }
            return prefix == null || address.getAddress() != null && ipAddress(address.getAddress()).sharesPrefix(prefix, bits);
        }
    }

    private final List<Rule> rules;
    private final Side otherwise;

    private AddressRules(List<Rule> rules, Side otherwise) {
        this.rules = List.copyOf(rules);
        this.otherwise = otherwise;
    }

    /// @throws IllegalArgumentException if a rule cannot be understood; the message says which and why
    public static AddressRules parse(String text) {
        List<Rule> rules = new ArrayList<>();
        Side otherwise = Side.LASTACK;
        for (String line : text.split("[;\n]", -1)) {
            String rule = line.replaceFirst("#.*", "").strip();
            if (rule.isEmpty()) {
                continue;
            }
            String[] words = rule.split("\\s+");
            if (words[0].equals("default") && words.length == 2) {
                otherwise = side(words[1], rule);
            } else if (words[0].equals("bind") && words.length == 3) {
                rules.add(rule(true, side(words[1], rule), words[2], rule));
            } else if (words.length == 2) {
                rules.add(rule(false, side(words[0], rule), words[1], rule));
            } else {
                throw bad(rule, "expected [bind] lastack|kernel TARGET, or default lastack|kernel");
            }
        }
        return new AddressRules(rules, otherwise);
    }

    /// The rules of this JVM's system properties; null if there are none.
    ///
    /// @throws IllegalArgumentException as [#parse]
    /// @throws UncheckedIOException if the file cannot be read
    public static @Nullable AddressRules configured() {
        String text = System.getProperty(PROPERTY);
        String file = System.getProperty(FILE_PROPERTY);
        if (text == null && file == null) {
            return null;
        }
        try {
            // Those of the property come first: they are nearer to whoever started the program.
            return parse((text == null ? "" : text + "\n") + (file == null ? "" : Files.readString(Path.of(file))));
        } catch (IOException e) {
            throw new UncheckedIOException(FILE_PROPERTY + "=" + file + ": " + e.getMessage(), e);
        }
    }

    /// Who serves a connection to, or datagrams for, this address.
    public Side destination(InetSocketAddress address) {
        return decide(false, address);
    }

    /// Who serves a socket that is bound to this local address before it has a peer.
    public Side binding(InetSocketAddress address) {
        return decide(true, address);
    }

    private Side decide(boolean binding, InetSocketAddress address) {
        for (Rule each : rules) {
            if (each.matches(binding, address)) {
                return each.side();
            }
        }
        return otherwise;
    }

    private static IllegalArgumentException bad(String rule, String why) {
        return new IllegalArgumentException("address rule '" + rule + "': " + why);
    }

    private static Side side(String word, String rule) {
        return switch (word) {
            case "lastack" -> Side.LASTACK;
            case "kernel" -> Side.KERNEL;
            default -> throw bad(rule, "'" + word + "' is neither lastack nor kernel");
        };
    }

    private static Rule rule(boolean bind, Side side, String target, String rule) {
        String address = target;
        int low = 0;
        int high = HIGHEST_PORT;
        // An IPv6 address without brackets has colons of its own, and then no port.
        int colon = target.lastIndexOf(':');
        if (colon >= 0 && (target.startsWith("[") ? colon > target.indexOf(']') : colon == target.indexOf(':'))) {
            String ports = target.substring(colon + 1);
            int dash = ports.indexOf('-');
            low = port(dash < 0 ? ports : ports.substring(0, dash), rule);
            high = port(dash < 0 ? ports : ports.substring(dash + 1), rule);
            address = target.substring(0, colon);
        }
        if (low > high) {
            throw bad(rule, "the range of ports is empty");
        }
        if (address.equals("*")) {
            return new Rule(bind, side, null, 0, null, low, high);
        }
        return addressRule(bind, side, address.replaceAll("[\\[\\]]", ""), rule, low, high);
    }

    private static Rule addressRule(boolean bind, Side side, String address, String rule, int low, int high) {
        int slash = address.indexOf('/');
        String base = slash < 0 ? address : address.substring(0, slash);
        boolean v6 = base.indexOf(':') >= 0;
        if (!v6 && !base.matches("[0-9.]+")) {
            if (slash >= 0 || !base.matches("(\\*\\.)?[A-Za-z0-9_.-]+")) {
                throw bad(rule, "'" + address + "' is neither an address, a prefix nor a name");
            }
            return new Rule(bind, side, null, 0, base.toLowerCase(Locale.ROOT), low, high);
        }
        try {
            IpAddress prefix = IpAddress.of(base);
            int most = v6 ? V6_BITS : V4_BITS;
            int bits = slash < 0 ? most : number(address.substring(slash + 1), most, rule, "the length of a prefix");
            return new Rule(bind, side, prefix, bits, null, low, high);
        } catch (IllegalArgumentException e) {
            throw e.getMessage() != null && e.getMessage().startsWith("address rule") ? e : bad(rule, "'" + base + "' is no address");
        }
    }

    private static int port(String text, String rule) {
        return number(text, HIGHEST_PORT, rule, "a port");
    }

    private static int number(String text, int most, String rule, String what) {
        if (!text.matches("[0-9]{1,5}") || Integer.parseInt(text) > most) {
            throw bad(rule, "'" + text + "' is not " + what);
        }
        return Integer.parseInt(text);
    }

    private static IpAddress ipAddress(InetAddress address) {
        byte[] octets = address.getAddress();
        return octets.length == 4 ? IpAddress.readV4(octets, 0) : IpAddress.readV6(octets, 0);
    }
}
