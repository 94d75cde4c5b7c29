package org.lastack.drill.script;

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
            return new ScriptParser(Lexer.tokens(Preprocessor.apply(source), defines)).script();
        } catch (StackOverflowError e) {
            throw new DrillSyntaxException(1, 1, "expressions are nested too deeply");
        }
    }
}
