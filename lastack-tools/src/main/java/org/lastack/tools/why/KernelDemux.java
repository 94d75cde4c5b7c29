package org.lastack.tools.why;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.lastack.core.socket.BindRequest;
import org.lastack.core.socket.DemuxDecision;
import org.lastack.core.socket.ImaginedSockets;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.Owner;
import org.lastack.core.socket.PortTable;
import org.lastack.core.socket.SocketHandle;

/// Answers "who gets the traffic?" (DIAGNOSIS 23) for this machine's kernel: its sockets are entered into a port table that has Linux's rules. What no
/// table tells is said: the order of binds (taken from the sockets' numbers, which rise), and the hash by which SO_REUSEPORT spreads.
final class KernelDemux {
    private KernelDemux() {}

    static HostQuestions.Answer explain(boolean udp, Endpoint to, Endpoint from) throws IOException {
        Processes processes = Processes.read();
        return conclude(udp, to, from, KernelBind.holders(processes, SockDiag.read(udp, to.port()), to.port()));
    }

    /// Pure.
    static HostQuestions.Answer conclude(boolean udp, Endpoint to, Endpoint from, List<Holding> rows) {
        List<String> lines = new ArrayList<>();
        String packet = (udp ? "udp" : "tcp") + " packet from " + from.address().withPort(from.port()) + " to " + to.address().withPort(to.port()) + " (kernel)";
        for (Holding each : rows) {
            if (!udp && each.remotePort() == from.port() && each.local().equals(to.address()) && each.remote().equals(from.address())) {
                lines.add(packet + ": goes to " + each.describe());
                lines.add("  a connection with exactly these four names comes before every listener");
                return new HostQuestions.Answer("OK", "CONNECTION", lines);
            }
        }
        PortTable table = KernelBind.rules(udp ? PortTable.UDP : PortTable.TCP);
        ImaginedSockets sockets = new ImaginedSockets(table);
        for (Holding each : rows.stream().filter(row -> udp || row.is("LISTEN")).sorted(Comparator.comparingLong(Holding::inode)).toList()) {
            if (!sockets.add(name(each), each.is("LISTEN"), each.remote(), each.remotePort())) {
                lines.add("  left out, because what it shares is not known: " + each.describe());
            }
        }
        DemuxDecision decision = table.explainDemux(to.address().high(), to.address().low(), to.port(), from.address().high(), from.address().low(), from.port(), 0);
        SocketHandle chosen = decision.chosen();
        boolean hashed = decision.reason().contains("hash");
        lines.addFirst(packet + ": " + (chosen == null ? "nobody hears it" : hashed ? "goes to a member of a SO_REUSEPORT group" : "goes to " + HostQuestions.name(chosen)) + ", "
                + (hashed ? "which one the kernel's own hash of the flow decides" : decision.reason()));
        decision.candidates().forEach(each -> lines.add("  " + HostQuestions.name(each.socket()) + ": " + (each.matches() ? "matches, " : "does not match, ") + each.reason()));
        return new HostQuestions.Answer(chosen == null ? "NOBODY" : "OK", chosen == null ? "NOBODY" : hashed ? "GROUP" : "SOCKET", lines);
    }

    private static BindRequest name(Holding h) {
        Sharing s = h.sharing();
        return new BindRequest(h.local().isV4() ? InetSocket.AF_INET : InetSocket.AF_INET6, h.local(), h.localPort(), s.reuseAddress() != 0, s.reusePort() == 1, s.v6Only() == 1,
                s.device(), new Owner((int) h.uid(), h.pid(), h.program()));
    }
}
