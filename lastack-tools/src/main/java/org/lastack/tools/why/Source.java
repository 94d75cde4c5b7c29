package org.lastack.tools.why;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.lastack.tools.HostSelection;
import org.lastack.tools.control.ControlClient;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Whom a question is put to: a running host, or the kernel of this machine.
final class Source {
    @Mixin
    private HostSelection host = new HostSelection();

    @Option(names = "--kernel", description = "Ask the kernel of this machine (sock_diag, /proc) instead of a running Lastack host.")
    private boolean kernel;

    boolean kernel() {
        return kernel;
    }

    ControlClient connect() {
        return host.connect();
    }

    /// Rows, settings and what else reports need.
    Answers.Snapshot snapshot() throws IOException {
        if (kernel) {
            return KernelSnapshot.take();
        }
        try (ControlClient client = host.connect()) {
            return Answers.snapshot(client);
        }
    }

    /// Counters by their names in nstat.
    Map<String, Long> counters() throws IOException {
        if (kernel) {
            return KernelSnapshot.counters();
        }
        try (ControlClient client = host.connect()) {
            return Answers.counters(client);
        }
    }

    /// What the listeners have counted; nothing about a kernel, which counts for all of them together.
    List<Map<String, Object>> listeners() {
        if (kernel) {
            return List.of();
        }
        try (ControlClient client = host.connect()) {
            return org.lastack.tools.Json.objects(client.request(Map.of("op", "listener-counts")), "listeners");
        }
    }
}
