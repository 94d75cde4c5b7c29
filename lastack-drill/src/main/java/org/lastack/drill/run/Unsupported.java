package org.lastack.drill.run;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.lastack.drill.script.Event;
import org.lastack.drill.script.Expr;
import org.lastack.drill.script.PacketSpec;
import org.lastack.drill.script.PacketSpec.Option;
import org.lastack.drill.script.Script;
import org.lastack.wire.TcpHeader;

/// Protocol features that scripts of public suites test and that this stack does not have. A script that uses one is run all the same; if it
/// fails at an event that uses it, this is the reason. A failure anywhere else is a failure.
final class Unsupported {
    private static final String MD5 = "TCP MD5 signatures (RFC 2385)";
    private static final String ACC_ECN = "Accurate ECN (RFC 9768)";
    private static final Map<String, String> WORDS = Map.ofEntries(Map.entry("TCP_MD5SIG", MD5), Map.entry("TCP_MD5SIG_EXT", MD5),
            Map.entry("TCP_ZEROCOPY_RECEIVE", "zero-copy receiving"), Map.entry("TCP_TX_DELAY", "TCP_TX_DELAY"), Map.entry("TCP_REPAIR", "TCP_REPAIR"));
    /// In the text of commands.
    private static final List<Map.Entry<String, String>> COMMANDS = List.of(Map.entry("tcp_ecn=3", ACC_ECN), Map.entry("tcp_ecn=4", ACC_ECN),
            Map.entry("tcp_ecn=5", ACC_ECN));

    private Unsupported() {}

    /// The feature that the stack lacks and the event on that line, or the script's configuration, asks for; or null.
    static @Nullable String feature(Script script, int line) {
        String init = script.initCommand();
        String found = init == null ? null : command(init);
        for (Event each : script.events()) {
            if (found == null && each.line() == line) {
                found = switch (each) {
                    case Event.Packet packet -> packet(packet.spec());
                    case Event.Call call -> words(call.arguments());
                    case Event.Command command -> command(command.text());
                    case Event.Code code -> null;
                };
            }
        }
        return found;
    }

    private static @Nullable String command(String text) {
        for (Map.Entry<String, String> each : COMMANDS) {
            if (text.contains(each.getKey())) {
                return each.getValue();
            }
        }
        return null;
    }

    private static @Nullable String packet(PacketSpec spec) {
        if (!(spec instanceof PacketSpec.Tcp tcp)) {
            return null;
        }
        if (tcp.ace() > 0 || (tcp.flags() & TcpHeader.AE) != 0) {
            return ACC_ECN;
        }
        for (Option each : tcp.options() == null ? List.<Option>of() : tcp.options()) {
            switch (each) {
                case Option.Md5 m -> {
                    return MD5;
                }
                case Option.AccEcn a -> {
                    return ACC_ECN;
                }
                default -> {
                    // The options that every stack has.
                }
            }
        }
        return null;
    }

    private static @Nullable String words(List<Expr> arguments) {
        for (Expr each : arguments) {
            String found = switch (each) {
                case Expr.Word word -> WORDS.get(word.name());
                case Expr.Or or -> words(List.of(or.left(), or.right()));
                case Expr.Array array -> words(array.items());
                case Expr.Message message -> message.control() == null ? null : words(List.of(message.control()));
                case Expr.ControlMessage control -> words(List.of(control.level(), control.type()));
                default -> null;
            };
            if (found != null) {
                return found;
            }
        }
        return null;
    }
}
