package org.lastack.interop;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// What scenarios print for [Namespace], and how they run programs.
final class Checks {
    private static final int PROGRAM_SECONDS = 30;

    private Checks() {}

    @FunctionalInterface
    interface Check {
        void run() throws Exception;
    }

    /// Runs one check and prints its outcome on one line; a program in `needs` that is missing skips it.
    static void check(String name, List<String> needs, Check check) {
        for (String program : needs) {
            if (!installed(program)) {
                System.out.println("SKIP " + name + ": " + program + " is not installed (scripts/install-test-tools)");
                return;
            }
        }
        try {
            check.run();
            System.out.println("PASS " + name);
        } catch (Exception | AssertionError e) {
            System.out.println("FAIL " + name + ": " + String.valueOf(e).replaceAll("\\s*\\R\\s*", " | "));
        }
    }

    private static boolean installed(String program) {
        return Arrays.stream(System.getenv().getOrDefault("PATH", "/usr/bin:/bin:/usr/sbin:/sbin").split(":"))
                .anyMatch(directory -> Files.isExecutable(Path.of(directory, program)));
    }

    static void that(boolean condition, String otherwise) {
        if (!condition) {
            throw new AssertionError(otherwise);
        }
    }

    /// What a program printed, both outputs together, and its exit code.
    record Outcome(int exitCode, String output) {
        String orFail() {
            that(exitCode == 0, "exit code " + exitCode + ": " + output);
            return output;
        }
    }

    /// Runs a program to its end; kills it after half a minute.
    static Outcome run(String input, String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        try {
            process.getOutputStream().write(input.getBytes(StandardCharsets.UTF_8));
            process.getOutputStream().close();
            Thread watch = Thread.ofVirtual().start(() -> {
                try {
                    if (!process.waitFor(PROGRAM_SECONDS, TimeUnit.SECONDS)) {
                        process.destroyForcibly();
                    }
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
            String output;
            try (InputStream in = process.getInputStream()) {
                output = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            }
            int code = process.waitFor();
            watch.join();
            return new Outcome(code, output);
        } finally {
            process.destroyForcibly();
        }
    }

    /// Our command as its users start it, in a JVM of its own.
    static ProcessBuilder lastack(Path runDirectory, String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Xshare:auto",
                "-cp",
                System.getProperty("java.class.path"),
                "org.lastack.tools.Main"));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("LASTACK_RUN_DIR", runDirectory.toString());
        return builder;
    }

    /// Runs our command to its end.
    static Outcome lastackRun(Path runDirectory, String... arguments) throws IOException, InterruptedException {
        Process process = lastack(runDirectory, arguments).start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Outcome(process.waitFor(), output);
    }
}
