package org.lastack.tools;

import org.jspecify.annotations.Nullable;

/// A command cannot do what it was asked for. Shown as one line: what is wrong and what to do about it.
public final class CommandFailure extends RuntimeException {
    private static final long serialVersionUID = 1;
    private final int exitCode;

    /// @param exitCode one of [ExitCode]
    /// @param problem what is wrong, without a full stop
    /// @param remedy what to do about it, or null if there is nothing to say
    public CommandFailure(int exitCode, String problem, @Nullable String remedy) {
        super(remedy == null ? problem : problem + "; " + remedy);
        this.exitCode = exitCode;
    }

    /// As above, with the cause for `--debug`.
    public CommandFailure(int exitCode, String problem, @Nullable String remedy, Throwable cause) {
        this(exitCode, problem, remedy);
        initCause(cause);
    }

    public int exitCode() {
        return exitCode;
    }
}
