package org.lastack.tools.why;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.lastack.core.tcp.TcpState;
import org.lastack.wire.IpAddress;

/// The kernel's sockets as /proc shows them to this process: those of its own network namespace. Sockets of TCP that are bound and neither listen
/// nor have a peer are not shown there.
final class ProcSockets {
    /// USER_HZ, in which /proc counts time.
    private static final long MS_PER_TICK = 10;
    private static final int FIELDS = 10;

    private ProcSockets() {}

    /// @param protocol `tcp` or `udp`
    static List<Holding> read(String protocol) throws IOException {
        Map<String, String[]> owners = owners();
        List<Holding> all = new ArrayList<>();
        for (String table : List.of(protocol, protocol + "6")) {
            Path file = Path.of("/proc/net/" + table);
            if (Files.exists(file)) {
                List<String> lines = Files.readAllLines(file);
                for (String line : lines.subList(Math.min(1, lines.size()), lines.size())) {
                    all.add(parse(line, protocol.equals("udp"), owners));
                }
            }
        }
        return all;
    }

    /// One line of /proc/net/tcp and its brothers.
    ///
    /// @param owners inode -> process id and program
    static Holding parse(String line, boolean udp, Map<String, String[]> owners) {
        String[] f = line.strip().split("\\s+");
        if (f.length < FIELDS) {
            throw new IllegalArgumentException("not a line of a socket table: " + line);
        }
        int number = Integer.parseInt(f[3], 16);
        String state = udp ? number == 1 ? "ESTABLISHED" : "UNCONN" : state(number);
        String[] queues = f[4].split(":");
        String[] timer = f[5].split(":");
        String[] owner = owners.getOrDefault(f[9], new String[] {"0", ""});
        // A listener's queues are given as receive = waiting, send = nothing; its backlog is not in /proc.
        return new Holding(state, address(f[1]), port(f[1]), address(f[2]), port(f[2]), Long.parseLong(queues[1], 16), Long.parseLong(queues[0], 16),
                Long.parseLong(f[7]), Long.parseLong(owner[0]), owner[1], -1, timerName(timer[0]), Long.parseLong(timer[1], 16) * MS_PER_TICK,
                (int) Long.parseLong(f[6], 16), 0, f[9].equals("0"), "");
    }

    private static String state(int number) {
        // NEW_SYN_RECV, a half-open connection.
        if (number == 12) {
            return TcpState.SYN_RECEIVED.name();
        }
        for (TcpState each : TcpState.values()) {
            if (each.linuxNumber() == number) {
                return each.name();
            }
        }
        return "UNKNOWN";
    }

    private static String timerName(String number) {
        return switch (number) {
            case "01" -> "on";
            case "02" -> "keepalive";
            case "03" -> "timewait";
            case "04" -> "persist";
            default -> "";
        };
    }

    private static int port(String name) {
        return Integer.parseInt(name.substring(name.indexOf(':') + 1), 16);
    }

    /// Words of 32 bits in the machine's byte order; all machines that run this are little-endian.
    private static IpAddress address(String name) {
        String hex = name.substring(0, name.indexOf(':'));
        byte[] octets = new byte[hex.length() / 2];
        for (int i = 0; i < octets.length; i++) {
            octets[i & ~3 | 3 - (i & 3)] = (byte) Integer.parseInt(hex.substring(i * 2, i * 2 + 2), 16);
        }
        return octets.length == 4 ? IpAddress.readV4(octets, 0) : IpAddress.readV6(octets, 0);
    }

    /// Inode of a socket -> process id and program, as far as this user may look.
    private static Map<String, String[]> owners() throws IOException {
        Map<String, String[]> owners = new HashMap<>();
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
            for (Path process : processes) {
                collect(process, owners);
            }
        }
        return owners;
    }

    private static void collect(Path process, Map<String, String[]> owners) {
        try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(process.resolve("fd"))) {
            String program = Files.readString(process.resolve("comm")).strip();
            for (Path each : descriptors) {
                String target = Files.readSymbolicLink(each).toString();
                if (target.startsWith("socket:[")) {
                    owners.putIfAbsent(target.substring(8, target.length() - 1), new String[] {process.getFileName().toString(), program});
                }
            }
        } catch (IOException | java.nio.file.DirectoryIteratorException e) {
            // Another user's, or gone meanwhile: the owner stays unknown.
        }
    }
}
