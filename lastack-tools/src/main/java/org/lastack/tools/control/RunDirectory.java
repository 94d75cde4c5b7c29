package org.lastack.tools.control;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.lastack.tools.CommandFailure;
import org.lastack.tools.ExitCode;
import org.lastack.tools.Json;

/// Where running hosts are found: `/run/lastack` for root, else `$XDG_RUNTIME_DIR/lastack`, else `/tmp/lastack-UID`; `LASTACK_RUN_DIR`
/// overrides. Holds `NAME.json` and `NAME.sock` of each host. Mode 0700, and never followed if it belongs to somebody else.
public final class RunDirectory {
    private final Path path;

    RunDirectory(Path path) {
        this.path = path;
    }

    /// The directory of this user; it need not exist.
    public static RunDirectory ofUser() {
        String given = System.getenv("LASTACK_RUN_DIR");
        if (given != null && !given.isEmpty()) {
            return new RunDirectory(Path.of(given));
        }
        long uid = uid();
        if (uid == 0 && Files.isDirectory(Path.of("/run"))) {
            return new RunDirectory(Path.of("/run/lastack"));
        }
        String runtime = System.getenv("XDG_RUNTIME_DIR");
        if (runtime != null && !runtime.isEmpty() && Files.isWritable(Path.of(runtime))) {
            return new RunDirectory(Path.of(runtime, "lastack"));
        }
        return new RunDirectory(Path.of("/tmp", "lastack-" + uid));
    }

    /// That directory, whoever runs this.
    public static RunDirectory at(Path path) {
        return new RunDirectory(path);
    }

    /// Numeric user of this process; -1 where the system does not tell.
    public static long uid() {
        try {
            return ((Number) Files.getAttribute(Path.of("/proc/self"), "unix:uid")).longValue();
        } catch (IOException | UnsupportedOperationException | IllegalArgumentException e) {
            return -1;
        }
    }

    public Path path() {
        return path;
    }

    /// Makes the directory if it is missing.
    ///
    /// @throws CommandFailure if it cannot be made or is not ours
    public void create() {
        try {
            if (Files.notExists(path, LinkOption.NOFOLLOW_LINKS)) {
                Files.createDirectory(path, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            }
            Map<String, Object> attributes = Files.readAttributes(path, "unix:uid,mode,isDirectory", LinkOption.NOFOLLOW_LINKS);
            long owner = ((Number) Objects.requireNonNull(attributes.get("uid"))).longValue();
            boolean open = (((Number) Objects.requireNonNull(attributes.get("mode"))).intValue() & 077) != 0;
            if (owner != uid() || open || !Boolean.TRUE.equals(attributes.get("isDirectory"))) {
                throw new CommandFailure(ExitCode.NO_PERMISSION, path + " is not a directory that only you can use",
                        "remove it, or set LASTACK_RUN_DIR to a directory of yours with mode 0700");
            }
        } catch (IOException e) {
            throw new CommandFailure(ExitCode.CANNOT_CREATE, "cannot make " + path + " (" + e.getMessage() + ")", "set LASTACK_RUN_DIR to a directory where you may write", e);
        }
    }

    public Path socket(String name) {
        return path.resolve(name + ".sock");
    }

    private Path record(String name) {
        return path.resolve(name + ".json");
    }

    /// Writes the record of a host, whole or not at all.
    public void write(HostRecord host) throws IOException {
        Path next = path.resolve(host.name() + ".json.new");
        Files.writeString(next, Json.write(host.json()) + "\n");
        Files.move(next, record(host.name()), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /// Forgets a host.
    public void remove(String name) throws IOException {
        Files.deleteIfExists(socket(name));
        Files.deleteIfExists(record(name));
    }

    /// All records, also of hosts that died, by name. A file that is no record is passed over.
    public List<HostRecord> records() {
        List<HostRecord> records = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(path, "*.json")) {
            for (Path file : files) {
                HostRecord read = read(file);
                if (read != null) {
                    records.add(read);
                }
            }
        } catch (IOException e) {
            return List.of();
        }
        records.sort(Comparator.comparing(HostRecord::name));
        return records;
    }

    private static @Nullable HostRecord read(Path file) {
        try {
            return new HostRecord(Json.parse(Files.readString(file)));
        } catch (NoSuchFileException e) {
            return null; // ended between listing and reading
        } catch (IOException | IllegalArgumentException e) {
            return null;
        }
    }

    /// The running host that a command means.
    ///
    /// @param name from `--host`, or null if there was none
    /// @throws CommandFailure if there is none, or the choice is not clear
    public HostRecord select(@Nullable String name) {
        List<HostRecord> alive = records().stream().filter(HostRecord::alive).toList();
        if (name != null) {
            return alive.stream().filter(each -> each.name().equals(name)).findFirst().orElseThrow(() -> new CommandFailure(ExitCode.UNAVAILABLE,
                    "no host named " + name + " is running", alive.isEmpty() ? "start one with: lastack up --name " + name : "running: " + names(alive)));
        }
        List<HostRecord> hosts = alive.stream().filter(each -> alive.stream().noneMatch(first -> furtherQueue(each.name(), first.name()))).toList();
        if (hosts.size() == 1) {
            return hosts.getFirst();
        }
        if (hosts.isEmpty()) {
            boolean rootHasSome = uid() != 0 && Files.isDirectory(Path.of("/run/lastack"));
            throw new CommandFailure(ExitCode.UNAVAILABLE, "no host is running (looked in " + path + ")",
                    "start one in another terminal with: lastack up" + (rootHasSome ? " (root may have one: sudo lastack ...)" : ""));
        }
        throw new CommandFailure(ExitCode.USAGE, hosts.size() + " hosts are running: " + names(hosts), "say which with --host NAME");
    }

    /// The engines behind the further queues of a device are called as the first, with `.1`, `.2` and so on: who names no host means the first.
    private static boolean furtherQueue(String name, String first) {
        return name.startsWith(first + ".") && name.substring(first.length() + 1).matches("[0-9]+");
    }

    private static String names(List<HostRecord> hosts) {
        return String.join(", ", hosts.stream().map(HostRecord::name).toList());
    }
}
