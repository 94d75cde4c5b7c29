package org.lastack.tools.why;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.lastack.core.socket.BindRequest;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.SocketOptions;
import org.lastack.link.linux.KernelSockets;
import org.lastack.wire.IpAddress;

/// Brings sockets of the kernel into the states of RFC 9293, over the loopback interface of a namespace of its own.
final class KernelStage implements AutoCloseable {
    private static final int F_SETFL = 4;
    private static final int O_NONBLOCK = 0x800;
    private static final int EINPROGRESS = 115;
    private static final int SMALL_BUFFER = 4096;
    /// What the kernel does on loopback is done when the call returns; its tables are read so often at most before a situation counts as not made.
    private static final int LOOKS = 20_000;

    private final List<Integer> open = new ArrayList<>();
    private int helperPort = 20_000;

    /// In which way the holder of the port is left behind.
    enum State {
        BOUND, LISTEN, CONNECTED, SYN_SENT, ACCEPTED, CLOSE_WAIT, FIN_WAIT_1, FIN_WAIT_2, FIN_WAIT_2_ORPHAN, LAST_ACK, TIME_WAIT;

        String row() {
            return switch (this) {
                case CONNECTED, ACCEPTED -> "ESTABLISHED";
                case FIN_WAIT_2_ORPHAN -> "FIN_WAIT_2";
                default -> name();
            };
        }
    }

    static int check(int result, String what) {
        if (result < 0) {
            throw new IllegalStateException(what + ": errno " + -result);
        }
        return result;
    }

    int socket(BindRequest name, boolean udp, int uid) {
        int type = udp ? 2 : 1;
        int fd = check(uid == KernelSockets.effectiveUser() ? KernelSockets.socket(name.domain(), type, 0) : KernelSockets.socketAs(uid, name.domain(), type, 0), "socket");
        open.add(fd);
        set(fd, SocketOptions.SOL_SOCKET, SocketOptions.SO_REUSEADDR, name.reuseAddress() ? 1 : 0);
        set(fd, SocketOptions.SOL_SOCKET, SocketOptions.SO_REUSEPORT, name.reusePort() ? 1 : 0);
        if (name.domain() == InetSocket.AF_INET6) {
            set(fd, SocketOptions.IPPROTO_IPV6, SocketOptions.IPV6_V6ONLY, name.v6Only() ? 1 : 0);
        }
        return fd;
    }

    static void set(int fd, int level, int name, int value) {
        check(KernelSockets.setOption(fd, level, name, ByteBuffer.allocate(4).order(KernelSockets.order()).putInt(value).array()), "setsockopt");
    }

    int bound(BindRequest name, boolean udp, int uid) {
        int fd = socket(name, udp, uid);
        check(KernelSockets.bind(fd, KernelTrial.address(name)), "bind " + name);
        return fd;
    }

    int listener(BindRequest name, int uid, int backlog) {
        int fd = bound(name, false, uid);
        check(KernelSockets.listen(fd, backlog), "listen");
        return fd;
    }

    void close(int fd) {
        KernelSockets.close(fd);
        open.remove((Integer) fd);
    }

    /// A client that is connected to `to`; its receive buffer is small.
    private int client(IpAddress to, int port) {
        BindRequest name = BindRequest.of(to, port);
        int fd = socket(name, false, KernelSockets.effectiveUser());
        set(fd, SocketOptions.SOL_SOCKET, SocketOptions.SO_RCVBUF, SMALL_BUFFER);
        check(KernelSockets.connect(fd, KernelTrial.address(name)), "connect " + name);
        return fd;
    }

    /// Leaves a holder of `name`'s port behind, in that state.
    ///
    /// @param peer an address of this host with which its connection is made
    void leave(State state, BindRequest name, int uid, IpAddress peer) throws IOException {
        switch (state) {
            case BOUND -> bound(name, false, uid);
            case LISTEN -> listener(name, uid, 5);
            case CONNECTED -> {
                BindRequest helper = BindRequest.of(peer, helperPort++);
                listener(helper, KernelSockets.effectiveUser(), 5);
                check(KernelSockets.connect(bound(name, false, uid), target(name, helper)), "connect");
            }
            case SYN_SENT -> unanswered(name, uid, peer);
            case ACCEPTED, CLOSE_WAIT, FIN_WAIT_1, FIN_WAIT_2, FIN_WAIT_2_ORPHAN, LAST_ACK, TIME_WAIT -> leaveConnection(state, name, uid, peer);
        }
        await(state, name.port());
    }

    /// The address of `to` as a socket like `of` must write it.
    private static byte[] target(BindRequest of, BindRequest to) {
        return KernelTrial.address(new BindRequest(of.domain(), to.address(), to.port(), false, false, false, 0, of.owner()));
    }

    /// The SYN goes to a listener whose queue is full, and is dropped.
    private void unanswered(BindRequest name, int uid, IpAddress peer) {
        BindRequest helper = BindRequest.of(peer, helperPort++);
        listener(helper, KernelSockets.effectiveUser(), 0);
        client(peer, helper.port());
        int fd = bound(name, false, uid);
        KernelSockets.fcntl(fd, F_SETFL, O_NONBLOCK);
        int result = KernelSockets.connect(fd, target(name, helper));
        if (result != -EINPROGRESS) {
            throw new IllegalStateException("the SYN was answered: " + result);
        }
    }

    private void leaveConnection(State state, BindRequest name, int uid, IpAddress peer) {
        int listener = listener(name, uid, 5);
        int client = client(peer, name.port());
        int child = check(KernelSockets.accept(listener).result(), "accept");
        open.add(child);
        close(listener);
        switch (state) {
            case CLOSE_WAIT -> KernelSockets.shutdown(client, InetSocket.SHUT_WR);
            case FIN_WAIT_1 -> {
                fill(child);
                close(child);
            }
            case FIN_WAIT_2 -> KernelSockets.shutdown(child, InetSocket.SHUT_WR);
            case FIN_WAIT_2_ORPHAN -> close(child);
            case LAST_ACK -> {
                KernelSockets.shutdown(client, InetSocket.SHUT_WR);
                fill(child);
                close(child);
            }
            case TIME_WAIT -> {
                close(child);
                close(client);
            }
            case BOUND, LISTEN, CONNECTED, SYN_SENT -> throw new IllegalStateException(state + " needs no listener");
            case ACCEPTED -> {
                // left like that
            }
        }
    }

    /// Writes until the peer, which does not read, has closed its window.
    private static void fill(int fd) {
        KernelSockets.fcntl(fd, F_SETFL, O_NONBLOCK);
        byte[] text = new byte[1 << 16];
        while (KernelSockets.send(fd, text, 0, false, new byte[0], new byte[0]) > 0) {
            // more
        }
    }

    private static void await(State state, int port) throws IOException {
        for (int i = 0; i < LOOKS; i++) {
            List<Holding> rows = SockDiag.read(false, port);
            if (rows.size() == 1 && rows.getFirst().is(state.row())) {
                return;
            }
        }
        throw new IllegalStateException("no " + state + " on port " + port + ": " + SockDiag.read(false, port));
    }

    /// Forgets all sockets; entries in TIME-WAIT and orphans stay.
    void clear() {
        List.copyOf(open).forEach(this::close);
    }

    @Override
    public void close() {
        clear();
    }
}
