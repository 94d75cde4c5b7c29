package org.lastack.tools.services;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// CPU time that this process has used, as Linux accounts it (proc(5), `/proc/self/stat`).
///
/// @param userSeconds 0 where the system does not tell
/// @param systemSeconds 0 where the system does not tell
record CpuTime(double userSeconds, double systemSeconds) {
    /// `sysconf(_SC_CLK_TCK)` on every Linux that Java runs on.
    private static final double TICKS_PER_SECOND = 100;

    static CpuTime now() {
        try {
            String stat = Files.readString(Path.of("/proc/self/stat"));
            // The command name is in parentheses and may hold spaces; utime and stime are the 12th and 13th fields after it.
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
            return new CpuTime(Long.parseLong(fields[11]) / TICKS_PER_SECOND, Long.parseLong(fields[12]) / TICKS_PER_SECOND);
        } catch (IOException | RuntimeException e) {
            return new CpuTime(0, 0);
        }
    }
}
