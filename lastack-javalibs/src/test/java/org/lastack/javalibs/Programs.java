package org.lastack.javalibs;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;

/// Programs on the kernel's side.
final class Programs {
    private Programs() {}

    /// The program's file, on the path or in one of some more directories.
    static Optional<Path> find(String program, Path... more) {
        String path = System.getenv().getOrDefault("PATH", "/usr/bin:/bin:/usr/sbin:/sbin");
        return java.util.stream.Stream.concat(Arrays.stream(more), Arrays.stream(path.split(":")).map(Path::of))
                .map(each -> each.resolve(program)).filter(Files::isExecutable).findFirst();
    }

    static Path need(String program) throws Skipped {
        return find(program).orElseThrow(() -> new Skipped(program + " is not installed (scripts/install-test-tools)"));
    }

    /// Runs it to its end.
    ///
    /// @return what it printed on both outputs
    static String run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        try {
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            int code = process.waitFor();
            Stage.expect(code == 0, String.join(" ", command) + " ends with " + code + ": " + output);
            return output;
        } finally {
            process.destroyForcibly();
        }
    }
}
