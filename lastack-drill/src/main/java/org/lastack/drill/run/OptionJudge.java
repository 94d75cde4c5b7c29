package org.lastack.drill.run;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.function.LongUnaryOperator;
import org.jspecify.annotations.Nullable;
import org.lastack.drill.script.Expr;
import org.lastack.drill.stack.ControlData;
import org.lastack.drill.stack.Reply;

/// Compares what calls return besides their result: option values, message flags, control messages, readiness.
final class OptionJudge {
    private final LongUnaryOperator scriptTime;
    private final long toleranceUs;

    /// @param scriptTime the script's time of a moment on the stack's clock, both in microseconds
    OptionJudge(LongUnaryOperator scriptTime, long toleranceUs) {
        this.scriptTime = scriptTime;
        this.toleranceUs = toleranceUs;
    }

    @Nullable String option(Expr expected, int room, Reply reply) {
        if (expected instanceof Expr.Ellipsis) {
            return null;
        }
        if (!(reply.body() instanceof Reply.Body.Option option)) {
            return "no value was returned";
        }
        byte[] value = option.value();
        if (expected instanceof Expr.Str string) {
            return string(string, value);
        }
        byte[] wanted = Arguments.optionValue(expected);
        if (value.length != room) {
            return "length of the value: expected " + room + ", came " + value.length;
        }
        int compared = Math.min(wanted.length, room);
        for (int i = 0; i < compared; i++) {
            if (wanted[i] != value[i]) {
                return "value: expected " + Arguments.shown(expected) + ", came " + shown(expected, value);
            }
        }
        return null;
    }

    private static @Nullable String string(Expr.Str expected, byte[] value) {
        byte[] wanted = expected.value().getBytes(StandardCharsets.ISO_8859_1);
        boolean fits = value.length >= wanted.length;
        for (int i = 0; fits && i < value.length; i++) {
            fits = i < wanted.length ? value[i] == wanted[i] : expected.open() || value[i] == 0;
        }
        return fits ? null : "value: expected \"" + expected.value() + "\", came \"" + new String(value, StandardCharsets.ISO_8859_1).replace("\0", "") + '"';
    }

    private static String shown(Expr expected, byte[] value) {
        ByteBuffer in = ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN);
        if (expected instanceof Expr.Array && value.length % 4 == 0) {
            StringBuilder out = new StringBuilder("[");
            while (in.hasRemaining()) {
                out.append(in.position() == 0 ? "" : ", ").append(in.getInt());
            }
            return out.append(']').toString();
        }
        if (expected instanceof Expr.Linger && value.length == 8) {
            return "{onoff=" + in.getInt() + ", linger=" + in.getInt() + "}";
        }
        return HexFormat.of().formatHex(value);
    }

    static @Nullable String value(long expected, Reply reply) {
        if (!(reply.body() instanceof Reply.Body.Value value)) {
            return "no value was returned";
        }
        return value.value() == (int) expected ? null : "value: expected " + expected + ", came " + value.value();
    }

    // Messages.

    @Nullable String message(Expr.Message expected, Reply reply) {
        if (!(reply.body() instanceof Reply.Body.Received received)) {
            return "no message was returned";
        }
        long flags = Arguments.number(expected.flags());
        if (received.messageFlags() != (int) flags) {
            return "msg_flags: expected 0x" + Long.toHexString(flags) + ", came 0x" + Integer.toHexString(received.messageFlags());
        }
        if (expected.control() == null) {
            return null;
        }
        if (!(expected.control() instanceof Expr.Array array)) {
            throw new Failure("msg_control: expected a list, not " + Arguments.shown(expected.control()));
        }
        return control(array.items(), received.control());
    }

    private @Nullable String control(List<Expr> expected, List<ControlData> actual) {
        if (expected.size() != actual.size()) {
            return "control messages: expected " + expected.size() + ", came " + actual.size();
        }
        for (int i = 0; i < actual.size(); i++) {
            if (!(expected.get(i) instanceof Expr.ControlMessage wanted)) {
                throw new Failure("expected {cmsg_level=...}, not " + Arguments.shown(expected.get(i)));
            }
            ControlData came = actual.get(i);
            if (Arguments.number(wanted.level()) != came.level() || Arguments.number(wanted.type()) != came.type()) {
                return "control message: expected level " + Arguments.shown(wanted.level()) + " type " + Arguments.shown(wanted.type()) + ", came " + came.level() + " "
                        + came.type();
            }
            String problem = wanted.data() instanceof Expr.Timestamp time && came.isTime() ? time(time, came) : controlData(wanted.data(), came.data());
            if (problem != null) {
                return problem;
            }
        }
        return null;
    }

    /// A time stamp is a moment of the script.
    private @Nullable String time(Expr.Timestamp wanted, ControlData came) {
        long expectedUs = wanted.seconds() * 1_000_000 + wanted.nanoseconds() / 1000;
        long actualUs = scriptTime.applyAsLong(came.timeNs() / 1000);
        return Math.abs(expectedUs - actualUs) <= toleranceUs ? null
                : "time stamp: expected " + Clock.seconds(expectedUs) + ", came " + Clock.seconds(actualUs) + " (tolerance " + Clock.seconds(toleranceUs) + ")";
    }

    private static @Nullable String controlData(Expr expected, byte[] data) {
        byte[] wanted = switch (expected) {
            case Expr.ExtendedError error -> extendedError(error);
            case Expr.Ellipsis e -> new byte[0];
            default -> Arguments.optionValue(expected);
        };
        for (int i = 0; i < Math.min(wanted.length, data.length); i++) {
            if (wanted[i] != data[i]) {
                return "control data: expected " + Arguments.shown(expected) + ", came " + HexFormat.of().formatHex(data);
            }
        }
        return data.length < Math.min(wanted.length, 4) && expected instanceof Expr.ExtendedError ? "control data are too short" : null;
    }

    /// `struct sock_extended_err`: u32 errno, u8 origin, type, code, pad, u32 info, u32 data.
    private static byte[] extendedError(Expr.ExtendedError error) {
        ByteBuffer out = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
        List<Expr> fields = error.fields();
        out.putInt((int) Arguments.number(fields.get(0)));
        for (int i = 1; i < 4; i++) {
            out.put((byte) Arguments.number(fields.get(i)));
        }
        out.put((byte) 0);
        out.putInt((int) Arguments.number(fields.get(4)));
        out.putInt((int) Arguments.number(fields.get(5)));
        return out.array();
    }

    // Readiness.

    static @Nullable String ready(List<Expr> items, @Nullable Expr[] expected, Reply reply) {
        int[] returned = reply.body() instanceof Reply.Body.Ready ready ? ready.returned() : new int[items.size()];
        for (int i = 0; i < expected.length; i++) {
            Expr wanted = expected[i];
            if (wanted != null && (i >= returned.length || (int) Arguments.number(wanted) != returned[i])) {
                return "revents: expected " + Arguments.shown(wanted) + ", came " + events(i < returned.length ? returned[i] : 0);
            }
        }
        return null;
    }

    static @Nullable String epoll(Expr.EpollEvent expected, Reply reply) {
        int events = 0;
        long data = 0;
        if (reply.body() instanceof Reply.Body.EpollReady ready && ready.events().length > 0) {
            events = ready.events()[0];
            data = ready.data()[0];
        }
        if ((int) Arguments.number(expected.events()) != events) {
            return "events: expected " + Arguments.shown(expected.events()) + ", came " + events(events);
        }
        if (Arguments.number(expected.value()) != data) {
            return expected.field() + ": expected " + Arguments.shown(expected.value()) + ", came " + data;
        }
        return null;
    }

    private static String events(int bits) {
        StringBuilder out = new StringBuilder();
        String[] names = {"POLLIN", "POLLPRI", "POLLOUT", "POLLERR", "POLLHUP", "POLLNVAL"};
        for (int i = 0; i < names.length; i++) {
            if ((bits & 1 << i) != 0) {
                out.append(out.isEmpty() ? "" : "|").append(names[i]);
            }
        }
        int rest = bits & ~0x3f;
        if ((rest & 0x2000) != 0) {
            out.append(out.isEmpty() ? "" : "|").append("POLLRDHUP");
            rest &= ~0x2000;
        }
        if (rest != 0 || out.isEmpty()) {
            out.append(out.isEmpty() ? "" : "|").append("0x").append(Integer.toHexString(rest));
        }
        return out.toString();
    }
}
