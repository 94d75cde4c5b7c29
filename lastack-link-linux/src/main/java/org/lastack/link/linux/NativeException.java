package org.lastack.link.linux;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/// A system call failed. The message says what was tried, which error came back, and what can be done about it.
public final class NativeException extends IOException {
    private static final long serialVersionUID = 1;

    private final int errno;
    private final @Nullable String remedy;

    /// @param what what was tried, as the user would say it: "cannot open /dev/net/tun"
    /// @param errno the error number, positive
    /// @param remedy what to do about it, or null if there is no good advice
    public NativeException(String what, int errno, @Nullable String remedy) {
        super(what + ": " + NativeErrno.describe(errno) + (remedy == null ? "" : ". " + remedy));
        this.errno = errno;
        this.remedy = remedy;
    }

    /// The Linux error number.
    public int errno() {
        return errno;
    }

    /// Its name, `EPERM`.
    public String errnoName() {
        return NativeErrno.name(errno);
    }

    /// What to do about it, if something is known to help.
    public @Nullable String remedy() {
        return remedy;
    }
}
