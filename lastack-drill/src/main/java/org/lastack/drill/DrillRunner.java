package org.lastack.drill;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.lastack.drill.DrillResult.Outcome;
import org.lastack.drill.run.PacketTap;
import org.lastack.drill.run.RunSettings;
import org.lastack.drill.run.ScriptRun;
import org.lastack.drill.script.Script;
import org.lastack.drill.stack.StackUnderTest;
import org.lastack.drill.stack.VirtualHost;
import org.lastack.link.PcapngWriter;

/// Runs packet scripts. Each run has a fresh host and a virtual clock, so runs do not influence each other and do not wait.
public final class DrillRunner {
    private DrillRunner() {}

    /// Makes the host for a run.
    @FunctionalInterface
    public interface StackFactory {
        StackUnderTest stack(RunSettings settings) throws IOException;
    }

    /// Runs a script of a file against a host in this process.
    ///
    /// @throws IOException if the file cannot be read or the capture not be created; everything else is a result
    public static DrillResult run(Path file, DrillOptions options) throws IOException {
        return run(file.toString(), Files.readString(file, StandardCharsets.ISO_8859_1), options, inProcess(options));
    }

    /// Hosts of this process.
    public static StackFactory inProcess(DrillOptions options) {
        return settings -> new VirtualHost(settings.local(), settings.mtu(), options.seed());
    }

    /// Runs a script.
    ///
    /// @param name for messages; a name that ends with `v4.pkt` or `v6.pkt` is for that family only
    public static DrillResult run(String name, String source, DrillOptions options, StackFactory factory) throws IOException {
        IpMode mode = options.mode() != null ? options.mode() : byName(name);
        Script script;
        RunSettings settings;
        try {
            script = Script.parse(source, options.defines());
            settings = RunSettings.of(script, mode, options.overrides());
        } catch (DrillSyntaxException e) {
            return failed(name, mode, e.line(), "not a script: " + e.getMessage());
        } catch (IllegalArgumentException e) {
            return failed(name, mode, 1, String.valueOf(e.getMessage()));
        }
        IpMode family = byName(name);
        if (family != null && settings.mode().v4Packets() != family.v4Packets()) {
            return new DrillResult(name, settings.mode(), Outcome.SKIPPED, 0, "the script is for " + family.optionValue() + " only", "", "", List.of(), "", 0);
        }
        if (settings.dryRun()) {
            return new DrillResult(name, settings.mode(), Outcome.PASSED, 0, "", "", "", List.of(), "dry run: the script was read, not run\n", 0);
        }
        return play(name, source, script, settings, options, factory);
    }

    /// Plays a script without judging anything; the result's trace says what the stack did. Its outcome is FAILED if the script itself cannot be played.
    /// For comparing stacks: see [ScriptRun#observe].
    public static DrillResult observe(String name, String source, DrillOptions options, StackFactory factory) throws IOException {
        return run(name, source, options.observing(), factory);
    }

    private static DrillResult failed(String name, @Nullable IpMode mode, int line, String message) {
        return new DrillResult(name, mode == null ? IpMode.IPV4 : mode, Outcome.FAILED, line, message, "", "", List.of(), "", 0);
    }

    private static @Nullable IpMode byName(String name) {
        return name.endsWith("v6.pkt") ? IpMode.IPV6 : name.endsWith("v4.pkt") ? IpMode.IPV4 : null;
    }

    private static DrillResult play(String name, String source, Script script, RunSettings settings, DrillOptions options, StackFactory factory) throws IOException {
        try (StackUnderTest stack = factory.stack(settings); Capture capture = Capture.to(options.pcap())) {
            ScriptRun run = new ScriptRun(script, source, settings, stack, options.verifyEcho(), capture);
            ScriptRun.Ending ending = options.observe() ? run.observe() : run.run();
            return new DrillResult(name, settings.mode(), ending.outcome(), ending.line(), ending.message(), ending.expected(), ending.actual(), ending.trace(),
                    ending.output(), ending.virtualUs());
        }
    }

    /// The modes in which a script can run: all three, unless its name or its own `--ip_version` says less.
    public static List<IpMode> modes(String name, String source) {
        IpMode family = byName(name);
        IpMode own;
        try {
            own = RunSettings.requested(Script.parse(source, Map.of()));
        } catch (DrillSyntaxException | IllegalArgumentException e) {
            own = null;
        }
        List<IpMode> modes = new ArrayList<>();
        for (IpMode each : IpMode.values()) {
            if ((own == null || own == each) && (family == null || family.v4Packets() == each.v4Packets())) {
                modes.add(each);
            }
        }
        return modes;
    }

    /// Writes the packets of a run to a file, or nowhere.
    private static final class Capture implements PacketTap, AutoCloseable {
        private final @Nullable PcapngWriter writer;
        private final int tun;

        private Capture(@Nullable PcapngWriter writer) {
            this.writer = writer;
            tun = writer == null ? 0 : writer.addInterface("tun0", PcapngWriter.LINKTYPE_RAW);
        }

        static Capture to(@Nullable Path file) throws IOException {
            return new Capture(file == null ? null : PcapngWriter.create(file));
        }

        @Override
        public void packet(long timeUs, boolean outbound, byte[] packet) {
            if (writer != null) {
                writer.write(tun, Math.max(0, timeUs) * 1000, packet, 0, packet.length, outbound ? PcapngWriter.Direction.OUTBOUND : PcapngWriter.Direction.INBOUND, null);
            }
        }

        @Override
        public void close() {
            if (writer != null) {
                writer.close();
            }
        }
    }
}
