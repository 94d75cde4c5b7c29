package org.lastack.drill;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.lastack.drill.run.RunSettings;
import org.lastack.drill.run.ScriptRun;
import org.lastack.drill.script.Event;
import org.lastack.drill.script.PacketSpec;
import org.lastack.drill.script.PacketSpec.Option;
import org.lastack.drill.script.Script;
import org.lastack.drill.script.When;
import org.lastack.drill.stack.VirtualHost;

/// Every script again, with peers that lie: numbers, flags, windows, options and order of the injected packets are changed at random, and
/// mismatches do not end the run. The stack must neither throw nor keep a frame.
class HostileScriptsTest {
    private static final long[] JUMPS = {-1, 1, 5, -1000, 1000, 65_535, 1L << 31};
    private static final int[] FLAGS = {0x00, 0x01, 0x02, 0x03, 0x04, 0x06, 0x10, 0x11, 0x12, 0x14, 0x18, 0x30, 0x3f, 0x50, 0x90, 0x1ff};

    @Test
    void lyingPeersCauseNoFault() throws IOException {
        List<String> faults = new ArrayList<>();
        for (Path each : ScriptFiles.all()) {
            String text = ScriptFiles.text(each);
            String name = ScriptFiles.name(each);
            Script script = Script.parse(text, Map.of());
            for (int seed = 0; seed < 2; seed++) {
                Random random = new Random(name.hashCode() * 31L + seed);
                Script hostile = hostile(script, random);
                RunSettings settings = RunSettings.of(script, DrillRunner.modes(name, text).getFirst(), Map.of("non_fatal", "packet,syscall"));
                VirtualHost host = new VirtualHost(settings.local(), settings.mtu(), 1);
                ScriptRun.Ending ending = new ScriptRun(hostile, text, settings, host, false, null).run();
                if (ending.message().startsWith("the stack failed") || host.engine().frames().outstanding() != 0) {
                    faults.add(name + " seed " + seed + ": " + ending.message() + ", " + host.engine().frames().outstanding() + " frames kept\n" + String.join("\n", ending.trace()));
                }
                host.close();
            }
        }
        assertThat(faults).isEmpty();
    }

    private static Script hostile(Script script, Random random) {
        List<Event> events = new ArrayList<>();
        for (Event each : script.events()) {
            if (each instanceof Event.Packet packet && packet.spec() instanceof PacketSpec.Tcp tcp && tcp.inbound()) {
                Event.Packet changed = random.nextInt(3) == 0 ? new Event.Packet(packet.when(), packet.line(), changed(tcp, random)) : packet;
                events.add(changed);
                if (random.nextInt(8) == 0) {
                    // Duplicated, a little later.
                    events.add(new Event.Packet(new When(When.Kind.RELATIVE, 10_000, 10_000), packet.line(), changed.spec()));
                }
            } else {
                events.add(each);
            }
        }
        return new Script(script.options(), script.initCommand(), events, script.cleanupCommand());
    }

    private static PacketSpec.Tcp changed(PacketSpec.Tcp tcp, Random random) {
        long jump = JUMPS[random.nextInt(JUMPS.length)];
        int what = random.nextInt(6);
        int flags = what == 0 ? FLAGS[random.nextInt(FLAGS.length)] : tcp.flags();
        long sequence = what == 1 ? tcp.sequence() + jump & 0xffff_ffffL : tcp.sequence();
        int payload = what == 2 ? random.nextInt(4) * 1000 : tcp.payload();
        long ack = what == 3 ? tcp.ack() + jump & 0xffff_ffffL : tcp.ack();
        long window = what == 4 ? new long[] {0, 1, 100, 65_535}[random.nextInt(4)] : tcp.window();
        List<Option> options = tcp.options();
        if (what == 5 && options != null) {
            options = options.stream().map(option -> switch (option) {
                case Option.Sack sack -> new Option.Sack(sack.edges().stream().map(edge -> random.nextBoolean() ? edge : edge + jump & 0xffff_ffffL).toList());
                case Option.Timestamps stamp -> new Option.Timestamps(stamp.value() + jump & 0xffff_ffffL, stamp.echo(), stamp.literalEcho());
                case Option.Mss mss -> new Option.Mss(random.nextInt(65_536));
                case Option.WindowScale scale -> new Option.WindowScale(random.nextInt(256));
                default -> option;
            }).toList();
        }
        return new PacketSpec.Tcp(true, tcp.ip(), tcp.prefixes(), tcp.sourcePort(), tcp.destinationPort(), flags, tcp.ace(), sequence, payload, tcp.literalSeq(), tcp.hasAck(),
                ack, window, tcp.urgent(), false, options);
    }
}
