package org.lastack.tools.drill;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.lastack.core.Errno;
import org.lastack.drill.stack.ControlData;
import org.lastack.drill.stack.Endpoint;
import org.lastack.drill.stack.Reply;
import org.lastack.drill.stack.Request;
import org.lastack.link.linux.KernelSockets;
import org.lastack.link.linux.KernelSockets.Filled;
import org.lastack.link.linux.KernelSockets.Message;
import org.lastack.wire.IpAddress;

/// The socket calls of a script, made on the kernel. Handles are descriptors. Blocks as the kernel does; any thread.
final class KernelCalls {
    private static final int AF_INET = 2;
    private static final int AF_INET6 = 10;
    /// A descriptor that is surely not open, where -1 would mean something of its own.
    private static final int CLOSED = 1 << 20;
    private static final int CMSGHDR = 16;

    private final Set<Integer> open = ConcurrentHashMap.newKeySet();

    Reply call(Request request) {
        return switch (request) {
            case Request.Socket socket -> opened(KernelSockets.socket(socket.domain(), socket.type(), socket.protocol()));
            case Request.Bind bind -> reply(KernelSockets.bind(bind.handle(), address(bind.address())));
            case Request.Listen listen -> reply(KernelSockets.listen(listen.handle(), listen.backlog()));
            case Request.Accept accept -> {
                Filled accepted = KernelSockets.accept(accept.handle());
                opened(accepted.result());
                yield reply(accepted.result(), new Reply.Body.Peer(endpoint(accepted.value())));
            }
            case Request.Connect connect -> reply(KernelSockets.connect(connect.handle(), address(connect.address())));
            case Request.Receive receive -> receive(receive);
            case Request.Send send -> reply(KernelSockets.send(send.handle(), send.data(), send.flags(), send.nullBuffer(),
                    send.destination().family() == 0 ? new byte[0] : address(send.destination()), control(send.control())));
            case Request.Fcntl fcntl -> reply(KernelSockets.fcntl(fcntl.handle(), fcntl.command(), fcntl.argument()));
            case Request.Ioctl ioctl -> {
                Filled value = KernelSockets.ioctl(ioctl.handle(), ioctl.request());
                yield reply(value.result(), new Reply.Body.Value(buffer(value.value()).getInt()));
            }
            // Never what is not ours: the number may belong to something else of this process by now.
            case Request.Close close -> reply(open.remove(close.handle()) ? KernelSockets.close(close.handle()) : -Errno.EBADF);
            case Request.Shutdown shutdown -> reply(KernelSockets.shutdown(shutdown.handle(), shutdown.how()));
            case Request.GetOption get -> {
                Filled value = KernelSockets.getOption(get.handle(), get.level(), get.name(), get.room());
                yield reply(value.result(), new Reply.Body.Option(value.value()));
            }
            case Request.SetOption set -> reply(KernelSockets.setOption(set.handle(), set.level(), set.name(), set.value()));
            case Request.Poll poll -> {
                int[] returned = new int[poll.handles().length];
                int[] handles = Arrays.stream(poll.handles()).map(each -> each < 0 ? CLOSED : each).toArray();
                int result = KernelSockets.poll(handles, poll.events(), returned, poll.timeoutMs());
                yield reply(result, new Reply.Body.Ready(returned));
            }
            case Request.EpollCreate create -> opened(KernelSockets.epollCreate(create.size()));
            case Request.EpollControl control -> reply(
                    KernelSockets.epollControl(control.handle(), control.operation(), control.target(), control.events(), control.data()));
            case Request.EpollWait wait -> {
                int room = Math.clamp(wait.max(), 0, 1024);
                int[] events = new int[room];
                long[] data = new long[room];
                int result = KernelSockets.epollWait(wait.handle(), wait.max(), events, data, wait.timeoutMs());
                int count = Math.max(0, result);
                yield reply(result, new Reply.Body.EpollReady(Arrays.copyOf(events, count), Arrays.copyOf(data, count)));
            }
            default -> throw new IllegalArgumentException("no socket call: " + request);
        };
    }

    private Reply opened(int descriptor) {
        if (descriptor >= 0) {
            open.add(descriptor);
        }
        return reply(descriptor);
    }

    private static Reply reply(int result) {
        return reply(result, Reply.Body.NOTHING);
    }

    private static Reply reply(int result, Reply.Body body) {
        long now = System.nanoTime() / 1000;
        return result < 0 ? Reply.error(now, result) : Reply.ok(now, result, body);
    }

    private static Reply receive(Request.Receive request) {
        Message message = KernelSockets.receive(request.handle(), request.room(), request.flags(), request.nullBuffer(), request.controlRoom());
        if (message.result() < 0) {
            return reply(message.result());
        }
        return reply(message.result(), new Reply.Body.Received(message.data(), endpoint(message.source()), message.flags(), onOurClock(controlOf(message.control()))));
    }

    /// The kernel's time stamps are times of day; the others here are of [System#nanoTime].
    private static List<ControlData> onOurClock(List<ControlData> messages) {
        java.time.Instant now = java.time.Instant.now();
        long ahead = now.getEpochSecond() * 1_000_000_000 + now.getNano() - System.nanoTime();
        return messages.stream().map(each -> each.isTime() ? each.at(each.timeNs() - ahead) : each).toList();
    }

    /// Closes what the script has left open.
    void closeAll() {
        for (int each : List.copyOf(open)) {
            if (open.remove(each)) {
                KernelSockets.close(each);
            }
        }
    }

    // Memory layouts.

    private static ByteBuffer buffer(byte[] bytes) {
        return ByteBuffer.wrap(bytes).order(KernelSockets.order());
    }

    /// A `sockaddr`: the family in the machine's order, port and address in the network's.
    private static byte[] address(Endpoint endpoint) {
        byte[] octets = endpoint.address().toBytes();
        ByteBuffer out = buffer(new byte[endpoint.family() == 6 ? 28 : 16]);
        out.putShort((short) (endpoint.family() == 0 ? 0 : endpoint.family() == 4 ? AF_INET : AF_INET6));
        out.put((byte) (endpoint.port() >> 8)).put((byte) endpoint.port());
        if (endpoint.family() == 4) {
            out.put(octets, octets.length - 4, 4);
        } else if (endpoint.family() == 6) {
            out.putInt(0);
            if (octets.length == 4) {
                out.position(out.position() + 10).put((byte) -1).put((byte) -1);
            }
            out.put(octets);
        }
        return out.array();
    }

    private static Endpoint endpoint(byte[] address) {
        if (address.length < 8) {
            return Endpoint.NONE;
        }
        ByteBuffer in = buffer(address);
        int family = in.getShort();
        int port = (in.get() & 0xff) << 8 | in.get() & 0xff;
        if (family == AF_INET) {
            return new Endpoint(4, port, IpAddress.readV4(address, 4));
        }
        return family == AF_INET6 && address.length >= 24 ? new Endpoint(6, port, IpAddress.readV6(address, 8)) : Endpoint.NONE;
    }

    private static byte[] control(List<ControlData> messages) {
        ByteBuffer out = buffer(new byte[messages.stream().mapToInt(each -> CMSGHDR + aligned(each.data().length)).sum()]);
        for (ControlData each : messages) {
            int start = out.position();
            out.putLong(CMSGHDR + each.data().length).putInt(each.level()).putInt(each.type()).put(each.data());
            out.position(start + CMSGHDR + aligned(each.data().length));
        }
        return out.array();
    }

    private static List<ControlData> controlOf(byte[] bytes) {
        List<ControlData> messages = new ArrayList<>();
        ByteBuffer in = buffer(bytes);
        for (int at = 0; at + CMSGHDR <= bytes.length;) {
            int length = (int) in.getLong(at);
            if (length < CMSGHDR || at + length > bytes.length) {
                break;
            }
            messages.add(new ControlData(in.getInt(at + 8), in.getInt(at + 12), Arrays.copyOfRange(bytes, at + CMSGHDR, at + length)));
            at += aligned(length);
        }
        return messages;
    }

    private static int aligned(int octets) {
        return (octets + 7) & -8;
    }
}
