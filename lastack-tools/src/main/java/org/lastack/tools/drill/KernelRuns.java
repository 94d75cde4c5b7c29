package org.lastack.tools.drill;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.lastack.drill.DrillOptions;
import org.lastack.drill.DrillResult;
import org.lastack.drill.DrillRunner;

/// Runs scripts against the kernel of this machine, and compares what it does with what this stack does.
final class KernelRuns {
    /// Scripts wait in real time there: longer ones are skipped.
    private static final long LONGEST_US = 30_000_000;
    /// Moments and measured times may differ by so much, or by an eighth.
    private static final long TOLERANCE_US = 9_000;
    private static final Pattern LINE = Pattern.compile("(\\d+\\.\\d{6}) (.*)");
    private static final Pattern NUMBER = Pattern.compile("-?\\d+");
    /// Numbers behind these words are measured, so they differ from run to run.
    private static final Pattern MEASURED =
            Pattern.compile("((?:val|ecr) |(?:rto|ato|rtt|rttvar|min_rtt|rcv_rtt|last_\\w+|busy_time|rwnd_limited|sndbuf_limited|total_rto_time|\\w*pacing_rate|delivery_rate)=)$");
    private static final int LONGEST_WORD = 24;

    private KernelRuns() {}

    /// As [DrillRunner#run], on the kernel.
    static DrillResult run(Path file, DrillOptions options) throws IOException {
        DrillResult ours = DrillRunner.run(file, options.withPcap(null));
        return ours.virtualUs() > LONGEST_US ? tooLong(ours) : onKernel(file, options);
    }

    private static DrillResult tooLong(DrillResult ours) {
        return new DrillResult(ours.name(), ours.mode(), DrillResult.Outcome.SKIPPED, 0, "takes " + ours.virtualUs() / 1_000_000 + " s of real time", "", "", List.of(), "", 0);
    }

    /// Observes the script on both stacks; passed if they did the same. The trace has both, line by line.
    static DrillResult compare(Path file, DrillOptions options) throws IOException {
        DrillOptions observing = options.observing();
        DrillResult ours = DrillRunner.run(file, observing.withPcap(null));
        if (ours.outcome() != DrillResult.Outcome.PASSED) {
            return ours;
        }
        if (ours.virtualUs() > LONGEST_US) {
            return tooLong(ours);
        }
        DrillResult kernel = onKernel(file, observing);
        if (kernel.outcome() != DrillResult.Outcome.PASSED) {
            return kernel;
        }
        List<String> sides = TraceDifference.sideBySide(ours.trace(), kernel.trace(), KernelRuns::same);
        boolean equal = sides.stream().noneMatch(each -> each.startsWith("-") || each.startsWith("+"));
        return new DrillResult(ours.name(), ours.mode(), equal ? DrillResult.Outcome.PASSED : DrillResult.Outcome.FAILED, 0,
                equal ? "" : "this stack (-) and the kernel (+) differ", "", "", sides, "", ours.virtualUs());
    }

    private static DrillResult onKernel(Path file, DrillOptions options) throws IOException {
        String source = Files.readString(file, StandardCharsets.ISO_8859_1);
        FutureTask<DrillResult> task = new FutureTask<>(() -> DrillRunner.run(file.toString(), source, options, KernelStack::new));
        // The thread is moved into a namespace of its own and must not be used for anything else after that.
        Thread.ofPlatform().name("kernel-drill").start(task);
        try {
            return task.get();
        } catch (InterruptedException e) {
            throw new IOException("interrupted", e);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof IOException cause ? cause : new IOException("the run on the kernel failed: " + e.getCause(), e.getCause());
        }
    }

    /// True if two lines of traces say the same, as far as two runs in time can.
    static boolean same(String ours, String theirs) {
        Matcher a = LINE.matcher(ours);
        Matcher b = LINE.matcher(theirs);
        if (!a.matches() || !b.matches()) {
            return ours.equals(theirs);
        }
        return close(Math.round(Double.parseDouble(a.group(1)) * 1e6), Math.round(Double.parseDouble(b.group(1)) * 1e6), TOLERANCE_US, 64) && sameText(a.group(2), b.group(2));
    }

    private static boolean sameText(String ours, String theirs) {
        Matcher a = NUMBER.matcher(ours);
        Matcher b = NUMBER.matcher(theirs);
        int endA = 0;
        int endB = 0;
        while (a.find()) {
            if (!b.find() || !ours.substring(endA, a.start()).equals(theirs.substring(endB, b.start()))) {
                return false;
            }
            endA = a.end();
            endB = b.end();
            if (!a.group().equals(b.group()) && !measured(ours, a.start(), a.group(), b.group())) {
                return false;
            }
        }
        return !b.find() && ours.substring(endA).equals(theirs.substring(endB));
    }

    private static boolean measured(String text, int at, String ours, String theirs) {
        Matcher word = MEASURED.matcher(text.substring(Math.max(0, at - LONGEST_WORD), at));
        return word.find() && ours.length() < 18 && theirs.length() < 18 && close(Long.parseLong(ours), Long.parseLong(theirs),
                word.group().endsWith(" ") || word.group().startsWith("last") ? TOLERANCE_US / 1000 : TOLERANCE_US, 8);
    }

    private static boolean close(long a, long b, long absolute, long part) {
        return Math.abs(a - b) <= Math.max(absolute, Math.max(Math.abs(a), Math.abs(b)) / part);
    }
}
