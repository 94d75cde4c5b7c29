package org.lastack.tools.up;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lastack.core.Counter;
import org.lastack.host.Host;
import org.lastack.link.Link;
import org.lastack.link.linux.Namespaces;
import org.lastack.tools.control.RunDirectory;

/// A TUN device with several queues, a host behind each, and the services on all of them: the kernel's connections are spread, and each is answered.
class QueuesTest {
    private static final int QUEUES = 4;
    /// So many flows are in one queue by chance once in 4^63 runs.
    private static final int CONNECTIONS = 64;

    private @TempDir Path temporary;

    @Test
    void theKernelsConnectionsAreSpreadAndEachIsServed() throws Exception {
        assumeTrue(Namespaces.isRoot() && Namespaces.whyNoNamespace() == null && Namespaces.whyNoTun() == null, "needs root and a TUN device");
        Files.setPosixFilePermissions(temporary, PosixFilePermissions.fromString("rwx------"));
        RunDirectory directory = RunDirectory.at(temporary);
        String name = "lsqueues" + ProcessHandle.current().pid();
        Plan plan = new Plan(name, Plan.DEFAULT_KERNEL, Plan.DEFAULT_OURS, 1500, true, QUEUES);
        Display display = new Display(new PrintWriter(new StringWriter(), true), false, true, false);
        try (TunEnvironment environment = TunEnvironment.inNamespace(plan, name)) {
            List<RunningHost> others = new ArrayList<>();
            for (Link each : environment.moreLinks()) {
                RunningHost other = new RunningHost(plan.ofQueue(others.size() + 1), each, Host.builder(), directory, display);
                other.start(Map.of("mode", "tun"), false);
                others.add(other);
            }
            try (RunningHost first = new RunningHost(plan, environment.link(), Host.builder(), directory, display, others)) {
                first.start(environment.record());
                assertThat(kernel(name, tcpClient("198.18.0.2"))).isEqualTo("answered " + CONNECTIONS);
                assertThat(kernel(name, tcpClient("fd5a:1a57:ac4::2"))).isEqualTo("answered " + CONNECTIONS);
                assertThat(kernel(name, udpClient())).isEqualTo("answered 16");
                List<RunningHost> all = new ArrayList<>(List.of(first));
                all.addAll(others);
                List<Long> served = all.stream().map(each -> counter(each.host(), Counter.TcpPassiveOpens)).toList();
                assertThat(served.stream().mapToLong(each -> each).sum()).isEqualTo(2 * CONNECTIONS);
                assertThat(served.stream().filter(each -> each > 0).count()).as("queues with connections: %s", served).isGreaterThan(1);
                assertThat(all.stream().mapToLong(each -> counter(each.host(), Counter.TcpOutRsts)).sum()).as("segments that came to the wrong engine").isZero();
            }
        }
        assertThat(temporary).isEmptyDirectory();
    }

    private static long counter(Host host, Counter counter) {
        return host.call(() -> host.engine().counters().get(counter));
    }

    /// All are open at the same time, each sends and gets back what is its own, twice.
    private static String tcpClient(String address) {
        return """
                for i in $(seq %d); do exec {fd}<>/dev/tcp/%s/7 || exit 1; fds[$i]=$fd; done
                n=0
                for turn in 1 2; do for i in ${!fds[@]}; do echo "$turn.$i" >&${fds[$i]}; done
                for i in ${!fds[@]}; do read -r -u ${fds[$i]} line; [ "$line" = "$turn.$i" ] && n=$((n + 1)); done; done
                for i in ${!fds[@]}; do f=${fds[$i]}; exec {f}>&-; done
                echo answered $((n / 2))
                """.formatted(CONNECTIONS, address);
    }

    private static String udpClient() {
        return """
                n=0
                for i in $(seq 16); do exec 9<>/dev/udp/198.18.0.2/7; echo "d$i" >&9; line=$(timeout 20 dd bs=100 count=1 <&9 2>/dev/null); [ "$line" = "d$i" ] && n=$((n + 1)); exec 9>&-; done
                echo answered $n
                """;
    }

    private static String kernel(String namespace, String script) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(Namespaces.inNamed(namespace, List.of("timeout", "60", "bash", "-c", script))).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        process.waitFor();
        return output;
    }
}
