package org.lastack.tools.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lastack.link.PcapngReader;
import org.lastack.tools.CommandFailure;
import org.lastack.tools.ExitCode;
import picocli.CommandLine;

class LabCommandTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int lab(String... args) {
        return new CommandLine(new LabCommand()).setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true))
                .setExecutionExceptionHandler((e, line, parsed) -> {
                    line.getErr().println(e.getMessage());
                    return ((CommandFailure) e).exitCode();
                })
                .execute(args);
    }

    @Test
    void withoutANameOrWithListItLists() {
        assertThat(lab()).isEqualTo(ExitCode.OK);
        String listed = out.toString();
        assertThat(listed.lines()).hasSize(Labs.ALL.size()).anyMatch(line -> line.startsWith("rebind  "));
        out.getBuffer().setLength(0);
        assertThat(lab("list")).isEqualTo(ExitCode.OK);
        assertThat(out.toString()).isEqualTo(listed);
        out.getBuffer().setLength(0);
        assertThat(lab("list", "--zh")).isEqualTo(ExitCode.OK);
        assertThat(out.toString().lines()).hasSize(Labs.ALL.size()).anyMatch(line -> line.contains("没有 SO_REUSEADDR"));
    }

    @Test
    void allAreToldInTheirOrder() {
        assertThat(lab("all")).isEqualTo(ExitCode.OK);
        assertThat(out.toString().lines().filter(line -> line.startsWith("=== ")).map(line -> line.replaceAll("=== ([a-z0-9-]+):.*", "$1")))
                .containsExactlyElementsOf(Labs.ALL.stream().map(Lab::name).toList());
    }

    @Test
    void aMistypedNameIsNamed() {
        assertThat(lab("rebnd")).isEqualTo(ExitCode.USAGE);
        assertThat(err.toString()).contains("there is no lab rebnd", "did you mean rebind?");
        assertThat(lab("flood")).isEqualTo(ExitCode.USAGE);
        assertThat(err.toString()).contains("did you mean syn-flood?");
        err.getBuffer().setLength(0);
        assertThat(lab("xyzzy")).isEqualTo(ExitCode.USAGE);
        assertThat(err.toString()).contains("lastack lab lists them").doesNotContain("did you mean");
        assertThat(out.toString()).isEmpty();
    }

    @Test
    void jsonHasLinesAndFacts() {
        assertThat(lab("dup", "--json")).isEqualTo(ExitCode.OK);
        assertThat(out.toString()).contains("\"name\"", "\"dup\"", "\"lines\"", "\"facts\"", "\"FINs after shutdown\"");
    }

    @Test
    void theCaptureHoldsEachPacket(@TempDir Path directory) throws Exception {
        Path file = directory.resolve("lab.pcapng");
        assertThat(lab("last-ack-lost", "--pcap", file.toString())).isEqualTo(ExitCode.OK);
        int packets = 0;
        try (PcapngReader reader = PcapngReader.open(file)) {
            while (reader.next() != null) {
                packets++;
            }
        }
        assertThat(packets).isEqualTo(Told.of("last-ack-lost").packets().size());
    }

    @Test
    void aCaptureIsOfOneStoryAndNeedsAFileThatCanBeWritten(@TempDir Path directory) throws Exception {
        Path file = directory.resolve("lab.pcapng");
        assertThat(lab("all", "--pcap", file.toString())).isEqualTo(ExitCode.USAGE);
        assertThat(lab("--pcap", file.toString())).isEqualTo(ExitCode.USAGE);
        assertThat(Files.exists(file)).isFalse();
        assertThat(lab("dup", "--pcap", directory.toString())).isEqualTo(ExitCode.CANNOT_CREATE);
    }
}
