package org.lastack.drill.run;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.lastack.drill.packet.Flow;
import org.lastack.drill.packet.LivePacket;
import org.lastack.drill.packet.Notation;
import org.lastack.drill.stack.Reply;
import org.lastack.drill.stack.Request;

/// Notes what a stack does, in a form that can be compared with what another one does: numbers relative to those of the connection, the stack's first
/// timestamp called [#FIRST_TIMESTAMP].
final class Observation {
    /// What the script calls the stack's first timestamp; scripts to be observed set `--tcp_ts_ecr_scaled` and echo values from here on.
    private static final int FIRST_TIMESTAMP = 1000;
    private static final Pattern TIMESTAMP = Pattern.compile("TS val (\\d+)");
    private static final int ROOM = 65_536;
    private static final int TCP_LEVEL = 6;
    private static final int TCP_INFO = 11;

    private final ScriptRun run;
    private final FlowTracker flows;
    private final Descriptors descriptors;
    private final Trace trace;

    Observation(ScriptRun run, FlowTracker flows, Descriptors descriptors, Trace trace) {
        this.run = run;
        this.flows = flows;
        this.descriptors = descriptors;
        this.trace = trace;
    }

    /// Notes all packets until that script time.
    void drain(long untilUs) throws IOException {
        while (true) {
            Reply reply = run.ask(new Request.PacketOut(ROOM, run.stackTime(untilUs)));
            if (!(reply.body() instanceof Reply.Body.Departed departed) || reply.result() == 0) {
                return;
            }
            long time = run.scriptTime(departed.departureUs());
            run.tap(time, true, departed.packet());
            LivePacket packet = LivePacket.of(departed.packet(), departed.departureUs() * 1000);
            if (packet == null) {
                trace.add(time, "~> no packet");
                continue;
            }
            boolean ours = flows.observes(packet);
            Flow flow = flows.flowOrFresh();
            if (ours && packet.isTcp() && packet.isSyn()) {
                flow.emittedSyn(packet, 0);
            }
            String text = Notation.text(packet, ours ? flow : null, true);
            trace.add(time, (ours ? "> " : "~> ") + (ours ? named(text, flow) : text));
        }
    }

    /// The text with the stack's timestamps counted from the first.
    private static String named(String text, Flow flow) {
        return TIMESTAMP.matcher(text).replaceAll(match -> {
            int live = Integer.parseUnsignedInt(match.group(1));
            Integer first = flow.firstTimestamp();
            int name = first == null ? FIRST_TIMESTAMP : FIRST_TIMESTAMP + live - first;
            flow.timestamp(name, live);
            return "TS val " + name;
        });
    }

    /// Notes TCP_INFO of the connection under test.
    void information() throws IOException {
        int descriptor = flows.descriptor();
        if (descriptor < 0) {
            return;
        }
        Reply reply = run.ask(new Request.GetOption(descriptors.handle(descriptor), TCP_LEVEL, TCP_INFO, TcpInfoFields.LENGTH));
        if (reply.body() instanceof Reply.Body.Option option) {
            Map<String, @Nullable Object> names = new HashMap<>();
            TcpInfoFields.decode(option.value(), names);
            StringBuilder out = new StringBuilder("TCP_INFO");
            new TreeMap<>(names).forEach((name, value) -> {
                if (!BigInteger.ZERO.equals(value)) {
                    out.append(' ').append(name, "tcpi_".length(), name.length()).append('=').append(value);
                }
            });
            trace.add(run.scriptTime(reply.timeUs()), out.toString());
        }
    }

    /// What a reply carries besides its result.
    static String body(Reply reply) {
        return switch (reply.body()) {
            case Reply.Body.Nothing n -> "";
            case Reply.Body.Peer p -> "";
            case Reply.Body.Departed d -> "";
            case Reply.Body.Received r -> " flags " + Integer.toHexString(r.messageFlags()) + (r.control().isEmpty() ? "" : " control " + r.control().size());
            case Reply.Body.Value v -> " [" + v.value() + "]";
            case Reply.Body.Option o -> " " + numbers(o.value());
            case Reply.Body.Ready r -> " revents " + Arrays.toString(r.returned());
            case Reply.Body.EpollReady r -> " events " + Arrays.toString(r.events());
        };
    }

    private static String numbers(byte[] value) {
        if (value.length == 0 || value.length % 4 != 0) {
            return Arrays.toString(value);
        }
        int[] numbers = new int[value.length / 4];
        ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN).asIntBuffer().get(numbers);
        return Arrays.toString(numbers);
    }
}
