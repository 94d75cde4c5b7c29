package org.lastack.drill.run;

import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.lastack.drill.packet.Flow;
import org.lastack.drill.packet.LivePacket;
import org.lastack.drill.packet.Notation;
import org.lastack.drill.packet.PacketChecker;
import org.lastack.drill.script.PacketSpec;
import org.lastack.drill.stack.Reply;
import org.lastack.drill.stack.Request;
import org.lastack.wire.Bytes;
import org.lastack.wire.TcpHeader;

/// Waits for the packets that a script expects; several small ones count as the big one that the script writes.
final class OutboundPackets {
    private static final int ROOM = 65_536;
    private static final long ANY_TIME_US = 86_400_000_000L;
    /// Flags that pieces of one burst need not share.
    private static final int LOOSE = TcpHeader.FIN | TcpHeader.PSH | TcpHeader.CWR;

    private final ScriptRun run;
    private final RunSettings settings;
    private final FlowTracker flows;
    private final Trace trace;
    private final boolean verifyEcho;
    private long firstTimestampNs;

    OutboundPackets(ScriptRun run, RunSettings settings, FlowTracker flows, Trace trace, boolean verifyEcho) {
        this.run = run;
        this.settings = settings;
        this.flows = flows;
        this.trace = trace;
        this.verifyEcho = verifyEcho;
    }

    /// Returns the script time at which the packet, or its last piece, left.
    ///
    /// @param deadlineUs last moment, or `Long.MAX_VALUE` for any
    /// @throws Failure if something else comes, or nothing
    long expect(PacketSpec expected, long deadlineUs, String sourceLine) throws IOException {
        LivePacket first = next(expected, deadlineUs, sourceLine);
        LivePacket last = first;
        int payload = first.isTcp() ? payload(first) : 0;
        if (expected instanceof PacketSpec.Tcp tcp && first.isTcp() && !settings.strictSegments()) {
            while (payload < tcp.payload() && payload(last) > 0 && (last.flags() & (TcpHeader.SYN | TcpHeader.RST | TcpHeader.FIN)) == 0) {
                LivePacket piece = next(expected, deadlineUs, sourceLine);
                String problem = continues(first, last, piece, payload);
                if (problem != null) {
                    throw new Failure("pieces of a burst do not fit: " + problem + " after " + payload + " of " + tcp.payload() + " octets", sourceLine, shown(piece));
                }
                payload += payload(piece);
                last = piece;
            }
        }
        Flow flow = flows.flowOrFresh();
        PacketChecker checker = new PacketChecker(flow, verifyEcho, (script, live, timeNs) -> timestampProblem(flow, script, live, timeNs));
        String problem = checker.difference(expected, last, first.isTcp() ? Bytes.i32(first.bytes(), first.transport() + 4) : 0, payload);
        if (problem != null) {
            throw new Failure(problem, sourceLine, shown(last));
        }
        return run.scriptTime(last.timeNs() / 1000);
    }

    private static int payload(LivePacket packet) {
        return packet.bytes().length - packet.transport() - TcpHeader.headerLength(packet.bytes(), packet.transport());
    }

    private String shown(LivePacket packet) {
        return "> " + Notation.text(packet, flows.flow(), true);
    }

    /// Null if `piece` goes on where `last` ended.
    private static @Nullable String continues(LivePacket first, LivePacket last, LivePacket piece, int payload) {
        if (sequence(piece) != sequence(first) + payload) {
            return "the sequence number does not follow";
        }
        if (payload(last) != payload(first)) {
            return "a short piece is not the last";
        }
        if (payload(piece) > payload(first)) {
            return "a piece is larger than the first";
        }
        if (((first.flags() ^ piece.flags()) & ~LOOSE) != 0) {
            return "flags differ";
        }
        return null;
    }

    private static int sequence(LivePacket packet) {
        return TcpHeader.sequence(packet.bytes(), packet.transport());
    }

    private LivePacket next(PacketSpec expected, long deadlineUs, String sourceLine) throws IOException {
        long limit = deadlineUs == Long.MAX_VALUE ? run.stackTime(0) + ANY_TIME_US : run.stackTime(deadlineUs);
        while (true) {
            Reply reply = run.ask(new Request.PacketOut(ROOM, limit));
            if (!(reply.body() instanceof Reply.Body.Departed departed) || reply.result() == 0) {
                throw new Failure("the expected packet has not come", sourceLine, "nothing until " + Clock.seconds(run.scriptTime(reply.timeUs())));
            }
            long time = run.scriptTime(departed.departureUs());
            LivePacket packet = LivePacket.of(departed.packet(), departed.departureUs() * 1000);
            run.tap(time, true, departed.packet());
            if (packet == null) {
                throw new Failure("the stack sent something that is no packet", sourceLine, departed.packet().length + " octets");
            }
            boolean ours = flows.owns(packet, expected);
            if (ours && packet.isTcp() && packet.isSyn()) {
                boolean named = expected instanceof PacketSpec.Tcp tcp && (tcp.flags() & TcpHeader.SYN) != 0;
                flows.flowOrFresh().emittedSyn(packet, named ? (int) ((PacketSpec.Tcp) expected).sequence() : 0);
            }
            trace.add(time, (ours ? "> " : "~> ") + Notation.text(packet, ours ? flows.flow() : null, true));
            if (ours) {
                return packet;
            }
        }
    }

    /// `--tcp_ts_tick_usecs`: the stack's timestamps advance as the script's do.
    private @Nullable String timestampProblem(Flow flow, int script, int live, long timeNs) {
        Integer first = flow.firstTimestamp();
        if (settings.timestampTickUs() == 0 || first == null) {
            return null;
        }
        if (first == live && flow.firstScriptTimestamp() == script) {
            firstTimestampNs = timeNs;
            return null;
        }
        long wanted = script - flow.firstScriptTimestamp();
        long came = live - first;
        long tolerance = settings.toleranceUs(run.scriptTime(timeNs / 1000)) / settings.timestampTickUs();
        return Math.abs(came - wanted) <= tolerance ? null
                : "timestamp: expected " + wanted + " ticks after the first, came " + came + " (" + (timeNs - firstTimestampNs) / 1000 + " us later)";
    }
}
