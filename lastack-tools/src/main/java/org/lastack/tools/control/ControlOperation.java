package org.lastack.tools.control;

import java.io.IOException;
import java.util.Map;

/// Something that a running host does on request. Registered under a name with [ControlServer#operation]; runs on a virtual thread of the
/// connection, which serves nothing else meanwhile.
@FunctionalInterface
public interface ControlOperation {
    /// Answers with [ControlSession#answer] one or more times.
    ///
    /// @throws IllegalArgumentException if the request is wrong; its message is shown to the user
    /// @throws org.lastack.tools.CommandFailure if it cannot be done; shown to the user with its exit code
    /// @throws IOException if the client went away
    void handle(Map<String, Object> request, ControlSession session) throws IOException;
}
