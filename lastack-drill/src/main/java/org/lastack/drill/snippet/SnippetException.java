package org.lastack.drill.snippet;

/// A snippet that failed, or that the evaluator does not understand.
public final class SnippetException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final int line;
    private final boolean assertion;

    SnippetException(int line, String message, boolean assertion) {
        super(message);
        this.line = line;
        this.assertion = assertion;
    }

    SnippetException(int line, String message) {
        this(line, message, false);
    }

    /// Line of the script.
    public int line() {
        return line;
    }

    /// True if an `assert` was false, false if the snippet could not be understood or computed.
    public boolean assertion() {
        return assertion;
    }
}
