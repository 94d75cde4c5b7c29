package org.lastack.drill.stack;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.lastack.core.Errno;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.Msg;

/// The socket calls of a [VirtualHost] on descriptors. A call becomes an [Attempt] that is tried until it has an answer.
final class HostCalls {
    /// Something that may have to wait.
    interface Attempt {
        /// The reply, or null to be tried again after the next step of the engine.
        ///
        /// @param expired the time of [#timeoutNs] is up: this is the last try
        @Nullable Reply attempt(boolean expired);

        /// Nanoseconds after which the last try is made, counted from the first one.
        default long timeoutNs() {
            return HostSocket.NEVER;
        }
    }

    private static final int SOL_SOCKET = 1;
    private static final int SO_SNDBUF = 7;
    private static final int SO_RCVBUF = 8;
    private static final int SO_MEMINFO = 55;
    private static final long SIOCINQ = 0x541b;
    private static final long SIOCOUTQ = 0x5411;
    private static final int SO_RCVTIMEO = 20;
    private static final int SO_SNDTIMEO = 21;
    private static final int SOCK_NONBLOCK = 0x800;
    private static final int O_NONBLOCK = 0x800;
    private static final int O_RDWR = 2;
    private static final int FIRST_HANDLE = 3;
    private static final int POLLNVAL = 0x20;
    private static final int EXCEPTIONAL = InetSocket.POLLERR | InetSocket.POLLHUP;
    /// No option of a socket is longer than a page.
    private static final int MAX_OPTION = 65_536;
    private static final long NS_PER_MS = 1_000_000;
    private static final long NS_PER_S = 1_000_000_000;

    private final TreeMap<Integer, HostSocket> sockets = new TreeMap<>();
    private final TreeMap<Integer, Epoll> epolls = new TreeMap<>();
    private final BiFunction<Integer, Boolean, HostSocket> factory;
    private final LongSupplier clockUs;

    /// @param factory makes a socket of a domain, of TCP if the flag is true, else of UDP
    HostCalls(BiFunction<Integer, Boolean, HostSocket> factory, LongSupplier clockUs) {
        this.factory = factory;
        this.clockUs = clockUs;
    }

    Attempt attempt(Request request) {
        return switch (request) {
            case Request.Socket socket -> once(socket(socket));
            case Request.Bind bind -> on(bind.handle(), s -> {
                int problem = s.addressProblem(bind.address());
                return result(problem < 0 ? problem : s.bind(bind.address()));
            });
            case Request.Listen listen -> on(listen.handle(), s -> result(s.listen(listen.backlog())));
            case Request.Accept accept -> accept(accept.handle());
            case Request.Connect connect -> connect(connect);
            case Request.Receive receive -> receive(receive);
            case Request.Send send -> send(send);
            case Request.Fcntl fcntl -> on(fcntl.handle(), s -> fcntl(s, fcntl));
            case Request.Ioctl ioctl -> on(ioctl.handle(), s -> ioctl(s, ioctl.request()));
            case Request.Close close -> close(close.handle());
            case Request.Shutdown shutdown -> on(shutdown.handle(), s -> result(s.shutdown(shutdown.how())));
            case Request.GetOption get -> on(get.handle(), s -> getOption(s, get));
            case Request.SetOption set -> on(set.handle(), s -> setOption(s, set));
            case Request.Poll poll -> poll(poll);
            case Request.EpollCreate create -> once(epollCreate(create));
            case Request.EpollControl control -> once(epollControl(control));
            case Request.EpollWait wait -> epollWait(wait);
            case Request.Hello h -> once(result(-Errno.EINVAL));
            case Request.Config c -> once(result(-Errno.EINVAL));
            case Request.Bye b -> once(result(-Errno.EINVAL));
            case Request.PacketIn p -> once(result(-Errno.EINVAL));
            case Request.PacketOut p -> once(result(-Errno.EINVAL));
            case Request.Route r -> once(result(-Errno.EINVAL));
            case Request.LinkMtu m -> once(result(-Errno.EINVAL));
            case Request.Sleep s -> once(result(-Errno.EINVAL));
            case Request.Now n -> once(result(-Errno.EINVAL));
        };
    }

    private static Attempt once(Reply reply) {
        return expired -> reply;
    }

    @FunctionalInterface
    private interface Call {
        Reply on(HostSocket socket);
    }

    private Attempt on(int handle, Call call) {
        HostSocket socket = sockets.get(handle);
        return once(socket == null ? noSocket(handle) : call.on(socket));
    }

    private Reply noSocket(int handle) {
        return result(epolls.containsKey(handle) ? -Errno.ENOTSOCK : -Errno.EBADF);
    }

    private Reply result(int resultOrErrno) {
        long now = clockUs.getAsLong();
        return resultOrErrno >= 0 ? Reply.ok(now, resultOrErrno) : Reply.error(now, resultOrErrno);
    }

    private Reply result(int result, Reply.Body body) {
        return Reply.ok(clockUs.getAsLong(), result, body);
    }

    private int freeHandle() {
        int handle = FIRST_HANDLE;
        while (sockets.containsKey(handle) || epolls.containsKey(handle)) {
            handle++;
        }
        return handle;
    }

    // Sockets.

    private Reply socket(Request.Socket request) {
        int type = request.type() & 15;
        if (request.domain() != InetSocket.AF_INET && request.domain() != InetSocket.AF_INET6) {
            return result(-Errno.EAFNOSUPPORT);
        }
        int protocol = type == 1 ? 6 : type == 2 ? 17 : -1;
        if (protocol < 0) {
            return result(-Errno.ESOCKTNOSUPPORT);
        }
        if (request.protocol() != 0 && request.protocol() != protocol) {
            return result(-Errno.EPROTONOSUPPORT);
        }
        HostSocket socket = factory.apply(request.domain(), type == 1);
        socket.nonBlocking = (request.type() & SOCK_NONBLOCK) != 0;
        int handle = freeHandle();
        sockets.put(handle, socket);
        return result(handle);
    }

    private Attempt accept(int handle) {
        HostSocket listener = sockets.get(handle);
        if (listener == null) {
            return once(noSocket(handle));
        }
        return new Attempt() {
            @Override
            public @Nullable Reply attempt(boolean expired) {
                HostSocket child = listener.accept();
                if (child != null) {
                    int number = freeHandle();
                    sockets.put(number, child);
                    return result(number, new Reply.Body.Peer(child.peer()));
                }
                int error = listener.acceptError();
                return error == Errno.EAGAIN && !listener.nonBlocking && !expired ? null : result(-error);
            }

            @Override
            public long timeoutNs() {
                return limit(listener.receiveTimeoutNs);
            }
        };
    }

    private static long limit(long timeoutNs) {
        return timeoutNs == 0 ? HostSocket.NEVER : timeoutNs;
    }

    private Attempt connect(Request.Connect request) {
        HostSocket socket = sockets.get(request.handle());
        if (socket == null) {
            return once(noSocket(request.handle()));
        }
        if (request.address().family() == 0) {
            return once(result(socket.disconnect()));
        }
        int problem = socket.addressProblem(request.address());
        if (problem < 0) {
            return once(result(problem));
        }
        return new Attempt() {
            private boolean waiting;

            @Override
            public @Nullable Reply attempt(boolean expired) {
                if (waiting && !expired && (socket.poll() & (InetSocket.POLLOUT | EXCEPTIONAL)) == 0) {
                    return null;
                }
                int outcome = socket.connect(request.address());
                boolean underWay = outcome == -Errno.EINPROGRESS || outcome == -Errno.EALREADY;
                if (underWay && !socket.nonBlocking && !expired) {
                    waiting = true;
                    return null;
                }
                if (underWay && waiting) {
                    return result(-Errno.EINPROGRESS);
                }
                return result(waiting && outcome == -Errno.EISCONN ? 0 : outcome);
            }

            @Override
            public long timeoutNs() {
                return limit(socket.sendTimeoutNs);
            }
        };
    }

    // Data.

    private Attempt receive(Request.Receive request) {
        HostSocket socket = sockets.get(request.handle());
        if (socket == null) {
            return once(noSocket(request.handle()));
        }
        boolean blocking = !socket.nonBlocking && (request.flags() & (Msg.DONTWAIT | Msg.ERRQUEUE)) == 0;
        byte[] buffer = new byte[Math.min(request.room(), 1 << 24)];
        return new Attempt() {
            private int received;

            @Override
            public @Nullable Reply attempt(boolean expired) {
                HostSocket.MessageDetails details = new HostSocket.MessageDetails();
                details.controlRoom = request.controlRoom();
                int flags = request.nullBuffer() ? request.flags() | Msg.PEEK : request.flags();
                int n = socket.receive(buffer, received, buffer.length - received, flags, details);
                if (request.nullBuffer()) {
                    return nullBuffer(n, blocking && !expired);
                }
                if (n == -Errno.EAGAIN && blocking && !expired) {
                    return null;
                }
                boolean all = (flags & Msg.WAITALL) != 0 && (flags & Msg.PEEK) == 0 && blocking;
                if (n > 0 && all && received + n < buffer.length && !expired) {
                    received += n;
                    return attempt(false);
                }
                if (n < 0 && received == 0) {
                    return result(n);
                }
                int total = received + Math.max(0, n);
                byte[] data = Arrays.copyOf(buffer, Math.min(total, buffer.length));
                return result(total, new Reply.Body.Received(data, details.source, details.flags, details.control));
            }

            private @Nullable Reply nullBuffer(int n, boolean mayWait) {
                if (n == -Errno.EAGAIN && mayWait) {
                    return null;
                }
                return result(n > 0 ? -Errno.EFAULT : n);
            }

            @Override
            public long timeoutNs() {
                return limit(socket.receiveTimeoutNs);
            }
        };
    }

    private Attempt send(Request.Send request) {
        HostSocket socket = sockets.get(request.handle());
        if (socket == null) {
            return once(noSocket(request.handle()));
        }
        if (request.nullBuffer() && request.data().length > 0) {
            int outcome = socket.send(request.data(), 0, 0, request.flags() | Msg.DONTWAIT, request.destination());
            return once(result(outcome < 0 ? outcome : -Errno.EFAULT));
        }
        boolean blocking = !socket.nonBlocking && (request.flags() & Msg.DONTWAIT) == 0;
        byte[] data = request.data();
        return new Attempt() {
            private int sent;
            private boolean waiting;
            private boolean opening;
            private boolean opened;

            /// MSG_FASTOPEN and TCP_FASTOPEN_CONNECT: the call begins the attempt, and a blocking one waits for its end.
            private @Nullable Reply open(boolean expired) {
                if (!opened) {
                    opened = true;
                    boolean asked = (request.flags() & Msg.FASTOPEN) != 0;
                    int n = asked ? socket.sendFastOpen(data, data.length, request.flags(), request.destination())
                            : socket.send(data, 0, data.length, request.flags(), request.destination());
                    if (n < 0 && n != -Errno.EINPROGRESS && (asked || n != -Errno.EAGAIN)) {
                        return result(n);
                    }
                    sent = Math.max(0, n);
                    opening = socket.connecting() && n != -Errno.EAGAIN;
                    if (!opening && n >= 0 && sent == data.length) {
                        return result(sent);
                    }
                    if (!blocking) {
                        return result(n);
                    }
                }
                if (opening && socket.connecting()) {
                    socket.writerWaits(!expired);
                    return expired ? result(sent > 0 ? sent : -Errno.EINPROGRESS) : null;
                }
                if (opening) {
                    opening = false;
                    socket.writerWaits(false);
                    int outcome = socket.connect(request.destination());
                    if (outcome < 0 && outcome != -Errno.EISCONN) {
                        return result(outcome);
                    }
                    return sent == data.length ? result(sent) : null;
                }
                return null;
            }

            @Override
            public @Nullable Reply attempt(boolean expired) {
                Reply early = open(expired);
                if (early != null || opening) {
                    return early;
                }
                if (waiting && !expired && (socket.poll() & (InetSocket.POLLOUT | EXCEPTIONAL)) == 0) {
                    return null;
                }
                do {
                    int flags = sent > 0 ? request.flags() | Msg.CONTINUED : request.flags();
                    int n = socket.send(data, sent, data.length - sent, flags, request.destination());
                    if (n == -Errno.EAGAIN && blocking && !expired) {
                        waiting = true;
                        socket.writerWaits(socket.connecting());
                        return null;
                    }
                    if (n < 0) {
                        return result(sent > 0 ? sent : n);
                    }
                    sent += n;
                    if (!blocking || n == 0) {
                        break;
                    }
                } while (sent < data.length);
                return result(sent);
            }

            @Override
            public long timeoutNs() {
                return limit(socket.sendTimeoutNs);
            }
        };
    }

    // Options.

    private Reply fcntl(HostSocket socket, Request.Fcntl request) {
        return switch (request.command()) {
            case 1, 2 -> result(0);
            case 3 -> result(O_RDWR | (socket.nonBlocking ? O_NONBLOCK : 0));
            case 4 -> {
                socket.nonBlocking = (request.argument() & O_NONBLOCK) != 0;
                yield result(0);
            }
            default -> result(-Errno.EINVAL);
        };
    }

    private Reply ioctl(HostSocket socket, long request) {
        int value = socket.ioctl(request);
        return value < 0 ? result(value) : result(0, new Reply.Body.Value(value));
    }

    private Reply getOption(HostSocket socket, Request.GetOption request) {
        if (request.level() == SOL_SOCKET && (request.name() == SO_RCVTIMEO || request.name() == SO_SNDTIMEO)) {
            long ns = request.name() == SO_RCVTIMEO ? socket.receiveTimeoutNs : socket.sendTimeoutNs;
            byte[] value = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN).putLong(ns / NS_PER_S).putLong(ns % NS_PER_S / 1000).array();
            return result(0, new Reply.Body.Option(Arrays.copyOf(value, Math.min(16, request.room()))));
        }
        if (request.level() == SOL_SOCKET && request.name() == SO_MEMINFO) {
            byte[] value = memoryInformation(socket);
            return result(0, new Reply.Body.Option(Arrays.copyOf(value, Math.clamp(request.room(), 0, value.length))));
        }
        byte[] out = new byte[Math.clamp(request.room(), 0, MAX_OPTION)];
        int length = socket.getOption(request.level(), request.name(), out);
        return length < 0 ? result(length) : result(0, new Reply.Body.Option(Arrays.copyOf(out, length)));
    }

    /// The numbers of `SK_MEMINFO_*`: what is queued in either direction, and the limits. What Linux keeps in reserve, and its other queues, do not exist here.
    private static byte[] memoryInformation(HostSocket socket) {
        byte[] limit = new byte[4];
        socket.getOption(SOL_SOCKET, SO_RCVBUF, limit);
        int receive = ByteBuffer.wrap(limit).order(ByteOrder.LITTLE_ENDIAN).getInt();
        socket.getOption(SOL_SOCKET, SO_SNDBUF, limit);
        int send = ByteBuffer.wrap(limit).order(ByteOrder.LITTLE_ENDIAN).getInt();
        int unread = Math.max(0, socket.ioctl(SIOCINQ));
        int unsent = Math.max(0, socket.ioctl(SIOCOUTQ));
        return ByteBuffer.allocate(36).order(ByteOrder.LITTLE_ENDIAN).putInt(unread).putInt(receive).putInt(0).putInt(send).putInt(0).putInt(unsent).array();
    }

    private Reply setOption(HostSocket socket, Request.SetOption request) {
        if (request.level() == SOL_SOCKET && (request.name() == SO_RCVTIMEO || request.name() == SO_SNDTIMEO)) {
            if (request.value().length < 16) {
                return result(-Errno.EINVAL);
            }
            ByteBuffer in = ByteBuffer.wrap(request.value()).order(ByteOrder.LITTLE_ENDIAN);
            long ns = Math.max(0, in.getLong()) * NS_PER_S + Math.floorMod(in.getLong(), 1_000_000L) * 1000;
            if (request.name() == SO_RCVTIMEO) {
                socket.receiveTimeoutNs = ns;
            } else {
                socket.sendTimeoutNs = ns;
            }
            return result(0);
        }
        return result(socket.setOption(request.level(), request.name(), request.value()));
    }

    // Closing.

    private Attempt close(int handle) {
        HostSocket socket = sockets.remove(handle);
        if (socket == null) {
            return once(result(epolls.remove(handle) == null ? -Errno.EBADF : 0));
        }
        for (Epoll each : epolls.values()) {
            each.closed(socket);
        }
        int seconds = socket.lingerSeconds();
        int outcome = socket.close();
        if (outcome < 0 || seconds <= 0) {
            return once(result(outcome));
        }
        return new Attempt() {
            @Override
            public @Nullable Reply attempt(boolean expired) {
                return socket.closeDone() || expired ? result(0) : null;
            }

            @Override
            public long timeoutNs() {
                return seconds * NS_PER_S;
            }
        };
    }

    // Readiness.

    private Attempt poll(Request.Poll request) {
        int[] returned = new int[request.handles().length];
        return new Attempt() {
            @Override
            public @Nullable Reply attempt(boolean expired) {
                int ready = 0;
                for (int i = 0; i < returned.length; i++) {
                    HostSocket socket = sockets.get(request.handles()[i]);
                    boolean epoll = epolls.containsKey(request.handles()[i]);
                    returned[i] = socket == null ? epoll ? 0 : POLLNVAL : socket.poll() & (request.events()[i] | EXCEPTIONAL);
                    ready += returned[i] != 0 ? 1 : 0;
                }
                return ready == 0 && request.timeoutMs() != 0 && !expired ? null : result(ready, new Reply.Body.Ready(returned));
            }

            @Override
            public long timeoutNs() {
                return request.timeoutMs() < 0 ? HostSocket.NEVER : request.timeoutMs() * NS_PER_MS;
            }
        };
    }

    private Reply epollCreate(Request.EpollCreate request) {
        if (request.size() < 0) {
            return result(-Errno.EINVAL);
        }
        int handle = freeHandle();
        epolls.put(handle, new Epoll());
        return result(handle);
    }

    private Reply epollControl(Request.EpollControl request) {
        Epoll epoll = epolls.get(request.handle());
        HostSocket target = sockets.get(request.target());
        if (target == null) {
            return result(-Errno.EBADF);
        }
        if (epoll == null) {
            return result(sockets.containsKey(request.handle()) ? -Errno.EINVAL : -Errno.EBADF);
        }
        return result(epoll.control(request.operation(), target, request.events(), request.data()));
    }

    private Attempt epollWait(Request.EpollWait request) {
        Epoll epoll = epolls.get(request.handle());
        if (epoll == null || request.max() <= 0) {
            return once(result(epoll == null && !sockets.containsKey(request.handle()) ? -Errno.EBADF : -Errno.EINVAL));
        }
        return new Attempt() {
            @Override
            public @Nullable Reply attempt(boolean expired) {
                List<Epoll.Ready> ready = new ArrayList<>(epoll.ready(request.max()));
                if (ready.isEmpty() && request.timeoutMs() != 0 && !expired) {
                    return null;
                }
                int[] events = ready.stream().mapToInt(Epoll.Ready::events).toArray();
                long[] data = ready.stream().mapToLong(Epoll.Ready::data).toArray();
                return result(events.length, new Reply.Body.EpollReady(events, data));
            }

            @Override
            public long timeoutNs() {
                return request.timeoutMs() < 0 ? HostSocket.NEVER : request.timeoutMs() * NS_PER_MS;
            }
        };
    }
}
