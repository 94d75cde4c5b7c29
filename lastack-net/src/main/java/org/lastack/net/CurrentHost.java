package org.lastack.net;

import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.lastack.host.Host;

/// The host on which code runs that names none: what channels opened with the global [LastackSelectorProvider], sockets of the installed
/// factories and name look-ups belong to.
///
/// It is a property of the thread, and threads inherit it from the thread that made them (so that a library's own threads stay on the host on
/// which the library was started). Where a thread has none, the default of the process counts ([#setDefault]).
///
/// ```java
/// CurrentHost.run(host, () -> startServer());     // its event loops are on `host` too
/// ```
public final class CurrentHost {
    private static final InheritableThreadLocal<@Nullable Host> OF_THREAD = new InheritableThreadLocal<>();
    private static volatile @Nullable Host ofProcess;

    private CurrentHost() {}

    /// The host of the calling thread, else that of the process, else null.
    public static @Nullable Host get() {
        Host own = OF_THREAD.get();
        return own != null ? own : ofProcess;
    }

    /// The host of threads that have none of their own; null: none.
    public static void setDefault(@Nullable Host host) {
        ofProcess = host;
    }

    /// Runs `action` with `host` as the current host of this thread and of all threads that it makes meanwhile.
    public static void run(Host host, Runnable action) {
        Host before = OF_THREAD.get();
        OF_THREAD.set(host);
        try {
            action.run();
        } finally {
            restore(before);
        }
    }

    /// As [#run], with a result.
    ///
    /// @throws Exception what the action throws
    public static <T> T call(Host host, Callable<T> action) throws Exception {
        Host before = OF_THREAD.get();
        OF_THREAD.set(host);
        try {
            return action.call();
        } finally {
            restore(before);
        }
    }

    private static void restore(@Nullable Host before) {
        if (before == null) {
            OF_THREAD.remove();
        } else {
            OF_THREAD.set(before);
        }
    }
}
