package org.lastack.tools.drill;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.lastack.drill.DrillOptions;
import org.lastack.drill.DrillResult;
import org.lastack.drill.DrillRunner;
import org.lastack.drill.IpMode;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `lastack drill FILE|DIR ...`: runs packet scripts and says which the stack follows.
@Command(
        name = "drill",
        mixinStandardHelpOptions = true,
        description = "Run packet scripts in the packetdrill language against a fresh host, in virtual time.",
        footer = {"", "Exit codes: 0 all passed or skipped; 1 a script failed; 2 wrong command line.", "", "Example:  lastack drill --ip-version=all tests/drill"})
public final class DrillCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(names = {"--ip-version", "--ip_version"}, paramLabel = "MODE",
            description = "ipv4, ipv6, ipv4-mapped-ipv6, or all three in turn. Default: what the script says, else ipv4.")
    private @Nullable String ipVersion;

    @Option(names = {"-D", "--define"}, paramLabel = "NAME=VALUE", description = "Replace a word in the scripts.")
    private Map<String, String> defines = new LinkedHashMap<>();

    @Option(names = "--set", paramLabel = "OPTION=VALUE", description = "An option as in a script, such as tolerance_usecs=1000; wins over the script's own.")
    private Map<String, String> overrides = new LinkedHashMap<>();

    @Option(names = "--pcap", paramLabel = "DIR", description = "Write the packets of each run to a file in DIR, in pcapng format.")
    private @Nullable Path pcap;

    @Option(names = "--verify-echo", description = "Compare the echoed timestamps of outbound packets too.")
    private boolean verifyEcho;

    @Option(names = "--kernel", description = "Run the scripts against the kernel of this machine instead, in real time, in a network namespace of its own. Root only. "
            + "Scripts that take more than 30 s are skipped.")
    private boolean kernel;

    @Option(names = "--compare-kernel", description = "Play the scripts on both without judging, and show where this stack and the kernel differ: packets, results, "
            + "and TCP_INFO where the script has a %%{ }%%. Root only.")
    private boolean compareKernel;

    @Option(names = {"-v", "--verbose"}, description = "Show the trace of every script.")
    private boolean verbose;

    @Option(names = "--json", description = "One JSON object per script, and one for the sums.")
    private boolean json;

    @Parameters(arity = "1..*", paramLabel = "FILE|DIR", description = "Scripts, or directories with files that end with .pkt.")
    private List<Path> paths = List.of();

    /// For picocli.
    public DrillCommand() {}

    @Override
    public Integer call() throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        List<Path> scripts = scripts();
        if (pcap != null) {
            Files.createDirectories(pcap);
        }
        int[] counts = new int[DrillResult.Outcome.values().length];
        for (Path each : scripts) {
            for (DrillOptions options : runs(each)) {
                DrillResult result = compareKernel ? KernelRuns.compare(each, options) : kernel ? KernelRuns.run(each, options) : DrillRunner.run(each, options);
                counts[result.outcome().ordinal()]++;
                out.print(json ? JsonLines.result(result) + "\n" : text(result));
                out.flush();
            }
        }
        int failed = counts[DrillResult.Outcome.FAILED.ordinal()];
        int passed = counts[DrillResult.Outcome.PASSED.ordinal()];
        int skipped = counts[DrillResult.Outcome.SKIPPED.ordinal()];
        out.println(json ? "{\"passed\":" + passed + ",\"failed\":" + failed + ",\"skipped\":" + skipped + "}"
                : passed + " passed, " + failed + " failed, " + skipped + " skipped");
        out.flush();
        return failed > 0 ? 1 : 0;
    }

    private List<Path> scripts() throws IOException {
        List<Path> scripts = new ArrayList<>();
        for (Path each : paths) {
            if (Files.isDirectory(each)) {
                try (Stream<Path> files = Files.walk(each)) {
                    files.filter(file -> file.toString().endsWith(".pkt") && Files.isRegularFile(file)).sorted().forEach(scripts::add);
                }
            } else if (Files.isReadable(each)) {
                scripts.add(each);
            } else {
                throw new ParameterException(spec.commandLine(), "there is no script " + each);
            }
        }
        if (scripts.isEmpty()) {
            throw new ParameterException(spec.commandLine(), "there is no script (*.pkt) in " + paths);
        }
        return scripts;
    }

    /// The runs of one script: one, or one for each mode that it can run in.
    private List<DrillOptions> runs(Path script) throws IOException {
        DrillOptions options = new DrillOptions(null, defines, overrides, verifyEcho, null, 1, false);
        List<DrillOptions> runs = new ArrayList<>();
        if (ipVersion == null) {
            runs.add(options.withPcap(capture(script, null)));
        } else if (ipVersion.equals("all")) {
            for (IpMode each : DrillRunner.modes(script.toString(), Files.readString(script, StandardCharsets.ISO_8859_1))) {
                runs.add(options.withMode(each).withPcap(capture(script, each)));
            }
        } else {
            IpMode mode = IpMode.byName(ipVersion);
            if (mode == null) {
                throw new ParameterException(spec.commandLine(), "--ip-version is ipv4, ipv6, ipv4-mapped-ipv6 or all, not " + ipVersion);
            }
            runs.add(options.withMode(mode).withPcap(capture(script, mode)));
        }
        return runs;
    }

    private @Nullable Path capture(Path script, @Nullable IpMode mode) {
        if (pcap == null) {
            return null;
        }
        String name = script.toString().replaceAll("^[./]+", "").replace('/', '_').replaceAll("\\.pkt$", "");
        return pcap.resolve(name + (mode == null ? "" : "." + mode.optionValue()) + ".pcapng");
    }

    private String text(DrillResult result) {
        StringBuilder out = new StringBuilder();
        String mode = ipVersion != null && ipVersion.equals("all") ? " [" + result.mode().optionValue() + "]" : "";
        out.append(switch (result.outcome()) {
            case PASSED -> "ok      ";
            case FAILED -> "FAILED  ";
            case SKIPPED -> "skipped ";
        });
        out.append(result.name()).append(mode);
        switch (result.outcome()) {
            case PASSED -> out.append(String.format(Locale.ROOT, "  (%.3f s of virtual time)", result.virtualUs() / 1e6));
            case FAILED -> {
                // The report below says why.
            }
            case SKIPPED -> out.append("  ").append(result.message());
        }
        out.append('\n');
        if (result.outcome() == DrillResult.Outcome.FAILED) {
            result.report().lines().forEach(line -> out.append("  ").append(line).append('\n'));
        } else if (verbose) {
            result.trace().forEach(line -> out.append("    ").append(line).append('\n'));
        }
        if (!result.output().isEmpty()) {
            result.output().lines().forEach(line -> out.append("  | ").append(line).append('\n'));
        }
        return out.toString();
    }
}
