package org.lastack.drill.snippet;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A parsed snippet. Known: `assert` with a message, assignments, `if`/`elif`/`else`, `pass`, expression statements; comparisons (also chained),
/// arithmetic, bit operations, `and`/`or`/`not`, `in`, `x if c else y`, lists, `%` formatting of strings, and the functions abs, min, max, int,
/// float, round, str, hex, len, sum, print. Everything else is an error that names it.
public final class Snippet {
    private final List<Statement> statements;

    private Snippet(List<Statement> statements) {
        this.statements = statements;
    }

    /// @param firstLine line of the script on which the text begins
    /// @throws SnippetException if the text is not of the known subset
    public static Snippet parse(String text, int firstLine) {
        try {
            return new Snippet(new SnippetParser(SnippetLexer.tokens(text, firstLine)).program());
        } catch (StackOverflowError e) {
            throw new SnippetException(firstLine, "the snippet is nested too deeply");
        }
    }

    /// Runs it; names are read from and written to `variables`, what `print` says goes to `output`.
    ///
    /// @throws SnippetException if an assertion fails or something cannot be computed
    public void run(Map<String, @Nullable Object> variables, StringBuilder output) {
        Scope scope = new Scope(variables, output);
        try {
            for (Statement each : statements) {
                each.run(scope);
            }
        } catch (StackOverflowError e) {
            throw new SnippetException(1, "the snippet is nested too deeply");
        }
    }

    record Scope(Map<String, @Nullable Object> variables, StringBuilder output) {}

    @FunctionalInterface
    interface Statement {
        void run(Scope scope);
    }

    @FunctionalInterface
    interface Expression {
        @Nullable Object value(Scope scope);
    }
}
