package org.lastack.tools.services;

import java.io.IOException;
import org.lastack.core.Errno;

/// A socket call failed, with the errno of Linux.
public final class SocketFailure extends IOException {
    private static final long serialVersionUID = 1;
    private final int errno;

    /// @param call what failed, as `bind`
    /// @param errno positive
    public SocketFailure(String call, int errno) {
        super(call + ": " + Errno.text(errno));
        this.errno = errno;
    }

    /// Positive errno.
    public int errno() {
        return errno;
    }
}
