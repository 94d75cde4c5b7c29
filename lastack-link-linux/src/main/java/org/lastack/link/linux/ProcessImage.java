package org.lastack.link.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/// Replaces this process by another program: execvp(3). The number of the process, its terminal, its working directory and its inherited descriptors stay, so the other
/// program gets its signals at first hand and its exit code needs no passing on.
public final class ProcessImage {
    /// sizeof(sigset_t) of glibc and musl.
    private static final int SIGSET_BYTES = 128;

    private ProcessImage() {}

    /// Returns only if it fails. All threads of the JVM end with success; shutdown hooks do not run.
    ///
    /// @param command program, looked up in PATH if it has no slash, and its arguments
    /// @throws NativeException with ENOENT if there is no such program, EACCES if it cannot be executed...
    /// @throws UnsupportedOperationException if this is not Linux
    public static void replace(List<String> command) throws NativeException {
        Platform.check();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = Libc.capture(arena);
            MemorySegment arguments = arena.allocate(ADDRESS, command.size() + 1L);
            for (int i = 0; i < command.size(); i++) {
                arguments.setAtIndex(ADDRESS, i, arena.allocateFrom(command.get(i)));
            }
            arguments.setAtIndex(ADDRESS, command.size(), MemorySegment.NULL);
            // The JVM blocks SIGQUIT in its threads, and a blocked signal stays blocked in the next program.
            Libc.unblockSignals(arena.allocate(SIGSET_BYTES, 8));
            int result = Libc.execvp(errno, arena.allocateFrom(command.getFirst()), arguments);
            throw new NativeException("cannot run " + command.getFirst(), -result, null);
        }
    }
}
