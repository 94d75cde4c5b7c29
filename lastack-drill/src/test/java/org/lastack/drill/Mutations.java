package org.lastack.drill;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lastack.drill.script.Event;
import org.lastack.drill.script.Expr;
import org.lastack.drill.script.PacketSpec;
import org.lastack.drill.script.PacketSpec.Option;
import org.lastack.drill.script.Script;
import org.lastack.drill.script.When;
import org.lastack.wire.TcpHeader;

/// Scripts with one expected field changed: each must fail.
final class Mutations {
    record Mutant(String change, int line, Script script) {}

    private final Script original;
    private final List<Mutant> mutants = new ArrayList<>();

    private Mutations(Script original) {
        this.original = original;
    }

    static List<Mutant> of(Script script) {
        Mutations mutations = new Mutations(script);
        for (int i = 0; i < script.events().size(); i++) {
            mutations.event(i, script.events().get(i));
        }
        return mutations.mutants;
    }

    private void add(String change, int index, Event event) {
        List<Event> events = new ArrayList<>(original.events());
        events.set(index, event);
        mutants.add(new Mutant(change, event.line(), new Script(original.options(), original.initCommand(), events, original.cleanupCommand())));
    }

    private void event(int index, Event event) {
        switch (event) {
            case Event.Packet packet when !packet.spec().inbound() -> {
                switch (packet.spec()) {
                    case PacketSpec.Tcp tcp -> tcp(index, packet, tcp);
                    case PacketSpec.Udp udp -> packet(index, "length", packet, new PacketSpec.Udp(false, udp.ip(), udp.prefixes(), udp.sourcePort(), udp.destinationPort(),
                            udp.payload() + 1));
                    case PacketSpec.Icmp icmp -> packet(index, "type", packet, new PacketSpec.Icmp(false, icmp.ip(), icmp.prefixes(), "parameter_problem", null, -1, -1,
                            icmp.echoed()));
                }
                time(index, packet);
            }
            case Event.Call call -> call(index, call);
            case Event.Packet p -> {}
            case Event.Command c -> {}
            case Event.Code c -> {}
        }
    }

    private void packet(int index, String change, Event.Packet event, PacketSpec spec) {
        add(change, index, new Event.Packet(event.when(), event.line(), spec));
    }

    private void time(int index, Event.Packet event) {
        When when = event.when();
        if (when.kind() == When.Kind.RELATIVE) {
            add("time", index, new Event.Packet(new When(when.kind(), when.fromUs() + 90_000 + when.fromUs() / 2, when.toUs() + 90_000 + when.toUs() / 2), event.line(), event.spec()));
        }
    }

    private void tcp(int index, Event.Packet event, PacketSpec.Tcp tcp) {
        boolean syn = (tcp.flags() & TcpHeader.SYN) != 0;
        // The script gives a SYN's number its name: any name fits the first time.
        if (!syn) {
            packet(index, "sequence number", event, with(tcp, tcp.flags(), tcp.sequence() + 1, tcp.payload(), tcp.ack(), tcp.window(), tcp.options()));
        }
        if (tcp.hasAck()) {
            packet(index, "acknowledgment", event, with(tcp, tcp.flags(), tcp.sequence(), tcp.payload(), tcp.ack() + 1, tcp.window(), tcp.options()));
        }
        for (int flag : new int[] {TcpHeader.PSH, TcpHeader.FIN, TcpHeader.ECE, TcpHeader.URG}) {
            packet(index, "flag " + flag, event, with(tcp, tcp.flags() ^ flag, tcp.sequence(), tcp.payload(), tcp.ack(), tcp.window(), tcp.options()));
        }
        packet(index, "length", event, with(tcp, tcp.flags(), tcp.sequence(), tcp.payload() + 1, tcp.ack(), tcp.window(), tcp.options()));
        if (tcp.window() >= 0) {
            packet(index, "window", event, with(tcp, tcp.flags(), tcp.sequence(), tcp.payload(), tcp.ack(), tcp.window() + 1, tcp.options()));
        }
        List<Option> options = tcp.options();
        if (tcp.anyOptions()) {
            return;
        }
        if (options == null) {
            List<Option> padding = List.of(new Option.Nop(), new Option.Nop(), new Option.Nop(), new Option.Nop());
            packet(index, "options added", event, with(tcp, tcp.flags(), tcp.sequence(), tcp.payload(), tcp.ack(), tcp.window(), padding));
            return;
        }
        packet(index, "options removed", event, with(tcp, tcp.flags(), tcp.sequence(), tcp.payload(), tcp.ack(), tcp.window(), null));
        for (int i = 0; i < options.size(); i++) {
            Option changed = option(options.get(i));
            if (changed != null) {
                List<Option> list = new ArrayList<>(options);
                list.set(i, changed);
                packet(index, "option " + changed, event, with(tcp, tcp.flags(), tcp.sequence(), tcp.payload(), tcp.ack(), tcp.window(), list));
            }
        }
    }

    private static @Nullable Option option(Option option) {
        return switch (option) {
            case Option.Mss m -> new Option.Mss(m.value() + 1);
            case Option.WindowScale w -> new Option.WindowScale(w.shift() + 1);
            case Option.SackPermitted s -> null;
            case Option.Sack s -> {
                List<Long> edges = new ArrayList<>(s.edges());
                edges.set(edges.size() - 1, edges.getLast() + 1);
                yield new Option.Sack(edges);
            }
            case Option.Timestamps t -> new Option.Timestamps(t.value(), t.echo() + 1, t.literalEcho());
            case Option.Nop n -> new Option.Eol();
            case Option.Eol e -> new Option.Nop();
            case Option.Md5 m -> null;
            case Option.FastOpen f -> null;
            case Option.AccEcn a -> null;
        };
    }

    private static PacketSpec.Tcp with(PacketSpec.Tcp tcp, int flags, long sequence, int payload, long ack, long window, @Nullable List<Option> options) {
        return new PacketSpec.Tcp(tcp.inbound(), tcp.ip(), tcp.prefixes(), tcp.sourcePort(), tcp.destinationPort(), flags, tcp.ace(), sequence, payload, tcp.literalSeq(),
                tcp.hasAck(), ack, window, tcp.urgent(), tcp.anyOptions(), options);
    }

    private void call(int index, Event.Call call) {
        boolean makesDescriptor = call.name().equals("socket") || call.name().equals("accept") || call.name().startsWith("epoll_create");
        if (call.result() instanceof Expr.Num number && !(makesDescriptor && number.value() >= 0)) {
            add("result", index, new Event.Call(call.when(), call.line(), call.endUs(), call.name(), call.arguments(), new Expr.Num(number.value() + 1), null));
        } else if (makesDescriptor) {
            add("result", index, new Event.Call(call.when(), call.line(), call.endUs(), call.name(), call.arguments(), new Expr.Num(-1), "EPERM"));
        }
        if (call.errno() != null) {
            add("errno", index, new Event.Call(call.when(), call.line(), call.endUs(), call.name(), call.arguments(), call.result(), "EIO"));
        }
        if (call.name().equals("getsockopt") || call.name().equals("ioctl") && call.arguments().size() == 3) {
            int value = call.name().equals("ioctl") ? 2 : 3;
            if (call.arguments().get(value) instanceof Expr.Array array && call.result() instanceof Expr.Num number && number.value() == 0) {
                List<Expr> arguments = new ArrayList<>(call.arguments());
                arguments.set(value, new Expr.Array(List.of(new Expr.Or(array.items().getFirst(), new Expr.Num(1 << 20)))));
                add("value", index, new Event.Call(call.when(), call.line(), call.endUs(), call.name(), arguments, call.result(), call.errno()));
            }
        }
        if (call.name().equals("poll") && call.arguments().getFirst() instanceof Expr.Array array && array.items().getFirst() instanceof Expr.PollFd item
                && item.returned() != null) {
            List<Expr> arguments = new ArrayList<>(call.arguments());
            arguments.set(0, new Expr.Array(List.of(new Expr.PollFd(item.descriptor(), item.events(), new Expr.Or(item.returned(), new Expr.Word("POLLMSG"))))));
            add("revents", index, new Event.Call(call.when(), call.line(), call.endUs(), call.name(), arguments, call.result(), call.errno()));
        }
        if (call.blocking()) {
            add("end", index, new Event.Call(call.when(), call.line(), call.endUs() + 90_000 + call.endUs(), call.name(), call.arguments(), call.result(), call.errno()));
        }
    }
}
