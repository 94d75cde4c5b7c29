package org.lastack.drill.script;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// An argument or a result of a call.
public sealed interface Expr {
    /// `...`: the test's own value.
    record Ellipsis() implements Expr {}

    record Num(long value) implements Expr {}

    record Word(String name) implements Expr {}

    /// A string; octets as chars 0..255. With `open` set, only the beginning is given.
    record Str(String value, boolean open) implements Expr {}

    record Or(Expr left, Expr right) implements Expr {}

    record Assign(String name, Expr value) implements Expr {}

    record Array(List<Expr> items) implements Expr {}

    /// `inet_addr("...")` and `inet6_addr("...")`.
    record Address(String literal, boolean v6) implements Expr {}

    /// `{sa_family=..., sin_port=htons(n), sin_addr=...}`
    record SocketAddress(String family, long port, Expr address) implements Expr {}

    /// `{msg_name(...)=..., msg_iov(n)=[...], msg_flags=F, msg_control=[...]}`
    record Message(Expr vectors, Expr flags, @Nullable Expr control) implements Expr {}

    /// `{..., n}`: an I/O vector of n octets.
    record Vector(long length) implements Expr {}

    record ControlMessage(Expr level, Expr type, Expr data) implements Expr {}

    record PollFd(Expr descriptor, Expr events, @Nullable Expr returned) implements Expr {}

    /// `{events=E, fd=N}`; `field` is fd, ptr, u32 or u64.
    record EpollEvent(Expr events, String field, Expr value) implements Expr {}

    record Linger(long onOff, long seconds) implements Expr {}

    record Timestamp(long seconds, long nanoseconds) implements Expr {}

    /// `{ee_errno=..., ...}` with its six fields in order.
    record ExtendedError(List<Expr> fields) implements Expr {}

    /// Any other list in braces.
    record Braces(List<Expr> items) implements Expr {}
}
