package org.lastack.tools.validate;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `lastack validate`: reproduces published curves and numbers in the simulator, and says whether they came out.
@Command(
        name = "validate",
        mixinStandardHelpOptions = true,
        description = {
            "Reproduces published results about TCP in the simulator and prints them beside ours.",
            "",
            "V1  loss response of Reno, CUBIC, BBR    V7  TIME-WAIT and the ephemeral ports",
            "V2  average window of RFC 9438's tables  V8  the hazards of RFC 1337",
            "V3  fairness at one bottleneck           V9  constants of Linux and their times",
            "V4  bufferbloat: FIFO, CoDel, FQ-CoDel   V10 slow start",
            "V5  SYN into a black hole                N1  three-second flows over a bad network",
            "V6  who may share a local port",
            "",
            "All of them take minutes; what runs is shown on standard error."
        },
        footer = {
            "",
            "Exit code: 0 all checks hold, 1 one does not.",
            "",
            "Examples:  lastack validate V1 V2",
            "           lastack validate --write docs      regenerates docs/validation.md and its charts"
        })
public final class ValidateCommand implements Callable<Integer> {
    private static final List<Experiment> EXPERIMENTS = List.of(new LossResponse(), new AverageWindow(), new Fairness(), new Bufferbloat(), new BlackHole(),
            new PortSharing(), new TimeWaitLimit(), new TimeWaitHazards(), new Constants(), new SlowStart(), new BadNetwork());

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Parameters(paramLabel = "ID", description = "Which results; all if none is named.")
    private List<String> ids = new ArrayList<>();

    @Option(names = "--write", paramLabel = "DIR", description = "Write DIR/validation.md and its charts.")
    private @Nullable Path directory;

    @Option(names = "--scale", paramLabel = "X", defaultValue = "1", description = "Stretch or shorten the runs; checks are meant for 1 (the default).")
    private double scale = 1;

    @Option(names = "--seed", paramLabel = "N", defaultValue = "1", description = "First seed. Equal seeds give equal figures. Default: 1.")
    private long seed = 1;

    /// For picocli.
    public ValidateCommand() {}

    @Override
    public Integer call() throws IOException {
        if (!(scale > 0 && scale <= 1000)) {
            throw new ParameterException(spec.commandLine(), "--scale " + scale + " is outside 0..1000");
        }
        PrintWriter out = spec.commandLine().getOut();
        List<Report> reports = new ArrayList<>();
        try (Progress progress = new Progress(spec.commandLine().getErr(), System.console() != null && System.console().isTerminal())) {
            for (Experiment each : chosen()) {
                progress.begin(each.id() + "  " + each.title(), each.runs());
                Report report = each.run(scale, seed, progress);
                progress.end();
                report.print(out);
                reports.add(report);
            }
        }
        Path target = directory;
        if (target != null) {
            write(target, reports);
        }
        long failed = reports.stream().filter(each -> !each.holds()).count();
        out.println(reports.size() - failed + " hold, " + failed + " fail");
        out.flush();
        return failed == 0 ? 0 : 1;
    }

    private List<Experiment> chosen() {
        if (ids.isEmpty()) {
            return EXPERIMENTS;
        }
        List<Experiment> chosen = new ArrayList<>();
        for (String id : ids) {
            chosen.add(EXPERIMENTS.stream()
                    .filter(each -> each.id().equals(id.toUpperCase(Locale.ROOT)))
                    .findFirst()
                    .orElseThrow(() -> new ParameterException(spec.commandLine(), "there is no result " + id + "; there are "
                            + EXPERIMENTS.stream().map(Experiment::id).collect(Collectors.joining(", ")))));
        }
        return chosen;
    }

    private void write(Path target, List<Report> reports) throws IOException {
        Files.createDirectories(target);
        StringBuilder text = new StringBuilder("""
                # Validation

                Published curves and numbers about TCP, and what Lastack's engine does in Lastack's simulator. Written by
                `lastack validate --write docs`; equal seeds give equal figures on every machine. What others measured was measured in 2026.

                """);
        for (Report each : reports) {
            text.append(each.markdown());
            for (Chart chart : each.charts()) {
                Files.writeString(target.resolve(chart.fileName()), chart.svg());
            }
        }
        Files.writeString(target.resolve("validation.md"), text.toString().stripTrailing() + "\n");
    }
}
