package org.lastack.bench;

import java.util.List;

/// A stack that somebody else wrote, to be measured in the same run.
///
/// @param name as the tables show it
/// @param command how it is started, in the client's network namespace; the protocol stands in docs/performance.md
record Peer(String name, List<String> command) {
    /// As on the command line: `NAME=COMMAND` or just the command, which the shell runs.
    static Peer of(String text) {
        int equals = text.indexOf('=');
        boolean named = equals > 0 && text.substring(0, equals).chars().allMatch(c -> Character.isLetterOrDigit(c) || c == '-' || c == '.');
        String command = named ? text.substring(equals + 1) : text;
        if (command.isBlank()) {
            throw new IllegalArgumentException("--peer " + text + ": no command");
        }
        return new Peer(named ? text.substring(0, equals) : command.strip().split("[ /]+", -1)[0], List.of("sh", "-c", command));
    }

    /// The ceiling, in a JVM of its own.
    static Peer ceiling() {
        return new Peer("ceiling", Net.java(CeilingPeer.class, List.of()));
    }
}
