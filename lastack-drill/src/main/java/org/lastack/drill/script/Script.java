package org.lastack.drill.script;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.lastack.drill.DrillSyntaxException;

/// A parsed script.
///
/// @param options in the order of the text, without the hyphens
/// @param initCommand shell text that runs before time 0
/// @param cleanupCommand shell text that runs after the end, pass or fail
public record Script(List<Option> options, @Nullable String initCommand, List<Event> events, @Nullable String cleanupCommand) {
    /// `--name=value`; a flag without value has the value "".
    public record Option(String name, String value, int line) {}

    /// Parses a whole script of the packetdrill language (google dialect; of the nplab dialect what costs little).
    ///
    /// @param defines symbol definitions as of `-D NAME=VALUE`
    /// @throws DrillSyntaxException with line and column, and nothing else, if the text is not a script
    public static Script parse(String source, Map<String, String> defines) {
        try {
            String text = Preprocessor.apply(source);
            Map<String, String> symbols = definitions(text, defines);
            return new ScriptParser(Lexer.tokens(text, symbols)).script();
        } catch (StackOverflowError e) {
            throw new DrillSyntaxException(1, 1, "expressions are nested too deeply");
        }
    }

    /// The definitions of the script's own options and those of the caller, which win.
    private static Map<String, String> definitions(String text, Map<String, String> defines) {
        Map<String, String> symbols = new HashMap<>();
        for (Option each : new ScriptParser(Lexer.tokens(text, Map.of())).options()) {
            int equals = each.value().indexOf('=');
            if (each.name().equals("define") && equals > 0) {
                symbols.put(each.value().substring(0, equals), each.value().substring(equals + 1));
            }
        }
        symbols.putAll(defines);
        return symbols;
    }
}
