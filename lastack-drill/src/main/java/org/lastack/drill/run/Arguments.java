package org.lastack.drill.run;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.lastack.drill.script.Event;
import org.lastack.drill.script.Expr;
import org.lastack.wire.IpAddress;

/// Typed access to the arguments of a call.
final class Arguments {
    private final String call;
    private final List<Expr> arguments;

    Arguments(Event.Call call) {
        this.call = call.name();
        this.arguments = call.arguments();
    }

    void count(int low, int high) {
        if (arguments.size() < low || arguments.size() > high) {
            throw new Failure(call + "() takes " + (low == high ? low : low + " to " + high) + " arguments, not " + arguments.size());
        }
    }

    int size() {
        return arguments.size();
    }

    Expr at(int index) {
        return arguments.get(index);
    }

    boolean isEllipsis(int index) {
        return arguments.get(index) instanceof Expr.Ellipsis;
    }

    int integer(int index) {
        return (int) number(arguments.get(index));
    }

    long longInteger(int index) {
        return number(arguments.get(index));
    }

    /// The value of a number, a symbol, or of several with `|` between them.
    static long number(Expr expr) {
        return switch (expr) {
            case Expr.Num n -> n.value();
            case Expr.Word w -> {
                Long value = Symbols.value(w.name());
                if (value == null) {
                    throw new Failure("unknown symbol " + w.name());
                }
                yield value;
            }
            case Expr.Or or -> number(or.left()) | number(or.right());
            default -> throw new Failure("expected a number, not " + shown(expr));
        };
    }

    Expr.Array array(int index) {
        if (arguments.get(index) instanceof Expr.Array array) {
            return array;
        }
        throw new Failure(call + "(): argument " + (index + 1) + " must be a list in brackets, not " + shown(arguments.get(index)));
    }

    /// True for a null pointer in the place of a buffer, false for `...`.
    boolean nullBuffer(int index) {
        Expr expr = arguments.get(index);
        if (expr instanceof Expr.Ellipsis) {
            return false;
        }
        if ((expr instanceof Expr.Num || expr instanceof Expr.Word) && number(expr) == 0) {
            return true;
        }
        throw new Failure(call + "(): the buffer is either ... or NULL, not " + shown(expr));
    }

    /// Sum of the lengths of `[{..., n}, ...]`.
    int vectors(Expr expr) {
        if (!(expr instanceof Expr.Array array)) {
            throw new Failure(call + "(): expected a list of vectors, not " + shown(expr));
        }
        long sum = 0;
        for (Expr each : array.items()) {
            if (!(each instanceof Expr.Vector vector)) {
                throw new Failure(call + "(): expected {..., n}, not " + shown(each));
            }
            sum += vector.length();
        }
        if (sum > Integer.MAX_VALUE / 2) {
            throw new Failure(call + "(): " + sum + " octets are too many");
        }
        return (int) sum;
    }

    /// An option's value in Linux's layout: ints, a linger, a string, an address.
    static byte[] optionValue(Expr expr) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        switch (expr) {
            case Expr.Array array -> {
                for (Expr each : array.items()) {
                    little(out, number(each), 4);
                }
            }
            case Expr.Linger linger -> {
                little(out, linger.onOff(), 4);
                little(out, linger.seconds(), 4);
            }
            case Expr.Str string -> out.writeBytes(string.value().getBytes(StandardCharsets.ISO_8859_1));
            case Expr.Braces braces -> {
                for (Expr each : braces.items()) {
                    little(out, number(each instanceof Expr.Assign assign ? assign.value() : each), 8);
                }
            }
            case Expr.Timestamp time -> {
                little(out, time.seconds(), 8);
                little(out, time.nanoseconds(), 8);
            }
            case Expr.Num n -> little(out, n.value(), 4);
            case Expr.Word w -> little(out, number(w), 4);
            case Expr.Or or -> little(out, number(or), 4);
            case Expr.Address address -> {
                IpAddress parsed = IpAddress.parse(address.literal());
                if (parsed == null) {
                    throw new Failure("'" + address.literal() + "' is not an address");
                }
                if (!address.v6()) {
                    big(out, parsed.v4Bits() & 0xffff_ffffL, 4);
                } else {
                    big(out, parsed.high(), 8);
                    big(out, parsed.low(), 8);
                }
            }
            default -> throw new Failure("not an option's value: " + shown(expr));
        }
        return out.toByteArray();
    }

    private static void little(ByteArrayOutputStream out, long value, int octets) {
        for (int i = 0; i < octets; i++) {
            out.write((int) (value >>> (8 * i)));
        }
    }

    private static void big(ByteArrayOutputStream out, long value, int octets) {
        for (int i = octets - 1; i >= 0; i--) {
            out.write((int) (value >>> (8 * i)));
        }
    }

    /// An expression as a script would write it, for messages.
    static String shown(Expr expr) {
        return switch (expr) {
            case Expr.Ellipsis e -> "...";
            case Expr.Num n -> Long.toString(n.value());
            case Expr.Word w -> w.name();
            case Expr.Str s -> '"' + s.value() + '"' + (s.open() ? "..." : "");
            case Expr.Or or -> shown(or.left()) + "|" + shown(or.right());
            case Expr.Assign a -> a.name() + "=" + shown(a.value());
            case Expr.Array a -> "[" + shown(a.items()) + "]";
            case Expr.Address a -> (a.v6() ? "inet6_addr" : "inet_addr") + "(\"" + a.literal() + "\")";
            case Expr.SocketAddress a -> "{sa_family=" + a.family() + ", sin_port=htons(" + a.port() + "), sin_addr=" + shown(a.address()) + "}";
            case Expr.Message m -> "{msg_name(...)=..., msg_iov(...)=" + shown(m.vectors()) + ", msg_flags=" + shown(m.flags())
                    + (m.control() == null ? "" : ", msg_control=" + shown(m.control())) + "}";
            case Expr.Vector v -> "{..., " + v.length() + "}";
            case Expr.ControlMessage c -> "{cmsg_level=" + shown(c.level()) + ", cmsg_type=" + shown(c.type()) + ", cmsg_data=" + shown(c.data()) + "}";
            case Expr.PollFd p -> "{fd=" + shown(p.descriptor()) + ", events=" + shown(p.events()) + (p.returned() == null ? "" : ", revents=" + shown(p.returned())) + "}";
            case Expr.EpollEvent e -> "{events=" + shown(e.events()) + ", " + e.field() + "=" + shown(e.value()) + "}";
            case Expr.Linger l -> "{onoff=" + l.onOff() + ", linger=" + l.seconds() + "}";
            case Expr.Timestamp t -> "{scm_sec=" + t.seconds() + ", scm_nsec=" + t.nanoseconds() + "}";
            case Expr.ExtendedError e -> "{" + shown(e.fields()) + "}";
            case Expr.Braces b -> "{" + shown(b.items()) + "}";
        };
    }

    static String shown(List<Expr> items) {
        StringBuilder out = new StringBuilder();
        for (Expr each : items) {
            out.append(out.isEmpty() ? "" : ", ").append(shown(each));
        }
        return out.toString();
    }
}
