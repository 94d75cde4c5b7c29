package org.lastack.drill.run;

import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.lastack.drill.DrillResult.Outcome;
import org.lastack.drill.packet.Notation;
import org.lastack.drill.packet.PacketException;
import org.lastack.drill.packet.PacketRenderer;
import org.lastack.drill.packet.LivePacket;
import org.lastack.drill.script.Event;
import org.lastack.drill.script.PacketSpec;
import org.lastack.drill.script.Script;
import org.lastack.drill.script.When;
import org.lastack.drill.snippet.Snippet;
import org.lastack.drill.snippet.SnippetException;
import org.lastack.drill.stack.Reply;
import org.lastack.drill.stack.Request;
import org.lastack.drill.stack.StackUnderTest;

/// Plays one script against one host. Each event is waited for, done and judged; the first thing that is not as the script says ends it.
public final class ScriptRun {
    private static final int TCP_LEVEL = 6;
    private static final int TCP_INFO = 11;

    private final Script script;
    private final String[] source;
    private final RunSettings settings;
    private final StackUnderTest stack;
    private final @Nullable PacketTap tap;
    private final Clock clock;
    private final Trace trace = new Trace();
    private final Descriptors descriptors = new Descriptors();
    private final FlowTracker flows;
    private final Syscalls syscalls;
    private final CallJudge calls;
    private final OutboundPackets outbound;
    private final Map<String, @Nullable Object> names = new HashMap<>();
    private final StringBuilder output = new StringBuilder();
    private long startUs;
    private long stackUs;
    private @Nullable BlockedCall blocked;
    private @Nullable Observation observation;
    private int line;

    /// How a run ended.
    public record Ending(Outcome outcome, int line, String message, String expected, String actual, List<String> trace, String output, long virtualUs) {}

    public ScriptRun(Script script, String sourceText, RunSettings settings, StackUnderTest stack, boolean verifyEcho, @Nullable PacketTap tap) {
        this.script = script;
        this.source = sourceText.split("\n", -1);
        this.settings = settings;
        this.stack = stack;
        this.tap = tap;
        clock = new Clock(settings);
        flows = new FlowTracker(settings);
        syscalls = new Syscalls(settings, descriptors, this::scriptTime);
        calls = new CallJudge(descriptors, flows);
        outbound = new OutboundPackets(this, settings, flows, trace, verifyEcho);
    }

    /// Runs the script. Never throws: whatever happens is an ending.
    public Ending run() {
        Ending ending = guarded(this::play);
        String cleanup = script.cleanupCommand();
        if (cleanup != null && ending.outcome() == Outcome.PASSED) {
            ending = guarded(() -> configure(cleanup));
        }
        String lacking = ending.outcome() == Outcome.FAILED ? Unsupported.feature(script, ending.line()) : null;
        return lacking == null ? ending : ending(Outcome.SKIPPED, ending.line(), "needs " + lacking + ", which this stack does not have; without it: "
                + ending.message(), ending.expected(), ending.actual());
    }

    /// Runs the script without judging anything: injects its packets, makes its calls, and notes what comes. Expected packets are only waited for as long
    /// as the script says; a snippet shows the connection's TCP_INFO. For comparing two stacks: the trace is the result.
    public Ending observe() {
        observation = new Observation(this, flows, descriptors, trace);
        return guarded(this::play);
    }

    @FunctionalInterface
    private interface Step {
        void run() throws IOException;
    }

    private Ending guarded(Step step) {
        try {
            step.run();
            return ending(Outcome.PASSED, 0, "", "", "");
        } catch (Failure e) {
            return ending(Outcome.FAILED, line, message(e), e.expected.isEmpty() ? sourceLine() : e.expected, e.actual);
        } catch (PacketException e) {
            return ending(Outcome.FAILED, line, String.valueOf(e.getMessage()), sourceLine(), "");
        } catch (SnippetException e) {
            return ending(Outcome.FAILED, e.line(), String.valueOf(e.getMessage()), "", "");
        } catch (Skip e) {
            return ending(Outcome.SKIPPED, line, String.valueOf(e.getMessage()), "", "");
        } catch (IOException e) {
            return ending(Outcome.FAILED, line, "the stack has gone: " + e.getMessage(), sourceLine(), "");
        } catch (RuntimeException e) {
            return ending(Outcome.FAILED, line, "the stack failed: " + e + at(e), sourceLine(), "");
        }
    }

    private static String message(Failure e) {
        return String.valueOf(e.getMessage());
    }

    /// The place where a fault of the stack happened, for a one-line message.
    private static String at(RuntimeException e) {
        StackTraceElement[] frames = e.getStackTrace();
        return frames.length == 0 ? "" : " at " + frames[0];
    }

    private String sourceLine() {
        return line > 0 && line <= source.length ? source[line - 1].strip() : "";
    }

    private Ending ending(Outcome outcome, int where, String message, String expected, String actual) {
        if (observation != null) {
            trace.sort();
        }
        return new Ending(outcome, where, message, expected, actual, trace.lines(), output.toString(), clock.nowUs());
    }

    // The story.

    private void play() throws IOException {
        TcpInfoFields.constants(names);
        options();
        String init = script.initCommand();
        if (init != null) {
            line = 1;
            configure(init);
        }
        stackUs = stack.call(new Request.Now()).timeUs();
        startUs = stackUs;
        for (Event event : script.events()) {
            line = event.line();
            event(event);
        }
        finish();
    }

    /// Options that need more than settings.
    private void options() throws IOException {
        for (Script.Option each : script.options()) {
            line = each.line();
            switch (each.name()) {
                case "wire_client", "wire_server", "wire_server_at", "so_filename", "udp_encaps" -> throw new Skip("--" + each.name() + " needs a real machine");
                case "init_scripts" -> {
                    for (String file : each.value().split(",")) {
                        configure(file.strip());
                    }
                }
                default -> {
                    // The others are settings, or mean nothing to a virtual machine.
                }
            }
        }
    }

    private void event(Event event) throws IOException {
        boolean inbound = event instanceof Event.Packet packet && packet.spec().inbound();
        clock.begin(event.when(), inbound);
        switch (event) {
            case Event.Packet packet when inbound -> inject(packet);
            case Event.Packet packet when observation != null -> {
                waitUntil(event.when().kind() == When.Kind.ANY ? clock.nowUs() : clock.dueUs());
                clock.finish(false, clock.nowUs());
            }
            case Event.Packet packet -> tolerant(settings.nonFatalPackets(), () -> expect(packet));
            case Event.Call call -> tolerant(settings.nonFatalCalls(), () -> call(call));
            case Event.Command command -> {
                waitUntil(clock.dueUs());
                trace.add(clock.nowUs(), "`" + command.text().strip() + "`");
                configure(command.text());
                clock.finish(false, clock.nowUs());
            }
            case Event.Code code -> {
                waitUntil(clock.dueUs());
                snippet(code);
                clock.finish(false, clock.nowUs());
            }
        }
        judgeBlocked();
    }

    /// `--non_fatal`: a mismatch is only noted.
    private void tolerant(boolean nonFatal, Step step) throws IOException {
        try {
            step.run();
        } catch (Failure e) {
            if (!nonFatal) {
                throw e;
            }
            output.append("line ").append(line).append(": ").append(e.getMessage()).append('\n');
            clock.finish(false, clock.nowUs());
        }
    }

    /// Lets the stack run up to that script time.
    private void waitUntil(long timeUs) throws IOException {
        if (observation != null) {
            observation.drain(timeUs);
        }
        if (startUs + timeUs > stackUs) {
            ask(new Request.Sleep(startUs + timeUs - stackUs));
        }
        clock.reached(timeUs);
    }

    Reply ask(Request request) throws IOException {
        Reply reply = stack.call(request);
        stackUs = Math.max(stackUs, reply.timeUs());
        return reply;
    }

    /// Script time of a stack time.
    long scriptTime(long stackTimeUs) {
        return stackTimeUs - startUs;
    }

    long stackTime(long scriptTimeUs) {
        return scriptTimeUs + startUs;
    }

    void tap(long timeUs, boolean isOutbound, byte[] packet) {
        if (tap != null) {
            tap.packet(timeUs, isOutbound, packet);
        }
    }

    // Packets.

    private void inject(Event.Packet event) throws IOException {
        refusePrefixes(event.spec());
        waitUntil(clock.dueUs());
        if (observation == null) {
            checkTime("inbound packet", clock.nowUs());
        }
        byte[] packet = new PacketRenderer(flows.inbound(event.spec()), settings.scaledEchoes()).render(event.spec());
        LivePacket live = LivePacket.of(packet, clock.nowUs() * 1000);
        trace.add(clock.nowUs(), "< " + (live == null ? "?" : Notation.text(live, flows.flow(), false)));
        tap(clock.nowUs(), false, packet);
        int header = settings.mode().v4Packets() ? 20 : 40;
        boolean aggregate = settings.mss() > 0 && packet.length > header + 20 + settings.mss();
        ask(new Request.PacketIn(packet, aggregate ? settings.mss() : 0));
        clock.finish(true, clock.dueUs());
    }

    private static void refusePrefixes(PacketSpec spec) {
        if (!spec.prefixes().isEmpty()) {
            throw new Skip("encapsulation is not supported: " + String.join(", ", spec.prefixes()));
        }
    }

    private void expect(Event.Packet event) throws IOException {
        refusePrefixes(event.spec());
        boolean any = event.when().kind() == When.Kind.ANY;
        long time = outbound.expect(event.spec(), any ? Long.MAX_VALUE : clock.deadlineUs(), sourceLine());
        clock.reached(time);
        if (!any) {
            checkTime("outbound packet", time);
        }
        clock.finish(false, any ? time : Math.max(time, clock.dueUs()));
    }

    private void checkTime(String what, long timeUs) {
        String problem = clock.problem(what, timeUs);
        if (!problem.isEmpty()) {
            throw new Failure(problem, sourceLine(), Clock.seconds(timeUs));
        }
    }

    // Calls.

    private void call(Event.Call call) throws IOException {
        waitForBlocked();
        waitUntil(clock.dueUs());
        if (observation == null) {
            checkTime("call", clock.nowUs());
        }
        PreparedCall prepared = syscalls.prepare(call);
        if (prepared.request() instanceof Request.Connect connect && connect.address().family() != 0) {
            flows.connecting((int) Arguments.number(call.arguments().getFirst()), connect.address().port());
        }
        if (call.blocking()) {
            BlockedCall started = new BlockedCall(call, prepared, line, clock.nowUs(), clock.base(call.when()) + call.endUs());
            trace.add(clock.nowUs(), call.name() + "(" + Arguments.shown(call.arguments()) + ") ...");
            blocked = started;
            stack.submit(2, prepared.request(), reply -> started.reply = reply);
        } else {
            long started = clock.nowUs();
            Reply reply = ask(prepared.request());
            clock.reached(scriptTime(reply.timeUs()));
            String text = call.name() + "(" + Arguments.shown(call.arguments()) + ") = ";
            if (observation == null) {
                trace.add(clock.nowUs(), text + reply.shown());
            } else {
                trace.add(started, text + (prepared.makesDescriptor() && reply.result() >= 0 ? Arguments.shown(call.result()) : reply.shown() + Observation.body(reply)));
            }
            judge(call, prepared, reply);
        }
        clock.finish(false, clock.nowUs());
    }

    private void judge(Event.Call call, PreparedCall prepared, Reply reply) {
        if (observation == null) {
            calls.judge(call, prepared, reply, sourceLine());
        } else {
            calls.effects(call, prepared.request(), reply);
        }
    }

    /// Only one call may block at a time: a later call waits for it, up to one second.
    private void waitForBlocked() throws IOException {
        BlockedCall pending = blocked;
        if (pending == null) {
            return;
        }
        long limit = Math.max(pending.endUs, clock.nowUs()) + 1_000_000;
        long step = pending.endUs;
        while (pending.reply == null && step <= limit) {
            waitQuietly(step);
            step = Math.max(step, scriptTime(stackUs)) + 10_000;
        }
        judgeBlocked();
        if (pending.reply == null) {
            line = pending.line;
            throw new Failure("the call " + pending.call.name() + "() has not returned", sourceLine(), "still blocked at " + Clock.seconds(scriptTime(stackUs)));
        }
    }

    /// As [#waitUntil], but the script's clock stays: the call's completion moves it.
    private void waitQuietly(long timeUs) throws IOException {
        if (startUs + timeUs > stackUs) {
            ask(new Request.Sleep(startUs + timeUs - stackUs));
        }
    }

    /// Judges the blocked call if it has returned.
    private void judgeBlocked() {
        BlockedCall pending = blocked;
        if (pending == null || pending.reply == null) {
            return;
        }
        blocked = null;
        Reply reply = pending.reply;
        int eventLine = line;
        line = pending.line;
        long end = scriptTime(reply.timeUs());
        clock.reached(end);
        trace.add(end, pending.call.name() + "(...) = " + reply.shown());
        judge(pending.call, pending.prepared, reply);
        if (observation != null) {
            line = eventLine;
            return;
        }
        long tolerance = settings.toleranceUs(pending.endUs - pending.startUs);
        if (Math.abs(end - pending.endUs) > tolerance) {
            throw new Failure("the call returned at the wrong time: expected at " + Clock.seconds(pending.endUs) + ", returned at " + Clock.seconds(end) + " (tolerance "
                    + Clock.seconds(tolerance) + ")", sourceLine(), "");
        }
        line = eventLine;
    }

    private static final class BlockedCall {
        private final Event.Call call;
        private final PreparedCall prepared;
        private final int line;
        private final long startUs;
        private final long endUs;
        private @Nullable Reply reply;

        private BlockedCall(Event.Call call, PreparedCall prepared, int line, long startUs, long endUs) {
            this.call = call;
            this.prepared = prepared;
            this.line = line;
            this.startUs = startUs;
            this.endUs = endUs;
        }
    }

    // Commands and snippets.

    private void configure(String command) throws IOException {
        for (Request request : ShellCommands.requests(command)) {
            Reply reply = ask(request);
            if (reply.result() < 0) {
                throw new Skip("this stack cannot be configured so: `" + command.strip() + "`");
            }
        }
    }

    private void snippet(Event.Code code) throws IOException {
        int descriptor = flows.descriptor();
        if (observation != null) {
            observation.information();
            return;
        }
        if (descriptor >= 0) {
            Reply reply = ask(new Request.GetOption(descriptors.handle(descriptor), TCP_LEVEL, TCP_INFO, TcpInfoFields.LENGTH));
            if (reply.body() instanceof Reply.Body.Option option) {
                TcpInfoFields.decode(option.value(), names);
            }
        }
        Snippet.parse(code.text(), code.codeLine()).run(names, output);
        trace.add(clock.nowUs(), "%{ " + code.text().strip().lines().findFirst().orElse("") + " }%");
    }

    // The end.

    private void finish() throws IOException {
        waitForBlocked();
        for (int each : descriptors.open()) {
            stack.submit(2, new Request.Close(descriptors.handle(each)), reply -> {});
        }
        ask(new Request.Bye());
    }
}
