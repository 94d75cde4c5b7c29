package org.lastack.drill.script;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// One line of the story: a packet, a system call, a shell command or a code snippet.
public sealed interface Event {
    When when();

    /// Line of the event's time, counted from 1.
    int line();

    /// A packet that is injected, or expected.
    record Packet(When when, int line, PacketSpec spec) implements Event {}

    /// A system call.
    ///
    /// @param endUs for a blocking call when it must return, on the same base as `when`; -1 if it must not block
    /// @param errno name of the error that must match, or null
    record Call(When when, int line, long endUs, String name, List<Expr> arguments, Expr result, @Nullable String errno) implements Event {
        public boolean blocking() {
            return endUs >= 0;
        }
    }

    /// Shell text.
    record Command(When when, int line, String text) implements Event {}

    /// A snippet of Python.
    ///
    /// @param codeLine the line on which the text begins
    record Code(When when, int line, String text, int codeLine) implements Event {}
}
