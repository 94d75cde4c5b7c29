package org.lastack.tools.up;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// Runs a program of the system to its end.
final class Tool {
    private static final int TIMEOUT_SECONDS = 20;

    private Tool() {}

    /// A program failed; the message has its own words.
    static final class ToolException extends IOException {
        private static final long serialVersionUID = 1;

        ToolException(String message) {
            super(message);
        }

        ToolException(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /// Runs a program with `input` on its standard input. Blocks until it ends.
    ///
    /// @return what it printed
    static String run(String input, List<String> command) throws ToolException {
        String shown = String.join(" ", command);
        try {
            Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
            try {
                process.getOutputStream().write(input.getBytes(StandardCharsets.UTF_8));
                process.getOutputStream().close();
                // These programs print little, so the pipe cannot fill up while nobody reads.
                if (!process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
                    throw new ToolException("'" + shown + "' did not end within " + TIMEOUT_SECONDS + " s");
                }
                String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
                if (process.exitValue() != 0) {
                    throw new ToolException("'" + shown + "' failed: " + (output.isEmpty() ? "exit code " + process.exitValue() : output.lines().findFirst().orElse("")));
                }
                return output;
            } finally {
                process.destroyForcibly();
            }
        } catch (ToolException e) {
            throw e;
        } catch (IOException e) {
            throw new ToolException("cannot run '" + command.getFirst() + "' (" + e.getMessage() + ")", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ToolException("interrupted while '" + shown + "' ran", e);
        }
    }
}
