package org.lastack.tools;

/// Exit codes of the command: small ones as everybody uses them, the rest from sysexits.h.
public final class ExitCode {
    /// Done.
    public static final int OK = 0;
    /// What was asked for was tried and failed, or a check did not hold.
    public static final int FAILED = 1;
    /// The command line is wrong.
    public static final int USAGE = 2;
    /// EX_UNAVAILABLE: something needed is not there: no running host, a program that is not installed.
    public static final int UNAVAILABLE = 69;
    /// EX_SOFTWARE: a fault of ours.
    public static final int SOFTWARE = 70;
    /// EX_CANTCREAT: a file, device or namespace cannot be made.
    public static final int CANNOT_CREATE = 73;
    /// EX_NOPERM: not allowed.
    public static final int NO_PERMISSION = 77;

    private ExitCode() {}
}
