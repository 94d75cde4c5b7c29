package org.lastack.drill;

import java.util.List;

/// What became of a script.
///
/// @param name the script's name, usually its path
/// @param line line of the script where it failed, 0 if none is to blame
/// @param message in one line: why it failed or was skipped; "" if it passed
/// @param expected the event as the script has it, "" if there is none
/// @param actual what happened instead, "" if nothing did
/// @param trace the run so far, one line per event and packet, in script notation
/// @param output what snippets printed
/// @param virtualUs script time at the end in microseconds
public record DrillResult(String name, IpMode mode, Outcome outcome, int line, String message, String expected, String actual, List<String> trace, String output,
        long virtualUs) {
    public enum Outcome {
        PASSED,
        FAILED,
        /// The script wants something that this interpreter or this stack does not do, or another IP mode.
        SKIPPED
    }

    public DrillResult {
        trace = List.copyOf(trace);
    }

    public boolean passed() {
        return outcome == Outcome.PASSED;
    }

    /// `name:12: expected ..., came ...` with the trace below it.
    public String report() {
        StringBuilder out = new StringBuilder();
        out.append(name).append(line > 0 ? ":" + line : "").append(": ").append(message).append('\n');
        if (!expected.isEmpty()) {
            out.append("  expected: ").append(expected).append('\n');
        }
        if (!actual.isEmpty()) {
            out.append("  came:     ").append(actual).append('\n');
        }
        if (!trace.isEmpty()) {
            out.append("  trace so far:\n");
            for (String each : trace) {
                out.append("    ").append(each).append('\n');
            }
        }
        return out.toString();
    }
}
