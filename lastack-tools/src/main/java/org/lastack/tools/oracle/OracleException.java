package org.lastack.tools.oracle;

/// A table, or the list of differences, cannot be read. The message says where and why in one line.
public final class OracleException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public OracleException(String problem) {
        super(problem);
    }

    public OracleException(String problem, Throwable cause) {
        super(problem, cause);
    }
}
