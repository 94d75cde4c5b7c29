package org.lastack.tools.why;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Which processes have which sockets open, as far as this user may look: root sees all, others their own.
final class Processes {
    private static final int NAMED = 4;
    private static final Path PROC = Path.of("/proc");

    /// A descriptor of a process.
    record Descriptor(long pid, int fd, String program) {}

    private final Map<Long, List<Descriptor>> byInode = new HashMap<>();

    /// Reads /proc once.
    static Processes read() throws IOException {
        Processes all = new Processes();
        for (long pid : pids()) {
            all.collect(pid);
        }
        return all;
    }

    /// The processes of this machine, ascending.
    static List<Long> pids() throws IOException {
        List<Long> pids = new ArrayList<>();
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(PROC, "[0-9]*")) {
            processes.forEach(each -> pids.add(Long.parseLong(each.getFileName().toString())));
        }
        pids.sort(Comparator.naturalOrder());
        return pids;
    }

    private void collect(long pid) {
        Path process = PROC.resolve(Long.toString(pid));
        try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(process.resolve("fd"))) {
            String program = Files.readString(process.resolve("comm")).strip();
            for (Path each : descriptors) {
                String target = Files.readSymbolicLink(each).toString();
                if (target.startsWith("socket:[")) {
                    byInode.computeIfAbsent(Long.parseLong(target.substring(8, target.length() - 1)), inode -> new ArrayList<>())
                            .add(new Descriptor(pid, Integer.parseInt(each.getFileName().toString()), program));
                }
            }
        } catch (IOException | DirectoryIteratorException e) {
            // Another user's, or gone meanwhile: the owner stays unknown.
        }
    }

    /// Who has that socket open, the oldest process first.
    List<Descriptor> of(long inode) {
        return byInode.getOrDefault(inode, List.of());
    }

    /// All sockets that are open somewhere.
    Map<Long, List<Descriptor>> all() {
        return byInode;
    }

    /// The row with its owners.
    Holding name(Holding row) {
        List<Descriptor> holders = of(row.inode());
        if (row.inode() == 0 || holders.isEmpty()) {
            return row;
        }
        Descriptor first = holders.getFirst();
        List<Long> others = holders.stream().map(Descriptor::pid).distinct().filter(pid -> pid != first.pid()).toList();
        StringBuilder also = new StringBuilder(container(first.pid()));
        if (!others.isEmpty()) {
            // After fork the port stays held until the last of them closes it.
            also.append(", also held by process ").append(String.join(", ", others.stream().limit(NAMED).map(String::valueOf).toList()));
            if (others.size() > NAMED) {
                also.append(" and ").append(others.size() - NAMED).append(" more");
            }
        }
        return row.of(first.pid(), first.program(), also.toString());
    }

    /// That a process lives in a container which shares this network namespace, or nothing.
    private static String container(long pid) {
        String there = link(pid, "mnt");
        String here = link(ProcessHandle.current().pid(), "mnt");
        if (there.isEmpty() || there.equals(here)) {
            return "";
        }
        try {
            String group = Files.readAllLines(PROC.resolve(pid + "/cgroup")).getLast();
            return ", in a container that shares this network namespace (" + group.substring(group.lastIndexOf(':') + 1) + ")";
        } catch (IOException | java.util.NoSuchElementException e) {
            return ", in a container that shares this network namespace";
        }
    }

    /// The name of a namespace of a process, as `net:[4026531840]`; empty if this user may not look.
    static String link(long pid, String kind) {
        try {
            return Files.readSymbolicLink(PROC.resolve(pid + "/ns/" + kind)).toString();
        } catch (IOException e) {
            return "";
        }
    }

    /// Holders of a port in other network namespaces, each with the name of its namespace: they never conflict, and are easily taken for the culprit.
    List<Map.Entry<String, Holding>> elsewhere(boolean udp, int port) throws IOException {
        List<Map.Entry<String, Holding>> found = new ArrayList<>();
        List<String> seen = new ArrayList<>(List.of("", link(ProcessHandle.current().pid(), "net")));
        for (long pid : pids()) {
            String namespace = link(pid, "net");
            if (seen.contains(namespace)) {
                continue;
            }
            seen.add(namespace);
            try {
                ProcSockets.read(PROC.resolve(pid + "/net"), udp ? "udp" : "tcp").stream().filter(each -> each.localPort() == port)
                        .forEach(each -> found.add(Map.entry(namespace, name(each))));
            } catch (IOException e) {
                // The process has ended meanwhile, and with it perhaps its namespace.
            }
        }
        return found;
    }
}
