package org.lastack.tools.tables;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.lastack.wire.IpAddress;

/// The filter language of ss(8): `state FILTER`, `exclude FILTER`, then an expression over `src`, `dst`, `sport`, `dport`.
public final class SsFilter {
    /// The words for states, and which groups contain each.
    private enum State {
        ESTABLISHED, SYN_SENT, SYN_RECV, FIN_WAIT_1, FIN_WAIT_2, TIME_WAIT, CLOSED, CLOSE_WAIT, LAST_ACK, LISTEN, CLOSING;

        String word() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    private static final Map<String, Set<State>> GROUPS = Map.of(
            "all", EnumSet.allOf(State.class),
            "connected", EnumSet.complementOf(EnumSet.of(State.LISTEN, State.CLOSED)),
            "synchronized", EnumSet.complementOf(EnumSet.of(State.LISTEN, State.CLOSED, State.SYN_SENT)),
            "bucket", EnumSet.of(State.SYN_RECV, State.TIME_WAIT),
            "big", EnumSet.complementOf(EnumSet.of(State.SYN_RECV, State.TIME_WAIT)),
            // ss calls CLOSED sockets UNCONN, which is also what it shows for UDP
            "unconnected", EnumSet.of(State.CLOSED));

    private final Set<State> states;
    private final Predicate<SocketEntry> expression;

    private SsFilter(Set<State> states, Predicate<SocketEntry> expression) {
        this.states = states;
        this.expression = expression;
    }

    /// Parses the words that follow the options.
    ///
    /// @param all `-a`, and `listening` `-l`: what shows if the words name no state
    /// @throws IllegalArgumentException saying what is wrong
    public static SsFilter parse(List<String> words, boolean all, boolean listening, ServiceNames names) {
        Set<State> states = all
                ? EnumSet.allOf(State.class)
                : listening
                        ? EnumSet.of(State.LISTEN, State.CLOSED)
                        : EnumSet.complementOf(EnumSet.of(State.LISTEN, State.CLOSED, State.TIME_WAIT, State.SYN_RECV));
        Deque<String> rest = tokens(words);
        boolean named = false;
        while ("state".equals(rest.peek()) || "exclude".equals(rest.peek())) {
            boolean exclude = "exclude".equals(rest.poll());
            Set<State> chosen = states(rest.poll());
            if (exclude) {
                states = EnumSet.copyOf(named ? states : EnumSet.allOf(State.class));
                states.removeAll(chosen);
            } else if (named) {
                states.addAll(chosen);
            } else {
                states = EnumSet.copyOf(chosen);
            }
            named = true;
        }
        Parser parser = new Parser(rest, names);
        Predicate<SocketEntry> expression = rest.isEmpty() ? any -> true : parser.alternatives();
        if (!rest.isEmpty()) {
            throw new IllegalArgumentException("'" + rest.peek() + "' was not expected in the filter");
        }
        return new SsFilter(states, expression);
    }

    private static Set<State> states(@Nullable String word) {
        if (word == null) {
            throw new IllegalArgumentException("a state is missing: one of " + words());
        }
        String name = word.toLowerCase(Locale.ROOT);
        Set<State> group = GROUPS.get(name);
        if (group != null) {
            return EnumSet.copyOf(group);
        }
        for (State each : State.values()) {
            if (each.word().equals(name)) {
                return EnumSet.of(each);
            }
        }
        return switch (name) {
            case "listening" -> EnumSet.of(State.LISTEN);
            case "close" -> EnumSet.of(State.CLOSED);
            case "syn-received" -> EnumSet.of(State.SYN_RECV);
            default -> throw new IllegalArgumentException("'" + word + "' is no state: one of " + words());
        };
    }

    private static Collection<String> words() {
        Set<String> words = new TreeSet<>(GROUPS.keySet());
        for (State each : State.values()) {
            words.add(each.word());
        }
        return words;
    }

    /// Parentheses and operators may touch their neighbours.
    private static Deque<String> tokens(List<String> words) {
        String spaced = String.join(" ", words).replaceAll("(\\(|\\)|!=|==|<=|>=|&&|\\|\\||(?<![!<>=])=(?!=)|[<>](?!=)|!(?!=))", " $1 ");
        Deque<String> tokens = new ArrayDeque<>();
        for (String each : spaced.strip().split("\\s+")) {
            if (!each.isEmpty()) {
                tokens.add(each);
            }
        }
        return tokens;
    }

    /// True if only one state can pass: ss leaves out the column then.
    public boolean oneState() {
        return states.size() == 1;
    }

    public boolean accepts(SocketEntry entry) {
        String state = switch (entry.state()) {
            case "UNCONN" -> "CLOSED";
            case "SYN_RECEIVED" -> "SYN_RECV";
            default -> entry.state();
        };
        return states.contains(State.valueOf(state)) && expression.test(entry);
    }

    /// Recursive descent; `or` binds weaker than `and`, which may be left out.
    private record Parser(Deque<String> rest, ServiceNames names) {
        Predicate<SocketEntry> alternatives() {
            Predicate<SocketEntry> left = conjunction();
            while (taken("or") || taken("||") || taken("|")) {
                left = left.or(conjunction());
            }
            return left;
        }

        private Predicate<SocketEntry> conjunction() {
            Predicate<SocketEntry> left = term();
            while (!rest.isEmpty() && !List.of(")", "or", "||", "|").contains(rest.peek())) {
                if (!taken("and") && !taken("&&")) {
                    taken("&");
                }
                left = left.and(term());
            }
            return left;
        }

        private Predicate<SocketEntry> term() {
            if (taken("not") || taken("!")) {
                return term().negate();
            }
            if (taken("(")) {
                Predicate<SocketEntry> inner = alternatives();
                if (!taken(")")) {
                    throw new IllegalArgumentException("a ) is missing in the filter");
                }
                return inner;
            }
            String field = next("src, dst, sport or dport");
            return switch (field) {
                case "src", "dst" -> address(field.equals("src"));
                case "sport", "dport" -> port(field.equals("sport"));
                default -> throw new IllegalArgumentException("'" + field + "' is not one of src, dst, sport, dport, not, (");
            };
        }

        private Predicate<SocketEntry> port(boolean local) {
            String operator = operator();
            int wanted = portNumber(next("a port"));
            return entry -> compare(Integer.compare(local ? entry.localPort() : entry.remotePort(), wanted), operator);
        }

        private Predicate<SocketEntry> address(boolean local) {
            String operator = operator();
            String text = next("an address");
            String host = text;
            int port = -1;
            int colon = text.lastIndexOf(':');
            boolean bracketed = text.startsWith("[");
            if (colon >= 0 && (bracketed ? text.indexOf("]:") == colon - 1 : text.indexOf(':') == colon)) {
                host = text.substring(0, colon);
                port = portNumber(text.substring(colon));
            }
            host = host.replace("[", "").replace("]", "");
            int slash = host.indexOf('/');
            IpAddress address = host.isEmpty() || host.equals("*") ? null : IpAddress.of(slash < 0 ? host : host.substring(0, slash));
            int bits = address == null ? 0 : slash < 0 ? (address.isV4() ? 32 : 128) : prefix(host.substring(slash + 1));
            int wantedPort = port;
            Predicate<SocketEntry> equal = entry -> (address == null || (local ? entry.local() : entry.remote()).sharesPrefix(address, bits))
                    && (wantedPort < 0 || (local ? entry.localPort() : entry.remotePort()) == wantedPort);
            return switch (operator) {
                case "=" -> equal;
                case "!=" -> equal.negate();
                default -> throw new IllegalArgumentException("addresses are compared with = or !=, not " + operator);
            };
        }

        private static int prefix(String text) {
            try {
                return Integer.parseInt(text);
            } catch (NumberFormatException e) {
                throw new IllegalArgumentException("'" + text + "' is no prefix length", e);
            }
        }

        /// One of = != < > <= >=; without one, equality is meant.
        private String operator() {
            String word = rest.peek();
            String operator = switch (word == null ? "" : word) {
                case "=", "==", "eq" -> "=";
                case "!=", "ne", "neq" -> "!=";
                case "<", "lt" -> "<";
                case ">", "gt" -> ">";
                case "<=", "le", "leq" -> "<=";
                case ">=", "ge", "geq" -> ">=";
                default -> "";
            };
            if (operator.isEmpty()) {
                return "=";
            }
            rest.poll();
            return operator;
        }

        private static boolean compare(int sign, String operator) {
            return switch (operator) {
                case "=" -> sign == 0;
                case "!=" -> sign != 0;
                case "<" -> sign < 0;
                case ">" -> sign > 0;
                case "<=" -> sign <= 0;
                default -> sign >= 0;
            };
        }

        private int portNumber(String text) {
            String bare = text.startsWith(":") ? text.substring(1) : text;
            try {
                int port = Integer.parseInt(bare);
                if (port >= 0 && port <= 65_535) {
                    return port;
                }
            } catch (NumberFormatException e) {
                int named = names.number(bare);
                if (named >= 0) {
                    return named;
                }
            }
            throw new IllegalArgumentException("'" + text + "' is no port");
        }

        private boolean taken(String word) {
            if (word.equals(rest.peek())) {
                rest.poll();
                return true;
            }
            return false;
        }

        private String next(String wanted) {
            String word = rest.poll();
            if (word == null) {
                throw new IllegalArgumentException("the filter ends where " + wanted + " should stand");
            }
            return word;
        }
    }
}
