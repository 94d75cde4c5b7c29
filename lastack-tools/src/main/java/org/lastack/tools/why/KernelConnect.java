package org.lastack.tools.why;

import java.io.FileInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.DatagramChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.lastack.core.Errno;
import org.lastack.core.PortSet;
import org.lastack.core.socket.BindRequest;
import org.lastack.core.socket.ConnectDecision;
import org.lastack.core.socket.Why;
import org.lastack.link.linux.KernelSockets;
import org.lastack.tools.CommandFailure;
import org.lastack.tools.ExitCode;
import org.lastack.wire.IpAddress;

/// Answers for this machine's kernel whether a connection could be opened, from /proc and a UDP `connect`, which asks for a route and sends nothing.
final class KernelConnect {
    /// TCP_TIMEWAIT_LEN of Linux.
    private static final long TIME_WAIT_MS = SockDiag.TIME_WAIT_MS;

    private static final int READ_OCTETS = 1 << 16;

    private KernelConnect() {}

    /// @param from the local name that a program insists on, or null; port 0 = any
    static HostQuestions.Answer explain(Endpoint to, @Nullable Endpoint from) throws IOException {
        if (from != null && KernelTrial.bind(BindRequest.of(from.address(), 0), false, KernelSockets.effectiveUser()) == Errno.EADDRNOTAVAIL) {
            return ConnectAdvice.notLocal(to.address(), to.port(), from.address(), " (kernel)");
        }
        boolean any = from == null || from.address().isUnspecified();
        IpAddress source;
        try (DatagramChannel probe = DatagramChannel.open()) {
            probe.connect(new InetSocketAddress(InetAddress.getByAddress(to.address().toBytes()), Math.max(1, to.port())));
            source = !any && from != null ? from.address()
                    : probe.getLocalAddress() instanceof InetSocketAddress local ? IpAddress.of(local.getAddress().getHostAddress().replaceFirst("%.*", "")) : IpAddress.ANY_V4;
        } catch (IOException e) {
            return new HostQuestions.Answer("ENETUNREACH", "NO_ROUTE", List.of("connect " + to.address().withPort(to.port()) + " (kernel): " + e.getMessage()
                    + ": no route leads there"));
        }
        Processes processes = Processes.read();
        List<Holding> rows = SockDiag.read(false, 0).stream().map(processes::name).toList();
        if (from != null && from.port() != 0) {
            return ConnectAdvice.pair(rows, to.address(), to.port(), source, from.port(), " (kernel)");
        }
        String[] range = setting("ip_local_port_range").split("\\s+");
        if (range.length != 2) {
            throw new CommandFailure(ExitCode.UNAVAILABLE, "this kernel does not tell its local port range (/proc/sys/net/ipv4/ip_local_port_range)", null);
        }
        PortSet reserved = new PortSet();
        reserved.parse(setting("ip_local_reserved_ports"));
        return conclude(to, source, rows, Integer.parseInt(range[0]), Integer.parseInt(range[1]), reserved);
    }

    /// A setting of IPv4 in /proc/sys, or empty.
    static String setting(String name) throws IOException {
        Path file = Path.of("/proc/sys/net/ipv4", name);
        if (!Files.exists(file)) {
            return "";
        }
        // In one read: such files say that they are empty, and give the rest of a line to nobody who has read its first octet.
        byte[] room = new byte[READ_OCTETS];
        try (FileInputStream in = new FileInputStream(file.toFile())) {
            int octets = in.read(room);
            return new String(room, 0, Math.max(0, octets), StandardCharsets.US_ASCII).strip();
        }
    }

    /// From rows and settings to an answer. Pure. Whether a connection's port was bound before is told by no table; it counts as chosen by connect.
    static HostQuestions.Answer conclude(Endpoint to, IpAddress source, List<Holding> rows, int low, int high, PortSet reserved) {
        Set<Integer> taken = rows.stream().filter(each -> each.remotePort() == to.port() && each.remote().equals(to.address()) && each.local().equals(source))
                .map(Holding::localPort).collect(Collectors.toSet());
        Set<Integer> bound = rows.stream().filter(each -> each.is("LISTEN") || each.is("BOUND")).map(Holding::localPort).collect(Collectors.toSet());
        int reservedCount = 0;
        int boundCount = 0;
        int takenCount = 0;
        int free = 0;
        for (int port = low; port <= high; port++) {
            if (reserved.contains(port)) {
                reservedCount++;
            } else if (bound.contains(port)) {
                boundCount++;
            } else if (taken.contains(port)) {
                takenCount++;
            } else {
                free++;
            }
        }
        ConnectDecision decision = new ConnectDecision(low, high, reservedCount, boundCount, takenCount, free);
        List<String> lines = new ArrayList<>(Why.connect(to.address(), to.port(), decision, TIME_WAIT_MS));
        ConnectAdvice.add(lines, rows, source.equals(to.address()) || to.address().isLoopback(), to.address(), to.port(), decision);
        return new HostQuestions.Answer(decision.errno() == 0 ? "OK" : Errno.name(decision.errno()), decision.errno() == 0 ? "FREE" : "EXHAUSTED", lines,
                ConnectAdvice.details(decision));
    }
}
