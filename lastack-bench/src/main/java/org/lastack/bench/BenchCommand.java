package org.lastack.bench;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `lastack bench`: measures this stack beside its peers, and never judges.
@Command(
        name = "bench",
        mixinStandardHelpOptions = true,
        description = {
            "Measures this stack, beside peers measured in the same run. Shows medians and ratios; without a name: the list.",
            "Figures of a machine that does other things are noise; ratios are less so."
        },
        footer = {
            "",
            "Examples:  lastack bench inproc",
            "           lastack bench idle-memory --size 1000000 --json",
            "           lastack bench all --write-docs docs"
        })
public final class BenchCommand implements Callable<Integer> {
    private static final List<Benchmark> ALL = List.of(new InProcess(), new Churn.InProcess(), new Scale(), new Memory.Idle(), new Memory.TimeWait(),
            new Memory.HalfOpen(), Network.bulkRx(), Network.bulkTx(), Network.requests(), Network.churn(), Goodput.lossy(),
            Goodput.grid("cubic"), Goodput.grid("reno"), Goodput.grid("bbr"), new Simulator(), new Beside(), new Allocation(), new Start());

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Parameters(paramLabel = "NAME", description = "What to measure, or all.", arity = "0..*")
    private List<String> names = new ArrayList<>();

    @Option(names = "--seconds", paramLabel = "S", defaultValue = "1", description = "Length of one timed run. Default: ${DEFAULT-VALUE}.")
    private double seconds = 1;

    @Option(names = "--runs", paramLabel = "N", defaultValue = "5", description = "Runs per figure; the median is shown. Default: ${DEFAULT-VALUE}.")
    private int runs = 5;

    @Option(names = "--size", paramLabel = "N", defaultValue = "0", description = "Number of connections or entries, for the benchmarks that fill tables.")
    private int size;

    @Option(names = "--only", paramLabel = "TEXT", defaultValue = "", description = "Of the benchmarks through a TUN device, only the cases whose name contains TEXT.")
    private String only = "";

    @Option(
            names = "--peer",
            paramLabel = "[NAME=]CMD",
            description = "Another stack to measure in the same run; the protocol stands in docs/performance.md. May be repeated.")
    private List<String> peers = new ArrayList<>();

    @Option(names = "--json", description = "One JSON object per benchmark and line.")
    private boolean json;

    @Option(names = "--write-docs", paramLabel = "DIR", description = "Write DIR/performance.md and its charts.")
    private @Nullable Path docs;

    @Option(names = "--from", paramLabel = "FILE", description = "For --write-docs: what earlier runs wrote with --json. May be repeated.")
    private List<Path> results = new ArrayList<>();

    @Option(names = "--jmh", paramLabel = "FILE", description = "For --write-docs: what scripts/jmh -rf json -rff FILE wrote.")
    private @Nullable Path pieces;

    /// For picocli.
    public BenchCommand() {}

    /// Blocks until everything is measured.
    @Override
    public Integer call() throws IOException, InterruptedException {
        if (!(seconds > 0 && seconds <= 600) || runs < 1 || runs > 1000 || size < 0 || size > 20_000_000) {
            throw new ParameterException(spec.commandLine(), "--seconds is over 0 and up to 600, --runs 1..1000, --size up to 20000000");
        }
        PrintWriter out = spec.commandLine().getOut();
        if (names.isEmpty() && results.isEmpty()) {
            ALL.forEach(each -> out.printf("%-16s %s%s%n", each.name(), each.purpose(), each.needsRoot() ? " (as root)" : ""));
            out.flush();
            return 0;
        }
        String machine = Machine.description();
        if (!json) {
            out.println(machine);
            out.println();
        }
        List<Peer> others = others();
        List<Report> reports = new ArrayList<>();
        for (Benchmark each : chosen()) {
            Report report = each.run(new Settings(seconds, runs, size, only, others));
            reports.add(report);
            out.println(json ? line(machine, report) : report.text());
            out.flush();
        }
        Path target = docs;
        if (target != null) {
            write(target, machine, reports);
        }
        return 0;
    }

    private List<Peer> others() {
        try {
            return peers.stream().map(Peer::of).toList();
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage());
        }
    }

    private String line(String machine, Report report) throws IOException {
        Map<String, Object> facts = new LinkedHashMap<>(report.facts());
        facts.put("machine", machine);
        facts.put("command", command());
        return JSON.std.asString(facts);
    }

    /// As it was typed.
    private String command() {
        return "lastack " + String.join(" ", spec.root().commandLine().getParseResult().originalArgs());
    }

    static Optional<Benchmark> named(String name) {
        return ALL.stream().filter(each -> each.name().equals(name)).findFirst();
    }

    private List<Benchmark> chosen() {
        if (names.contains("all")) {
            return ALL;
        }
        List<Benchmark> chosen = new ArrayList<>();
        for (String name : names) {
            chosen.add(named(name)
                    .orElseThrow(() -> new ParameterException(spec.commandLine(), "there is no benchmark " + name + "; lastack bench lists them")));
        }
        return chosen;
    }

    private void write(Path directory, String machine, List<Report> reports) throws IOException {
        Files.createDirectories(directory);
        Map<String, StringBuilder> pages = new LinkedHashMap<>();
        List<Benchmark> measured = chosen();
        Docs performance = new Docs();
        for (Path each : results) {
            performance.addAll(each);
        }
        for (int i = 0; i < reports.size(); i++) {
            Report report = reports.get(i);
            if (measured.get(i).document().equals(Docs.PAGE)) {
                performance.add(machine, command(), report);
                continue;
            }
            pages.computeIfAbsent(measured.get(i).document(), page -> new StringBuilder(head(page, machine))).append(report.markdown());
            RatioChart chart = report.chart();
            if (chart != null) {
                Files.writeString(directory.resolve(report.chartFile()), chart.svg());
            }
        }
        Path jmh = pieces;
        if (jmh != null) {
            performance.pieces(jmh);
        }
        if (!performance.isEmpty()) {
            performance.write(directory);
        }
        for (Map.Entry<String, StringBuilder> page : pages.entrySet()) {
            Files.writeString(directory.resolve(page.getKey() + ".md"), page.getValue().toString().stripTrailing() + "\n");
        }
    }

    private String head(String page, String machine) {
        String title = page.substring(0, 1).toUpperCase(Locale.ROOT) + page.substring(1);
        String written = "# " + title + "\n\nWritten by `lastack bench " + String.join(" ", names) + " --write-docs`; do not edit.\n\nMachine: " + machine + ".\n\n";
        return written + (page.equals(Goodput.DOCUMENT) ? Goodput.METHOD : "Each figure is the median of " + runs + " runs of " + seconds
                + " s. Absolute figures depend on what else the machine does; ratios, taken within one run, much less.\n\n");
    }
}
