package org.lastack.drill.script;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Options, commands, events and their times.
final class ScriptParser {
    /// Longest time that a script may name: 10 years.
    private static final double MAX_SECONDS = 315_360_000;

    private static final Set<String> OPTIONS = Set.of("ip_version", "local_ip", "remote_ip", "gateway_ip", "netmask_ip", "bind_port", "connect_port", "mtu", "mss",
            "speed", "tolerance_usecs", "tolerance_percent", "tcp_ts_tick_usecs", "tcp_ts_ecr_scaled", "strict_segments", "non_fatal", "init_scripts", "define",
            "code_command", "code_format", "code_sockopt", "dry_run", "is_anyip", "send_omit_free", "verbose", "debug", "so_filename", "so_flags", "wire_client",
            "wire_server", "wire_server_at", "wire_server_ip", "wire_server_port", "wire_client_dev", "wire_server_dev", "psp_udp_port", "udp_encaps");

    private final Cursor cursor;
    private final PacketParser packets;
    private final ExprParser expressions;
    private long lastAbsoluteUs;

    ScriptParser(List<Token> tokens) {
        cursor = new Cursor(tokens);
        packets = new PacketParser(cursor);
        expressions = new ExprParser(cursor);
    }

    List<Script.Option> options() {
        List<Script.Option> options = new ArrayList<>();
        while (cursor.peek().kind() == Token.Kind.OPTION) {
            options.add(option());
        }
        return options;
    }

    Script script() {
        List<Script.Option> options = options();
        String init = command();
        List<Event> events = new ArrayList<>();
        while (cursor.peek().kind() != Token.Kind.END && cursor.peek().kind() != Token.Kind.SHELL) {
            Event event = event(events.isEmpty());
            events.add(event);
        }
        if (events.isEmpty()) {
            throw cursor.error("a script needs at least one event");
        }
        String cleanup = command();
        if (cursor.peek().kind() != Token.Kind.END) {
            throw cursor.error("nothing may follow the clean-up command; a command among the events needs a time");
        }
        return new Script(options, init, events, cleanup);
    }

    private @Nullable String command() {
        return cursor.peek().kind() == Token.Kind.SHELL ? cursor.take().text() : null;
    }

    private Script.Option option() {
        Token token = cursor.take();
        if (!OPTIONS.contains(token.text())) {
            throw Cursor.error(token, "unknown option --" + token.text());
        }
        String value = "";
        if (cursor.accept("=")) {
            boolean quoted = token.text().equals("define");
            StringBuilder text = new StringBuilder(optionValue(false));
            while (cursor.is(",") || cursor.is("/") || cursor.is("=")) {
                text.append(cursor.take().text()).append(optionValue(quoted));
            }
            value = text.toString();
        }
        return new Script.Option(token.text(), value, token.line());
    }

    private String optionValue(boolean quoted) {
        Token token = cursor.take();
        return switch (token.kind()) {
            case INTEGER, HEX, WORD, IPV4, IPV6 -> {
                StringBuilder text = new StringBuilder(token.text());
                // "ipv4-mapped-ipv6" and file names are several tokens.
                while (cursor.is("-") || cursor.is(".")) {
                    text.append(cursor.take().text()).append(cursor.take().text());
                }
                yield text.toString();
            }
            case STRING -> quoted ? '"' + token.text() + '"' : token.text();
            case SHELL -> "`" + token.text() + "`";
            case FRACTION, CODE, OPTION, PUNCTUATION, END -> throw Cursor.error(token, "expected the option's value, not " + token.shown());
        };
    }

    private Event event(boolean first) {
        Token start = cursor.peek();
        When when = when();
        if (first && !(when.fromUs() == 0 && (when.kind() == When.Kind.ABSOLUTE || when.kind() == When.Kind.RELATIVE))) {
            throw Cursor.error(start, "the first event must be at time 0");
        }
        if (when.isAbsolute()) {
            if (when.fromUs() < lastAbsoluteUs) {
                throw Cursor.error(start, "time runs backwards");
            }
            lastAbsoluteUs = when.fromUs();
        }
        if (when.toUs() < when.fromUs()) {
            throw Cursor.error(start, "the range of times runs backwards");
        }
        Token token = cursor.peek();
        if (token.is("<") || token.is(">")) {
            return new Event.Packet(when, start.line(), packet(when, start));
        }
        if (when.kind() == When.Kind.ANY || when.isRange()) {
            throw Cursor.error(start, "'*' and ranges of times are for outbound packets only");
        }
        return switch (token.kind()) {
            case SHELL -> new Event.Command(when, start.line(), cursor.take().text());
            case CODE -> new Event.Code(when, start.line(), cursor.take().text(), token.line());
            default -> call(when, start);
        };
    }

    private PacketSpec packet(When when, Token start) {
        PacketSpec spec = packets.packet();
        if (spec.inbound() && (when.kind() == When.Kind.ANY || when.isRange())) {
            throw Cursor.error(start, "'*' and ranges of times are for outbound packets only");
        }
        return spec;
    }

    private When when() {
        if (cursor.accept("*")) {
            return new When(When.Kind.ANY, 0, 0);
        }
        boolean relative = cursor.accept("+");
        long from = time("a time, '+' or '*'");
        if (!cursor.accept("~")) {
            return new When(relative ? When.Kind.RELATIVE : When.Kind.ABSOLUTE, from, from);
        }
        boolean relativeEnd = cursor.accept("+");
        if (relative != relativeEnd) {
            throw cursor.error("a range of times is either absolute or relative at both ends");
        }
        return new When(relative ? When.Kind.RELATIVE_RANGE : When.Kind.ABSOLUTE_RANGE, from, time("a time"));
    }

    private long time(String what) {
        Token token = cursor.peek();
        if (token.kind() != Token.Kind.INTEGER && token.kind() != Token.Kind.FRACTION) {
            throw cursor.error("expected " + what + ", not " + token.shown());
        }
        cursor.take();
        double seconds = Double.parseDouble(token.text());
        if (seconds < 0 || seconds > MAX_SECONDS) {
            throw Cursor.error(token, "time " + token.text() + " is negative or longer than ten years");
        }
        return Math.round(seconds * 1e6);
    }

    private Event.Call call(When when, Token start) {
        long end = -1;
        if (cursor.accept("...")) {
            cursor.accept("+");
            end = time("the time when the call returns");
            if (end < when.fromUs()) {
                throw cursor.error("the call would return before it starts");
            }
        }
        String name = cursor.word("a packet, a call, a command or a code snippet");
        cursor.expect("(");
        List<Expr> arguments = new ArrayList<>();
        if (!cursor.accept(")")) {
            do {
                arguments.add(expressions.expression());
            } while (cursor.accept(","));
            cursor.expect(")");
        }
        cursor.expect("=");
        Expr result = expressions.expression();
        String errno = null;
        if (cursor.peek().kind() == Token.Kind.WORD) {
            errno = cursor.take().text();
        }
        while (cursor.is("(")) {
            note();
        }
        return new Event.Call(when, start.line(), end, name, arguments, result, errno);
    }

    /// `(Connection refused)`: text for the reader.
    private void note() {
        Token open = cursor.take();
        int depth = 1;
        while (depth > 0) {
            Token token = cursor.take();
            if (token.kind() == Token.Kind.END) {
                throw Cursor.error(open, "'(' without ')'");
            }
            depth += token.is("(") ? 1 : token.is(")") ? -1 : 0;
        }
    }
}
