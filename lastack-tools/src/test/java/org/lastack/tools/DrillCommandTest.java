package org.lastack.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lastack.link.linux.Namespaces;

/// `lastack drill` as a user sees it: lines and exit codes.
class DrillCommandTest {
    @TempDir
    Path directory;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @BeforeEach
    void scripts() throws IOException {
        Files.writeString(directory.resolve("a-good.pkt"), "0 socket(..., SOCK_DGRAM, IPPROTO_UDP) = 3\n+.5 sendto(3, ..., 10, 0, ..., ...) = 10\n+0 > udp (10)\n");
        Files.writeString(directory.resolve("c-skipped.pkt"), "0 open(\"/dev/null\", O_RDONLY) = 3\n");
        Files.writeString(directory.resolve("not-a-script.txt"), "nothing");
    }

    private int run(String... arguments) {
        return Main.run(new PrintWriter(out, true), new PrintWriter(err, true), arguments);
    }

    @Test
    void oneLinePerScriptAndTheSums() {
        assertThat(run("drill", directory.toString())).isZero();
        assertThat(out.toString().lines()).hasSize(3);
        assertThat(out.toString()).containsPattern("ok +.*a-good\\.pkt  \\(0\\.500 s of virtual time\\)").containsPattern("skipped .*c-skipped\\.pkt  the call open\\(\\)")
                .endsWith("1 passed, 0 failed, 1 skipped\n");
    }

    @Test
    void aFailureShowsLineExpectationAndTraceAndTheCodeIs1() throws IOException {
        Files.writeString(directory.resolve("b-bad.pkt"), "0 socket(..., SOCK_DGRAM, IPPROTO_UDP) = 3\n+0 sendto(3, ..., 10, 0, ..., ...) = 10\n+0 > udp (11)\n");
        assertThat(run("drill", directory.toString())).isEqualTo(1);
        assertThat(out.toString()).containsPattern("FAILED  .*b-bad\\.pkt\n").contains("b-bad.pkt:3: payload: expected 11 octets, came 10").contains("expected: +0 > udp (11)")
                .contains("came:     > udp (10)").contains("trace so far:").endsWith("1 passed, 1 failed, 1 skipped\n");
    }

    @Test
    void allModesAndTheCaptures() {
        Path captures = directory.resolve("captures");
        assertThat(run("drill", "--ip-version=all", "--pcap", captures.toString(), directory.resolve("a-good.pkt").toString())).isZero();
        assertThat(out.toString()).contains("[ipv4]", "[ipv6]", "[ipv4-mapped-ipv6]").endsWith("3 passed, 0 failed, 0 skipped\n");
        assertThat(captures).isDirectoryContaining(file -> file.toString().endsWith(".ipv6.pcapng"));
    }

    @Test
    void definitionsTracesAndJson() throws IOException {
        Path script = directory.resolve("defined.pkt");
        Files.writeString(script, "0 close(3) = -1 ERROR\n");
        assertThat(run("drill", "-v", "-D", "ERROR=EBADF", script.toString())).isZero();
        assertThat(out.toString()).contains("0.000000 close(3) = -1 EBADF");
        assertThat(run("drill", "--json", "-D", "ERROR=EINVAL", script.toString())).isEqualTo(1);
        assertThat(out.toString()).contains("\"outcome\":\"failed\"").contains("\"line\":1").endsWith("{\"passed\":0,\"failed\":1,\"skipped\":0}\n");
    }

    @Test
    void aWrongCommandLineIsCode2() {
        assertThat(run("drill")).isEqualTo(2);
        assertThat(run("drill", directory.resolve("nowhere").toString())).isEqualTo(2);
        assertThat(run("drill", "--ip-version=ipv5", directory.toString())).isEqualTo(2);
        assertThat(run("serve-stack")).isEqualTo(2);
        assertThat(err.toString().lines()).allMatch(line -> line.startsWith("lastack: "));
    }

    /// Real sockets in a namespace of their own; only where a test may make one.
    @Test
    void theKernelJudgesAndIsCompared() throws IOException {
        assumeTrue(Namespaces.isRoot() && Namespaces.whyNoNamespace() == null && Namespaces.whyNoTun() == null, "needs root and a TUN device");
        Path script = directory.resolve("udp.pkt");
        Files.writeString(script, "--tolerance_usecs=400000\n0 socket(..., SOCK_DGRAM, IPPROTO_UDP) = 3\n+0 bind(3, ..., ...) = 0\n+0 < udp (10)\n"
                + "+.1 recv(3, ..., 100, 0) = 10\n+0 sendto(3, ..., 10, 0, ..., ...) = 10\n+0 > udp (10)\n");
        assertThat(run("drill", "--kernel", script.toString())).as(out.toString()).isZero();
        Files.writeString(script, Files.readString(script).replace("> udp (10)", "> udp (11)"));
        assertThat(run("drill", "--kernel", script.toString())).isEqualTo(1);
        assertThat(out.toString()).contains("payload: expected 11 octets, came 10");
        Files.writeString(script, "0 socket(AF_UNIX, SOCK_DGRAM, 0) = 3\n");
        assertThat(run("drill", "--compare-kernel", script.toString())).isEqualTo(1);
        assertThat(out.toString()).containsPattern("- 0\\.000000 socket\\(.* = -1 EAFNOSUPPORT").containsPattern("\\+ 0\\.00\\d+ socket\\(.* = 3");
    }
}
