package org.lastack.drill.run;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.LongUnaryOperator;
import org.jspecify.annotations.Nullable;
import org.lastack.drill.IpMode;
import org.lastack.drill.script.Event;
import org.lastack.drill.script.Expr;
import org.lastack.drill.stack.Endpoint;
import org.lastack.drill.stack.Request;
import org.lastack.drill.stack.Request.How;
import org.lastack.wire.IpAddress;

/// Translates the calls of scripts. `...` stands for the test's own value: addresses by the mode, buffers of zeros.
final class Syscalls {
    /// Calls about files, pipes and privileges of the machine that a script normally runs on: there is no such machine here.
    private static final Set<String> NOT_HERE = Set.of("open", "sendfile", "pipe", "splice", "vmsplice", "cap_set", "mmap", "munmap", "epoll_pwait2", "psp_dev_init",
            "psp_rx_assoc", "psp_tx_assoc", "psp_key_rotate", "io_uring_setup");
    private static final int CONTROL_ROOM = 512;

    private final RunSettings settings;
    private final Descriptors descriptors;
    private final OptionJudge optionJudge;

    /// @param scriptTime the script's time of a moment on the stack's clock, both in microseconds
    Syscalls(RunSettings settings, Descriptors descriptors, LongUnaryOperator scriptTime) {
        optionJudge = new OptionJudge(scriptTime, settings.toleranceUs(0));
        this.settings = settings;
        this.descriptors = descriptors;
    }

    PreparedCall prepare(Event.Call call) {
        if (NOT_HERE.contains(call.name())) {
            throw new Skip("the call " + call.name() + "() needs files, pipes or devices of a real machine");
        }
        Arguments arguments = new Arguments(call);
        return switch (call.name()) {
            case "socket" -> socket(arguments);
            case "bind" -> bind(arguments);
            case "listen" -> {
                arguments.count(2, 2);
                yield new PreparedCall(new Request.Listen(handle(arguments), arguments.integer(1)));
            }
            case "accept", "accept4" -> accept(arguments);
            case "connect" -> connect(arguments);
            case "read", "readv", "recv", "recvfrom", "recvmsg" -> receive(call.name(), arguments);
            case "write", "writev", "send", "sendto", "sendmsg" -> send(call.name(), arguments);
            case "fcntl" -> {
                arguments.count(2, 3);
                yield new PreparedCall(new Request.Fcntl(handle(arguments), arguments.integer(1), arguments.size() == 3 ? arguments.integer(2) : 0));
            }
            case "ioctl" -> ioctl(arguments);
            case "close" -> {
                arguments.count(1, 1);
                yield new PreparedCall(new Request.Close(handle(arguments)));
            }
            case "shutdown" -> {
                arguments.count(2, 2);
                yield new PreparedCall(new Request.Shutdown(handle(arguments), arguments.integer(1)));
            }
            case "getsockopt" -> getOption(arguments);
            case "setsockopt" -> setOption(arguments);
            case "poll" -> poll(arguments);
            case "epoll_create", "epoll_create1" -> {
                arguments.count(1, 1);
                yield new PreparedCall(new Request.EpollCreate(arguments.integer(0)), true, PreparedCall.ANYTHING);
            }
            case "epoll_ctl" -> epollControl(arguments);
            case "epoll_wait" -> epollWait(arguments);
            default -> throw new Failure("unknown call " + call.name() + "()");
        };
    }

    private int handle(Arguments arguments) {
        return descriptors.handle(arguments.longInteger(0));
    }

    // Sockets and addresses.

    private PreparedCall socket(Arguments arguments) {
        arguments.count(3, 3);
        int domain = arguments.isEllipsis(0) ? settings.mode() == IpMode.IPV4 ? 2 : 10 : arguments.integer(0);
        return new PreparedCall(new Request.Socket(domain, arguments.integer(1), arguments.integer(2)), true, PreparedCall.ANYTHING);
    }

    private Endpoint endpoint(IpAddress address, int port) {
        return new Endpoint(settings.mode() == IpMode.IPV4 ? 4 : 6, port, address);
    }

    private Endpoint address(Arguments arguments, int index, Endpoint own) {
        Expr expr = arguments.at(index);
        return switch (expr) {
            case Expr.Ellipsis e -> own;
            case Expr.SocketAddress literal -> literal(literal);
            default -> {
                long family = Arguments.number(expr);
                if (family == 0) {
                    yield Endpoint.NONE;
                }
                yield family == 2 || family == 10 ? own : Endpoint.NONE;
            }
        };
    }

    private static Endpoint literal(Expr.SocketAddress literal) {
        IpAddress address = switch (literal.address()) {
            case Expr.Address a -> IpAddress.parse(a.literal());
            case Expr.Word w when w.name().equals("INADDR_ANY") -> IpAddress.ANY_V4;
            default -> null;
        };
        if (address == null) {
            throw new Failure("not an address: " + Arguments.shown(literal.address()));
        }
        long family = Arguments.number(new Expr.Word(literal.family()));
        if (family == 0) {
            return Endpoint.NONE;
        }
        if (family == 2 && !address.isV4()) {
            throw new Failure(address + " is no AF_INET address");
        }
        return new Endpoint(family == 2 ? 4 : 6, (int) literal.port(), address);
    }

    private PreparedCall bind(Arguments arguments) {
        arguments.count(3, 3);
        return new PreparedCall(new Request.Bind(handle(arguments), address(arguments, 1, endpoint(settings.local(), settings.bindPort()))));
    }

    private PreparedCall connect(Arguments arguments) {
        arguments.count(3, 3);
        return new PreparedCall(new Request.Connect(handle(arguments), address(arguments, 1, endpoint(settings.remote(), settings.connectPort()))));
    }

    private PreparedCall accept(Arguments arguments) {
        arguments.count(3, 4);
        return new PreparedCall(new Request.Accept(handle(arguments)), true, PreparedCall.ANYTHING);
    }

    // Data.

    private PreparedCall receive(String name, Arguments arguments) {
        int handle = handle(arguments);
        switch (name) {
            case "read" -> {
                arguments.count(3, 3);
                return new PreparedCall(new Request.Receive(handle, length(arguments, 2), 0, How.PLAIN, arguments.nullBuffer(1), 0));
            }
            case "recv" -> {
                arguments.count(4, 4);
                return new PreparedCall(new Request.Receive(handle, length(arguments, 2), arguments.integer(3), How.FLAGS, arguments.nullBuffer(1), 0));
            }
            case "recvfrom" -> {
                arguments.count(6, 6);
                return new PreparedCall(new Request.Receive(handle, length(arguments, 2), arguments.integer(3), How.ADDRESS, arguments.nullBuffer(1), 0));
            }
            case "readv" -> {
                arguments.count(3, 3);
                return new PreparedCall(new Request.Receive(handle, arguments.vectors(arguments.at(1)), 0, How.VECTOR, false, 0));
            }
            default -> {
                arguments.count(3, 3);
                if (!(arguments.at(1) instanceof Expr.Message message)) {
                    throw new Failure("recvmsg(): expected {msg_name(...)=..., ...}, not " + Arguments.shown(arguments.at(1)));
                }
                Request request = new Request.Receive(handle, arguments.vectors(message.vectors()), arguments.integer(2), How.MESSAGE, false,
                        message.control() == null ? 0 : CONTROL_ROOM);
                return new PreparedCall(request, reply -> optionJudge.message(message, reply));
            }
        }
    }

    private static int length(Arguments arguments, int index) {
        long length = arguments.longInteger(index);
        if (length < 0 || length > Integer.MAX_VALUE / 2) {
            throw new Failure("length " + length + " is outside 0.." + Integer.MAX_VALUE / 2);
        }
        return (int) length;
    }

    private PreparedCall send(String name, Arguments arguments) {
        int handle = handle(arguments);
        return switch (name) {
            case "write" -> {
                arguments.count(3, 3);
                yield sending(handle, 0, How.PLAIN, arguments.nullBuffer(1), Endpoint.NONE, length(arguments, 2));
            }
            case "send" -> {
                arguments.count(4, 4);
                yield sending(handle, arguments.integer(3), How.FLAGS, arguments.nullBuffer(1), Endpoint.NONE, length(arguments, 2));
            }
            case "sendto" -> {
                arguments.count(6, 6);
                Endpoint to = address(arguments, 4, endpoint(settings.remote(), settings.connectPort()));
                yield sending(handle, arguments.integer(3), How.ADDRESS, arguments.nullBuffer(1), to, length(arguments, 2));
            }
            case "writev" -> {
                arguments.count(3, 3);
                yield sending(handle, 0, How.VECTOR, false, Endpoint.NONE, arguments.vectors(arguments.at(1)));
            }
            default -> {
                arguments.count(3, 3);
                if (!(arguments.at(1) instanceof Expr.Message message)) {
                    throw new Failure("sendmsg(): expected {msg_name(...)=..., ...}, not " + Arguments.shown(arguments.at(1)));
                }
                if (message.control() != null) {
                    throw new Skip("sendmsg() with control messages is not supported");
                }
                yield sending(handle, arguments.integer(2), How.MESSAGE, false, Endpoint.NONE, arguments.vectors(message.vectors()));
            }
        };
    }

    private static PreparedCall sending(int handle, int flags, How how, boolean nullBuffer, Endpoint to, int length) {
        return new PreparedCall(new Request.Send(handle, flags, how, nullBuffer, to, List.of(), new byte[length]));
    }

    // Options.

    private PreparedCall ioctl(Arguments arguments) {
        arguments.count(2, 3);
        Request request = new Request.Ioctl(handle(arguments), arguments.longInteger(1));
        if (arguments.size() < 3 || !(arguments.at(2) instanceof Expr.Array array) || array.items().isEmpty()) {
            return new PreparedCall(request);
        }
        long expected = Arguments.number(array.items().getFirst());
        return new PreparedCall(request, reply -> OptionJudge.value(expected, reply));
    }

    private PreparedCall getOption(Arguments arguments) {
        arguments.count(5, 5);
        Expr length = arguments.at(4);
        int room = (int) Arguments.number(length instanceof Expr.Array array && !array.items().isEmpty() ? array.items().getFirst() : length);
        if (room < 0 || room > 65_536) {
            throw new Failure("getsockopt(): length " + room + " is outside 0..65536");
        }
        Request request = new Request.GetOption(handle(arguments), arguments.integer(1), arguments.integer(2), room);
        return new PreparedCall(request, reply -> optionJudge.option(arguments.at(3), room, reply));
    }

    private PreparedCall setOption(Arguments arguments) {
        arguments.count(5, 5);
        byte[] value = arguments.isEllipsis(3) ? new byte[0] : Arguments.optionValue(arguments.at(3));
        int length = arguments.integer(4);
        if (length < 0 || length > 65_536) {
            throw new Failure("setsockopt(): length " + length + " is outside 0..65536");
        }
        return new PreparedCall(new Request.SetOption(handle(arguments), arguments.integer(1), arguments.integer(2), Arrays.copyOf(value, length)));
    }

    // Readiness.

    private PreparedCall poll(Arguments arguments) {
        arguments.count(3, 3);
        List<Expr> items = arguments.array(0).items();
        if (arguments.longInteger(1) != items.size()) {
            throw new Failure("poll(): " + items.size() + " descriptors are written, but nfds is " + arguments.longInteger(1));
        }
        int[] handles = new int[items.size()];
        int[] events = new int[items.size()];
        @Nullable Expr[] returned = new @Nullable Expr[items.size()];
        for (int i = 0; i < handles.length; i++) {
            if (!(items.get(i) instanceof Expr.PollFd item)) {
                throw new Failure("poll(): expected {fd=..., events=...}, not " + Arguments.shown(items.get(i)));
            }
            handles[i] = descriptors.handle(Arguments.number(item.descriptor()));
            events[i] = (int) Arguments.number(item.events());
            returned[i] = item.returned();
        }
        return new PreparedCall(new Request.Poll(arguments.integer(2), handles, events), reply -> OptionJudge.ready(items, returned, reply));
    }

    private PreparedCall epollControl(Arguments arguments) {
        arguments.count(3, 4);
        int events = 0;
        long data = 0;
        if (arguments.size() == 4 && arguments.at(3) instanceof Expr.EpollEvent event) {
            events = (int) Arguments.number(event.events());
            data = Arguments.number(event.value());
        }
        return new PreparedCall(new Request.EpollControl(handle(arguments), arguments.integer(1), descriptors.handle(arguments.longInteger(2)), events, data));
    }

    private PreparedCall epollWait(Arguments arguments) {
        arguments.count(4, 4);
        Expr first = arguments.at(1) instanceof Expr.Array array && !array.items().isEmpty() ? array.items().getFirst() : arguments.at(1);
        Request request = new Request.EpollWait(handle(arguments), arguments.integer(2), arguments.integer(3));
        if (!(first instanceof Expr.EpollEvent event)) {
            return new PreparedCall(request);
        }
        return new PreparedCall(request, reply -> OptionJudge.epoll(event, reply));
    }
}
