package org.lastack.drill.packet;

import java.io.ByteArrayOutputStream;
import java.util.List;
import org.lastack.drill.script.PacketSpec;
import org.lastack.drill.script.PacketSpec.Option;
import org.lastack.wire.TcpOptions;

/// Writes the options of a script as octets.
final class OptionWriter {
    /// Maps the echo of a timestamp.
    @FunctionalInterface
    interface EchoMap {
        int live(Option.Timestamps option);
    }

    private OptionWriter() {}

    /// @param sackOffset what is added to SACK edges
    static byte[] write(List<Option> options, int sackOffset, EchoMap echoes) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(40);
        for (Option each : options) {
            write(out, each, sackOffset, echoes);
        }
        return out.toByteArray();
    }

    private static void write(ByteArrayOutputStream out, Option option, int sackOffset, EchoMap echoes) {
        switch (option) {
            case Option.Nop n -> out.write(TcpOptions.NOP);
            case Option.Eol e -> out.write(TcpOptions.END);
            case Option.Mss m -> {
                head(out, TcpOptions.MSS, option);
                number(out, m.value(), 2);
            }
            case Option.WindowScale w -> {
                head(out, TcpOptions.WINDOW_SCALE, option);
                number(out, w.shift(), 1);
            }
            case Option.SackPermitted s -> head(out, TcpOptions.SACK_PERMITTED, option);
            case Option.Sack s -> {
                head(out, TcpOptions.SACK, option);
                for (long edge : s.edges()) {
                    number(out, (int) (zeroIfAny(edge) + sackOffset), 4);
                }
            }
            case Option.Timestamps t -> {
                head(out, TcpOptions.TIMESTAMPS, option);
                number(out, t.value(), 4);
                number(out, echoes.live(t), 4);
            }
            case Option.Md5 m -> {
                head(out, 19, option);
                out.writeBytes(m.digest());
            }
            case Option.FastOpen f -> {
                head(out, f.experimental() ? TcpOptions.EXPERIMENT : TcpOptions.FAST_OPEN, option);
                if (f.experimental()) {
                    number(out, TcpOptions.FAST_OPEN_MAGIC, 2);
                }
                out.writeBytes(f.cookie());
            }
            case Option.AccEcn a -> {
                head(out, a.kind1() ? TcpOptions.ACC_ECN_1 : TcpOptions.ACC_ECN_0, option);
                for (long counter : a.counters()) {
                    number(out, counter, 3);
                }
            }
        }
    }

    private static void head(ByteArrayOutputStream out, int kind, Option option) {
        out.write(kind);
        out.write(option.length());
    }

    private static long zeroIfAny(long value) {
        return value == PacketSpec.ANY ? 0 : value;
    }

    private static void number(ByteArrayOutputStream out, long value, int octets) {
        long written = zeroIfAny(value);
        for (int i = octets - 1; i >= 0; i--) {
            out.write((int) (written >>> (8 * i)));
        }
    }
}
