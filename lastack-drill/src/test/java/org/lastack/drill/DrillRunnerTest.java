package org.lastack.drill;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lastack.link.PcapngReader;

class DrillRunnerTest {
    private static final String UDP = "0 socket(..., SOCK_DGRAM, IPPROTO_UDP) = 3\n+0 bind(3, ..., ...) = 0\n";

    @TempDir
    Path directory;

    private static DrillResult run(String name, String text, DrillOptions options) throws IOException {
        return DrillRunner.run(name, text, options, DrillRunner.inProcess(options));
    }

    private static DrillResult run(String text) throws IOException {
        return run("x.pkt", text, DrillOptions.DEFAULT);
    }

    @Test
    void aFailureShowsLineExpectationAndTrace() throws IOException {
        DrillResult result = run(UDP + "+0 sendto(3, ..., 10, 0, ..., ...) = 10\n+.1 > udp (11)\n");
        assertThat(result.outcome()).isEqualTo(DrillResult.Outcome.FAILED);
        assertThat(result.line()).isEqualTo(4);
        assertThat(result.expected()).isEqualTo("+.1 > udp (11)");
        assertThat(result.actual()).isEqualTo("> udp (10)");
        assertThat(result.report()).contains("x.pkt:4: payload: expected 11 octets, came 10").contains("trace so far").contains("0.000000 > udp (10)");
    }

    @Test
    void aPacketThatDoesNotCome() throws IOException {
        DrillResult result = run(UDP + "+0 > udp (11)\n");
        assertThat(result.message()).isEqualTo("the expected packet has not come");
    }

    @Test
    void aPacketAtTheWrongTime() throws IOException {
        DrillResult result = run(UDP + "+0 sendto(3, ..., 10, 0, ..., ...) = 10\n+.1 > udp (10)\n");
        assertThat(result.message()).contains("wrong time").contains("0.100000").contains("0.000000");
    }

    @Test
    void aWrongResult() throws IOException {
        DrillResult result = run(UDP + "+0 listen(3, 1) = 0\n");
        assertThat(result.message()).isEqualTo("listen(): result: expected 0, came -1 EOPNOTSUPP");
    }

    @Test
    void aCallThatNeverReturns() throws IOException {
        DrillResult result = run(UDP + "+0...0.5 read(3, ..., 10) = 10\n");
        assertThat(result.message()).contains("has not returned");
        assertThat(result.line()).isEqualTo(3);
        result = run(UDP + "+0 read(3, ..., 10) = 10\n");
        assertThat(result.message()).contains("EDEADLK");
    }

    @Test
    void whatCannotBeHadIsSkipped() throws IOException {
        assertThat(run("0 open(\"/etc/passwd\", O_RDONLY) = 3\n").message()).contains("open()");
        assertThat(run("0 `nstat -n`\n").outcome()).isEqualTo(DrillResult.Outcome.SKIPPED);
        assertThat(run("0 < ipv4 1.2.3.4 > 5.6.7.8: . 1:1(0) ack 1 win 5\n").outcome()).isEqualTo(DrillResult.Outcome.SKIPPED);
        assertThat(run("--wire_client\n0 close(3) = 0\n").outcome()).isEqualTo(DrillResult.Outcome.SKIPPED);
    }

    @Test
    void aScriptAboutSomethingThatTheStackLacksSaysSo() throws IOException {
        String socket = "0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n";
        DrillResult result = run(socket + "+0 setsockopt(3, IPPROTO_TCP, TCP_TX_DELAY, [1000], 4) = 0\n");
        assertThat(result.outcome()).isEqualTo(DrillResult.Outcome.SKIPPED);
        assertThat(result.message()).startsWith("needs TCP_TX_DELAY, which this stack does not have; without it: ");
        assertThat(run(socket + "+0 setsockopt(3, IPPROTO_TCP, TCP_TX_DELAY, [1000], 4) = -1 ENOPROTOOPT\n").passed()).isTrue();
        assertThat(run(socket + "+0 setsockopt(3, IPPROTO_TCP, TCP_TX_DELAY, [1000], 4) = -1\n+0 listen(3, 1) = -1\n").outcome())
                .as("a failure at another place").isEqualTo(DrillResult.Outcome.FAILED);
    }

    @Test
    void whatIsNotKnownFails() throws IOException {
        assertThat(run("0 frobnicate(3) = 0\n").message()).isEqualTo("unknown call frobnicate()");
        assertThat(run("0 listen(3, NO_SUCH_SYMBOL) = 0\n").message()).isEqualTo("unknown symbol NO_SUCH_SYMBOL");
        assertThat(run("0 close(3) = -1 ENOSUCH\n").message()).contains("unknown error name ENOSUCH");
        assertThat(run("0 `sysctl -q net.ipv4.tcp_nonsense=1`\n").message()).isEqualTo("unknown setting net.ipv4.tcp_nonsense");
        assertThat(run("0 %{ import os }%\n").message()).contains("'import' is not known");
        assertThat(run("--mtu=nothing\n0 close(3) = 0\n").message()).contains("--mtu");
        assertThat(run("0 close(3 = 0\n").message()).contains("not a script: 1:11");
    }

    @Test
    void namesAndOptionsChooseTheMode() throws IOException {
        String text = "0 close(3) = -1 EBADF\n";
        assertThat(run("a-v6.pkt", text, DrillOptions.DEFAULT).mode()).isEqualTo(IpMode.IPV6);
        assertThat(run("a-v6.pkt", text, DrillOptions.DEFAULT.withMode(IpMode.IPV4)).outcome()).isEqualTo(DrillResult.Outcome.SKIPPED);
        assertThat(run("a.pkt", "--ip_version=ipv6\n" + text, DrillOptions.DEFAULT).mode()).isEqualTo(IpMode.IPV6);
        assertThat(run("a.pkt", "--ip_version=ipv6\n" + text, DrillOptions.DEFAULT.withMode(IpMode.MAPPED)).mode()).isEqualTo(IpMode.MAPPED);
        assertThat(DrillRunner.modes("a.pkt", text)).hasSize(3);
        assertThat(DrillRunner.modes("a-v4.pkt", text)).containsExactly(IpMode.IPV4, IpMode.MAPPED);
    }

    @Test
    void definitionsAndNonFatalMismatches() throws IOException {
        assertThat(run("x", "0 close(3) = -1 ERROR\n", DrillOptions.DEFAULT.withDefines(Map.of("ERROR", "EBADF"))).passed()).isTrue();
        assertThat(run("--define=ERROR=EBADF\n0 close(3) = -1 ERROR\n").passed()).isTrue();
        DrillResult result = run("--non_fatal=syscall\n0 close(3) = 0\n+0 %{ print('still here') }%\n");
        assertThat(result.passed()).isTrue();
        assertThat(result.output()).contains("close(): result: expected 0, came -1 EBADF").contains("still here");
        assertThat(run("x", "0 close(3) = 0\n", DrillOptions.DEFAULT.withOverrides(Map.of("dry_run", "1"))).passed()).isTrue();
    }

    @Test
    void thePacketsOfARunAreCaptured() throws IOException {
        Path file = directory.resolve("run.pcapng");
        Path script = directory.resolve("udp.pkt");
        Files.writeString(script, UDP + "+0 < udp (5)\n+.1 sendto(3, ..., 10, 0, ..., ...) = 10\n+0 > udp (10)\n");
        assertThat(DrillRunner.run(script, DrillOptions.DEFAULT.withPcap(file)).passed()).isTrue();
        assertThat(PcapngReader.readAll(file)).hasSize(2);
    }
}
