package org.lastack.bench;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// `start`: how long the command takes to start, and what each flag of the JVM brings.
final class Start implements Benchmark {
    private static final String MAIN = "org.lastack.tools/org.lastack.tools.Main";
    private static final long PATIENCE_S = 60;

    /// A way to start the JVM.
    ///
    /// @param cached with the AOT cache
    /// @param flags added behind those of the command
    private record Variant(String label, boolean cached, List<String> flags) {}

    private static final List<Variant> VARIANTS = List.of(
            new Variant("the JVM alone, as shipped: Serial for --version, Parallel for up", true, List.of()),
            new Variant("without AOT cache", false, List.of()),
            new Variant("without AOT cache and class data sharing", false, List.of("-Xshare:off")),
            new Variant("Serial for both", true, List.of("-XX:-UseParallelGC", "-XX:+UseSerialGC")),
            new Variant("Parallel for both", true, List.of("-XX:-UseSerialGC", "-XX:+UseParallelGC")),
            new Variant("G1 for both", true, List.of("-XX:-UseSerialGC", "-XX:-UseParallelGC", "-XX:+UseG1GC")),
            new Variant("object headers of 12 octets", true, List.of("-XX:-UseCompactObjectHeaders")),
            new Variant("first compiler only", true, List.of("-XX:TieredStopAtLevel=1")),
            new Variant("transparent huge pages", true, List.of("-XX:+UseTransparentHugePages")));

    /// Where the running command was installed.
    private record Installed(String launcher, Path modules, @Nullable Path cache) {}

    @Override
    public String name() {
        return "start";
    }

    @Override
    public String purpose() {
        return "time to start: lastack --version, lastack up until ready, and what each JVM flag brings";
    }

    @Override
    public boolean needsRoot() {
        return true;
    }

    @Override
    public Report run(Settings settings) throws IOException, InterruptedException {
        Installed installed = installed();
        Report report = new Report(name(), "Time from the start of the process to its end (--version) or to its line that it is ready (up); inproc in that JVM without checksums",
                "--version, ms", "up ready, ms", "inproc, M segments/s");
        String launcher = installed.launcher;
        report.row("./lastack", version(settings, List.of(launcher)), ready(settings, List.of(launcher)), Double.NaN);
        report.progress();
        for (Variant each : VARIANTS) {
            report.row(each.label, version(settings, java(installed, each, true)), ready(settings, java(installed, each, false)), segments(settings, java(installed, each, false)));
            report.progress();
        }
        return report.note("--version adds -XX:TieredStopAtLevel=1 to what is shown, as ./lastack does for words that print something and end.");
    }

    private static Installed installed() throws IOException {
        String launcher = System.getProperty("lastack.command");
        String modules = System.getProperty("jdk.module.path");
        if (launcher == null || modules == null || modules.contains(":")) {
            throw new IOException("start measures the installed command: run ./lastack bench start");
        }
        Path lib = Path.of(modules);
        try (Stream<Path> files = Files.list(lib.resolveSibling("."))) {
            Path cache = files.filter(each -> each.toString().endsWith(".aot")).max(Comparator.naturalOrder()).orElse(null);
            return new Installed(launcher, lib, cache == null ? null : cache.normalize());
        }
    }

    private static List<String> java(Installed installed, Variant variant, boolean brief) {
        Path directory = installed.modules.resolveSibling(".").normalize();
        List<String> command = new ArrayList<>(List.of(System.getProperty("java.home") + "/bin/java", "@" + directory.resolve("jvm.options")));
        command.add("@" + directory.resolve(brief ? "jvm-short.options" : "jvm-long.options"));
        if (variant.cached && installed.cache != null) {
            command.add("-XX:AOTCache=" + installed.cache);
        }
        command.addAll(variant.flags);
        command.addAll(List.of("-p", installed.modules.toString(), "-m", MAIN));
        return command;
    }

    private static double version(Settings settings, List<String> command) throws IOException, InterruptedException {
        double[] times = new double[2 * settings.runs() + 1];
        for (int i = 0; i < times.length; i++) {
            long began = System.nanoTime();
            Process process = start(command, "--version");
            process.getInputStream().readAllBytes();
            if (process.waitFor() != 0) {
                throw new IOException(String.join(" ", command) + " --version failed");
            }
            times[i] = (System.nanoTime() - began) / 1e6;
        }
        return Report.median(times);
    }

    private static double ready(Settings settings, List<String> command) throws IOException, InterruptedException {
        double[] times = new double[settings.runs()];
        for (int i = 0; i < times.length; i++) {
            String name = "lsstart" + ProcessHandle.current().pid() + "-" + i;
            long began = System.nanoTime();
            Process process = start(command, "up", "--name", name, "--netns", name, "--json");
            try (BufferedReader output = process.inputReader(StandardCharsets.UTF_8)) {
                String line = output.readLine();
                if (line == null || !line.contains("ready")) {
                    throw new IOException("lastack up said: " + line);
                }
                times[i] = (System.nanoTime() - began) / 1e6;
            } finally {
                process.destroy();
                if (!process.waitFor(PATIENCE_S, TimeUnit.SECONDS)) {
                    process.destroyForcibly();
                }
            }
        }
        return Report.median(times);
    }

    private static double segments(Settings settings, List<String> command) throws IOException {
        Process process = start(command, "bench", "inproc", "--json", "--seconds", "0.2", "--runs", String.valueOf(settings.runs()));
        String line = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        Map<String, Object> facts = JSON.std.mapFrom(line);
        return Report.of(facts).value("checksums left out, as on a loopback", "M segments/s");
    }

    private static Process start(List<String> command, String... words) throws IOException {
        List<String> all = new ArrayList<>(command);
        all.addAll(List.of(words));
        return new ProcessBuilder(all).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    }
}
