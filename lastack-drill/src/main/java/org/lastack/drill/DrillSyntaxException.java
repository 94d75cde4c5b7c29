package org.lastack.drill;

/// A script that cannot be read: what is wrong and where. The only exception that the parser throws, whatever the input.
public final class DrillSyntaxException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final int line;
    private final int column;

    /// @param line and @param column count from 1
    public DrillSyntaxException(int line, int column, String message) {
        super(line + ":" + column + ": " + message);
        this.line = line;
        this.column = column;
    }

    public int line() {
        return line;
    }

    public int column() {
        return column;
    }
}
