package org.lastack.drill.stack;

import java.util.List;

/// What a script asks of the host under test. The rows of the remote stack protocol, version 1.
public sealed interface Request {
    /// @param flags the whole `--so_flags` text: `local=ADDR,remote=ADDR,mtu=N`
    record Hello(int version, String flags) implements Request {}

    /// Sysctls by name.
    record Config(List<Setting> settings) implements Request {}

    record Setting(String name, String value) {}

    record Bye() implements Request {}

    record Socket(int domain, int type, int protocol) implements Request {}

    record Bind(int handle, Endpoint address) implements Request {}

    record Listen(int handle, int backlog) implements Request {}

    record Accept(int handle) implements Request {}

    /// An address of family 0 dissolves the association.
    record Connect(int handle, Endpoint address) implements Request {}

    /// How a call of the read or write family was made.
    enum How {
        /// read, write
        PLAIN,
        /// readv, writev
        VECTOR,
        /// recv, send
        FLAGS,
        /// recvfrom, sendto
        ADDRESS,
        /// recvmsg, sendmsg
        MESSAGE
    }

    record Receive(int handle, int room, int flags, How how, boolean nullBuffer, int controlRoom) implements Request {}

    record Send(int handle, int flags, How how, boolean nullBuffer, Endpoint destination, List<ControlData> control, byte[] data) implements Request {}

    record Fcntl(int handle, int command, int argument) implements Request {}

    record Ioctl(int handle, long request) implements Request {}

    record Close(int handle) implements Request {}

    record Shutdown(int handle, int how) implements Request {}

    record GetOption(int handle, int level, int name, int room) implements Request {}

    record SetOption(int handle, int level, int name, byte[] value) implements Request {}

    /// @param timeoutMs negative = for ever
    record Poll(int timeoutMs, int[] handles, int[] events) implements Request {}

    /// @param segmentOctets payload per segment if the packet is a receive-offload aggregate, else 0; not part of the remote protocol
    record PacketIn(byte[] packet, int segmentOctets) implements Request {}

    /// @param waitUntilUs latest stack time to which timers may run; not part of the remote protocol
    record PacketOut(int room, long waitUntilUs) implements Request {}

    /// Metrics of the route to the peer, as of `ip route`; 0 = default. Not part of the remote protocol.
    record Route(int mtu, int initCwnd, int advMss) implements Request {}

    /// MTU of the interface, as of `ip link set`. Not part of the remote protocol.
    record LinkMtu(int octets) implements Request {}

    record Sleep(long microseconds) implements Request {}

    record Now() implements Request {}

    record EpollCreate(int size) implements Request {}

    record EpollControl(int handle, int operation, int target, int events, long data) implements Request {}

    record EpollWait(int handle, int max, int timeoutMs) implements Request {}
}
