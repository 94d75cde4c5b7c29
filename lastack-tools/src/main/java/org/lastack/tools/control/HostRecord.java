package org.lastack.tools.control;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.lastack.tools.Json;

/// What is written down about a host that was started: enough to find it, and to clean up after it if it dies.
///
/// @param json `name`, `pid`, `startedMs` (when that process began), `mode` (tun, veth, relay), `netns` (name under /run/netns, or absent),
///     `netnsCreated` (it was made for this host), `namespacePid` (a process inside the namespaces, or absent), `device`, and what `up` printed
public record HostRecord(Map<String, Object> json) {
    /// @throws IllegalArgumentException if it does not say which host it is about
    public HostRecord {
        if (!(json.get("name") instanceof String) || !(json.get("pid") instanceof Number)) {
            throw new IllegalArgumentException("not the record of a host");
        }
    }

    public String name() {
        return Json.text(json, "name", "");
    }

    public long pid() {
        return Json.number(json, "pid", 0);
    }

    /// The namespace under /run/netns, or null.
    public @Nullable String netns() {
        return Json.text(json, "netns");
    }

    /// The namespace was made for the host and goes with it.
    public boolean netnsCreated() {
        return Json.flag(json, "netnsCreated");
    }

    /// A process in the user and network namespace of the host, or 0.
    public long namespacePid() {
        return Json.number(json, "namespacePid", 0);
    }

    /// True while the process that wrote this lives. A process that has got its number since does not count, nor one that has ended and waits for a parent that is in no hurry to
    /// hear of it (process 1 of many containers is not).
    public boolean alive() {
        return ProcessHandle.of(pid()).filter(process -> startedMs(process) == Json.number(json, "startedMs", -1) && !zombie(pid())).isPresent();
    }

    /// proc_pid_stat(5): the letter after the name, which is in parentheses and may contain some.
    private static boolean zombie(long pid) {
        try {
            String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
            return stat.startsWith(" Z", stat.lastIndexOf(')') + 1);
        } catch (IOException e) {
            return false;
        }
    }

    /// When a process began, in milliseconds since 1970, or 0 if unknown.
    public static long startedMs(ProcessHandle process) {
        Optional<Instant> start = process.info().startInstant();
        return start.map(Instant::toEpochMilli).orElse(0L);
    }
}
