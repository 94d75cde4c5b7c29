package org.lastack.tools.why;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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
        return read(Path.of("/proc/net"), protocol);
    }

    /// @param directory `/proc/net`, or `/proc/PID/net` for the namespace of that process
    static List<Holding> read(Path directory, String protocol) throws IOException {
        List<Holding> all = new ArrayList<>();
        for (String table : List.of(protocol, protocol + "6")) {
            Path file = directory.resolve(table);
            if (Files.exists(file)) {
                List<String> lines = Files.readAllLines(file);
                for (String line : lines.subList(Math.min(1, lines.size()), lines.size())) {
                    all.add(parse(line, protocol.equals("udp")));
                }
            }
        }
        return all;
    }

    /// One line of /proc/net/tcp and its brothers.
    static Holding parse(String line, boolean udp) {
        String[] f = line.strip().split("\\s+");
        if (f.length < FIELDS) {
            throw new IllegalArgumentException("not a line of a socket table: " + line);
        }
        int number = Integer.parseInt(f[3], 16);
        String state = udp ? number == 1 ? "ESTABLISHED" : "UNCONN" : state(number);
        String[] queues = f[4].split(":");
        String[] timer = f[5].split(":");
        // A listener's queues are given as receive = waiting, send = nothing; its backlog is not in /proc.
        return new Holding(state, address(f[1]), port(f[1]), address(f[2]), port(f[2]), Long.parseLong(queues[1], 16), Long.parseLong(queues[0], 16),
                Long.parseLong(f[7]), 0, "", -1, timerName(Integer.parseInt(timer[0], 16)), Long.parseLong(timer[1], 16) * MS_PER_TICK,
                (int) Long.parseLong(f[6], 16), 0, f[9].equals("0"), "", Long.parseLong(f[9]), "", Sharing.NOTHING, -1);
    }

    /// The name of a state by the kernel's number for TCP.
    static String state(int number) {
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

    /// By the kernel's number, in /proc and in sock_diag.
    static String timerName(int number) {
        return switch (number) {
            case 1 -> "on";
            case 2 -> "keepalive";
            case 3 -> "timewait";
            case 4 -> "persist";
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
}
