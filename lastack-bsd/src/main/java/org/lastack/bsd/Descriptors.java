package org.lastack.bsd;

import java.util.Arrays;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.lastack.core.Errno;

/// The descriptor table of one process. Thread-safe; the lock is held for look-ups only, never while something is closed or waited for.
final class Descriptors {
    private final ReentrantLock lock = new ReentrantLock();
    private final int limit;
    /// All below: guarded by `lock`.
    private @Nullable Description[] open = new @Nullable Description[8];
    private boolean[] closeOnExec = new boolean[8];
    private int lowestFree;

    Descriptors(int limit) {
        this.limit = limit;
    }

    /// Puts a description at the lowest free number `>= from`; the table takes over the caller's reference. -EMFILE (the reference stays the
    /// caller's) if all are in use.
    int add(Description description, int from, boolean cloexec) {
        lock.lock();
        try {
            int fd = Math.max(from, lowestFree);
            while (fd < open.length && open[fd] != null) {
                fd++;
            }
            if (fd >= limit) {
                return -Errno.EMFILE;
            }
            set(fd, description, cloexec);
            if (from <= lowestFree) {
                lowestFree = fd + 1;
            }
            return fd;
        } finally {
            lock.unlock();
        }
    }

    private void set(int fd, @Nullable Description description, boolean cloexec) {
        if (fd >= open.length) {
            int length = Math.max(fd + 1, open.length * 2);
            open = Arrays.copyOf(open, length);
            closeOnExec = Arrays.copyOf(closeOnExec, length);
        }
        open[fd] = description;
        closeOnExec[fd] = cloexec;
    }

    /// The description with one more reference, or null: EBADF. The caller releases it.
    @Nullable Description hold(int fd) {
        lock.lock();
        try {
            Description found = fd >= 0 && fd < open.length ? open[fd] : null;
            if (found != null) {
                found.retain();
            }
            return found;
        } finally {
            lock.unlock();
        }
    }

    /// Frees the number. The description, whose reference passes to the caller, or null: EBADF.
    @Nullable Description remove(int fd) {
        lock.lock();
        try {
            Description found = fd >= 0 && fd < open.length ? open[fd] : null;
            if (found != null) {
                open[fd] = null;
                lowestFree = Math.min(lowestFree, fd);
            }
            return found;
        } finally {
            lock.unlock();
        }
    }

    /// `dup2`: puts `description` (the table takes over the reference) at `fd` and gives back what was there, if anything.
    @Nullable Description replace(int fd, Description description, boolean cloexec) {
        lock.lock();
        try {
            Description before = fd < open.length ? open[fd] : null;
            set(fd, description, cloexec);
            return before;
        } finally {
            lock.unlock();
        }
    }

    int limit() {
        return limit;
    }

    /// FD_CLOEXEC of an open descriptor, or -EBADF.
    int closeOnExec(int fd) {
        lock.lock();
        try {
            return fd >= 0 && fd < open.length && open[fd] != null ? closeOnExec[fd] ? Linux.FD_CLOEXEC : 0 : -Errno.EBADF;
        } finally {
            lock.unlock();
        }
    }

    int closeOnExec(int fd, boolean on) {
        lock.lock();
        try {
            if (fd < 0 || fd >= open.length || open[fd] == null) {
                return -Errno.EBADF;
            }
            closeOnExec[fd] = on;
            return 0;
        } finally {
            lock.unlock();
        }
    }

    /// A copy for a child process: every description gets one more reference.
    Descriptors fork() {
        Descriptors child = new Descriptors(limit);
        lock.lock();
        try {
            child.open = open.clone();
            child.closeOnExec = closeOnExec.clone();
            child.lowestFree = lowestFree;
            for (Description each : child.open) {
                if (each != null) {
                    each.retain();
                }
            }
        } finally {
            lock.unlock();
        }
        return child;
    }

    /// Numbers in use.
    int[] numbers() {
        lock.lock();
        try {
            int[] all = new int[open.length];
            int count = 0;
            for (int fd = 0; fd < open.length; fd++) {
                if (open[fd] != null) {
                    all[count++] = fd;
                }
            }
            return Arrays.copyOf(all, count);
        } finally {
            lock.unlock();
        }
    }
}
