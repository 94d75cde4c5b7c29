package org.lastack.drill.remote;

import java.io.EOFException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lastack.drill.remote.Wire.Reader;
import org.lastack.drill.remote.Wire.Writer;
import org.lastack.drill.stack.ControlData;
import org.lastack.drill.stack.Endpoint;
import org.lastack.drill.stack.Request;
import org.lastack.drill.stack.Request.How;
import org.lastack.drill.stack.Request.Setting;

/// Requests to octets and back: the protocol's table of operations.
final class RequestCodec {
    private static final How[] HOWS = How.values();

    private RequestCodec() {}

    /// The body of a request after its header, or null for one that has no place in the protocol.
    static @Nullable Writer encode(int id, int thread, Request request) {
        Writer out = new Writer();
        int operation = operation(request);
        if (operation < 0) {
            return null;
        }
        out.i32(id).u8(operation).u8(0).u16(thread);
        body(out, request);
        return out;
    }

    private static int operation(Request request) {
        return switch (request) {
            case Request.Hello r -> Operation.HELLO;
            case Request.Config r -> Operation.CONFIG;
            case Request.Bye r -> Operation.BYE;
            case Request.Socket r -> Operation.SOCKET;
            case Request.Bind r -> Operation.BIND;
            case Request.Listen r -> Operation.LISTEN;
            case Request.Accept r -> Operation.ACCEPT;
            case Request.Connect r -> Operation.CONNECT;
            case Request.Receive r -> Operation.RECV;
            case Request.Send r -> Operation.SEND;
            case Request.Fcntl r -> Operation.FCNTL;
            case Request.Ioctl r -> Operation.IOCTL;
            case Request.Close r -> Operation.CLOSE;
            case Request.Shutdown r -> Operation.SHUTDOWN;
            case Request.GetOption r -> Operation.GETSOCKOPT;
            case Request.SetOption r -> Operation.SETSOCKOPT;
            case Request.Poll r -> Operation.POLL;
            case Request.PacketIn r -> Operation.PACKET_IN;
            case Request.PacketOut r -> Operation.PACKET_OUT;
            case Request.Sleep r -> Operation.SLEEP;
            case Request.Now r -> Operation.NOW;
            case Request.EpollCreate r -> Operation.EPOLL_CREATE;
            case Request.EpollControl r -> Operation.EPOLL_CTL;
            case Request.EpollWait r -> Operation.EPOLL_WAIT;
            case Request.Route r -> -1;
            case Request.LinkMtu r -> -1;
        };
    }

    private static void body(Writer out, Request request) {
        switch (request) {
            case Request.Hello r -> out.u16(r.version()).str(r.flags());
            case Request.Config r -> {
                out.i32(r.settings().size());
                for (Setting each : r.settings()) {
                    out.str(each.name()).str(each.value());
                }
            }
            case Request.Bye r -> {}
            case Request.Socket r -> out.i32(r.domain()).i32(r.type()).i32(r.protocol());
            case Request.Bind r -> out.i32(r.handle()).address(r.address());
            case Request.Listen r -> out.i32(r.handle()).i32(r.backlog());
            case Request.Accept r -> out.i32(r.handle());
            case Request.Connect r -> out.i32(r.handle()).address(r.address());
            case Request.Receive r -> out.i32(r.handle()).i32(r.room()).i32(r.flags()).u8(r.how().ordinal()).u8(r.nullBuffer() ? 1 : 0).i32(r.controlRoom());
            case Request.Send r -> out.i32(r.handle()).i32(r.flags()).u8(r.how().ordinal()).u8(r.nullBuffer() ? 1 : 0).address(r.destination()).control(r.control())
                    .blob(r.data());
            case Request.Fcntl r -> out.i32(r.handle()).i32(r.command()).i32(r.argument());
            case Request.Ioctl r -> out.i32(r.handle()).i64(r.request());
            case Request.Close r -> out.i32(r.handle());
            case Request.Shutdown r -> out.i32(r.handle()).i32(r.how());
            case Request.GetOption r -> out.i32(r.handle()).i32(r.level()).i32(r.name()).i32(r.room());
            case Request.SetOption r -> out.i32(r.handle()).i32(r.level()).i32(r.name()).blob(r.value());
            case Request.Poll r -> {
                out.i32(r.timeoutMs()).i32(r.handles().length);
                for (int i = 0; i < r.handles().length; i++) {
                    out.i32(r.handles()[i]).u16(r.events()[i]);
                }
            }
            case Request.PacketIn r -> out.blob(r.packet());
            case Request.PacketOut r -> out.i32(r.room());
            case Request.Sleep r -> out.i32((int) Math.min(r.microseconds(), 0xffff_ffffL));
            case Request.Now r -> {}
            case Request.EpollCreate r -> out.i32(r.size());
            case Request.EpollControl r -> out.i32(r.handle()).i32(r.operation()).i32(r.target()).i32(r.events()).i64(r.data());
            case Request.EpollWait r -> out.i32(r.handle()).i32(r.max()).i32(r.timeoutMs());
            case Request.Route r -> throw new IllegalArgumentException("no operation");
            case Request.LinkMtu r -> throw new IllegalArgumentException("no operation");
        }
    }

    /// Null for an operation that the protocol does not have.
    ///
    /// @throws IOException if the body is too short or holds what cannot be
    static @Nullable Request decode(int operation, Reader in) throws IOException {
        try {
            return switch (operation) {
                case Operation.HELLO -> new Request.Hello(in.u16(), in.str());
                case Operation.CONFIG -> config(in);
                case Operation.BYE -> new Request.Bye();
                case Operation.SOCKET -> new Request.Socket(in.i32(), in.i32(), in.i32());
                case Operation.BIND -> new Request.Bind(in.i32(), in.address());
                case Operation.LISTEN -> new Request.Listen(in.i32(), in.i32());
                case Operation.ACCEPT -> new Request.Accept(in.i32());
                case Operation.CONNECT -> new Request.Connect(in.i32(), in.address());
                case Operation.RECV -> new Request.Receive(in.i32(), in.count(), in.i32(), how(in.u8()), in.u8() != 0, in.count());
                case Operation.SEND -> send(in);
                case Operation.FCNTL -> new Request.Fcntl(in.i32(), in.i32(), in.i32());
                case Operation.IOCTL -> new Request.Ioctl(in.i32(), in.i64());
                case Operation.CLOSE -> new Request.Close(in.i32());
                case Operation.SHUTDOWN -> new Request.Shutdown(in.i32(), in.i32());
                case Operation.GETSOCKOPT -> new Request.GetOption(in.i32(), in.i32(), in.i32(), in.count());
                case Operation.SETSOCKOPT -> new Request.SetOption(in.i32(), in.i32(), in.i32(), in.blob());
                case Operation.POLL -> poll(in);
                case Operation.PACKET_IN -> new Request.PacketIn(in.blob(), 0);
                case Operation.PACKET_OUT -> new Request.PacketOut(in.count(), Long.MAX_VALUE);
                case Operation.SLEEP -> new Request.Sleep(in.i32() & 0xffff_ffffL);
                case Operation.NOW -> new Request.Now();
                case Operation.EPOLL_CREATE -> new Request.EpollCreate(in.i32());
                case Operation.EPOLL_CTL -> new Request.EpollControl(in.i32(), in.i32(), in.i32(), in.i32(), in.i64());
                case Operation.EPOLL_WAIT -> new Request.EpollWait(in.i32(), in.i32(), in.i32());
                default -> null;
            };
        } catch (EOFException e) {
            throw new ProtocolException("the body of operation " + operation + " is too short");
        }
    }

    private static How how(int number) throws IOException {
        if (number >= HOWS.length) {
            throw new ProtocolException("unknown way to send or receive: " + number);
        }
        return HOWS[number];
    }

    private static Request config(Reader in) throws IOException {
        int count = in.count();
        List<Setting> settings = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            String name = in.str();
            settings.add(new Setting(name, in.str()));
        }
        return new Request.Config(settings);
    }

    private static Request send(Reader in) throws IOException {
        int handle = in.i32();
        int flags = in.i32();
        How how = how(in.u8());
        boolean nullBuffer = in.u8() != 0;
        Endpoint destination = in.address();
        List<ControlData> control = in.control();
        return new Request.Send(handle, flags, how, nullBuffer, destination, control, in.blob());
    }

    private static Request poll(Reader in) throws IOException {
        int timeout = in.i32();
        int count = in.count();
        List<int[]> items = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            items.add(new int[] {in.i32(), in.u16()});
        }
        return new Request.Poll(timeout, items.stream().mapToInt(each -> each[0]).toArray(), items.stream().mapToInt(each -> each[1]).toArray());
    }
}
