package org.lastack.tools;

import org.jspecify.annotations.Nullable;
import org.lastack.tools.control.ControlClient;
import picocli.CommandLine.Option;

/// `--host NAME`, for every command that speaks to a running host.
public final class HostSelection {
    @Option(names = "--host", paramLabel = "NAME", description = "Which running host; needed only if there are several.")
    private @Nullable String host;

    /// For picocli.
    public HostSelection() {}

    /// The name that was given, or null.
    public @Nullable String name() {
        return host;
    }

    /// Connects to the host that is meant.
    ///
    /// @throws CommandFailure if there is none, the choice is not clear, or it does not answer
    public ControlClient connect() {
        return ControlClient.connect(host);
    }
}
