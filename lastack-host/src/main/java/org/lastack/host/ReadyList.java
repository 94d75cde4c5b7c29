package org.lastack.host;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/// The registrations of a [ReadySource] that is no socket (a pipe, a timer), for layers above. Thread-safe.
public final class ReadyList {
    private final ReentrantLock lock = new ReentrantLock();
    /// Guarded by `lock`.
    private final List<Registration> registrations = new ArrayList<>(0);

    /// From now on the registration is told what [#dispatch] says.
    public void add(Registration registration) {
        lock.lock();
        try {
            registrations.add(registration);
        } finally {
            lock.unlock();
        }
    }

    public void remove(Registration registration) {
        lock.lock();
        try {
            registrations.remove(registration);
        } finally {
            lock.unlock();
        }
    }

    /// The registrations at this moment.
    public List<Registration> snapshot() {
        lock.lock();
        try {
            return List.copyOf(registrations);
        } finally {
            lock.unlock();
        }
    }

    /// Poll bits that any of the registrations asks for.
    public int interest() {
        lock.lock();
        try {
            int wanted = 0;
            for (int i = 0; i < registrations.size(); i++) {
                wanted |= registrations.get(i).interest();
            }
            return wanted;
        } finally {
            lock.unlock();
        }
    }

    /// Tells all registrations that poll bits hold, and wakes who waits for them. Called without locks.
    public void dispatch(int mask) {
        List<Registration> told;
        lock.lock();
        try {
            if (registrations.isEmpty()) {
                return;
            }
            told = List.copyOf(registrations);
        } finally {
            lock.unlock();
        }
        for (Registration each : told) {
            each.set().eventAndWake(each, mask);
        }
    }
}
