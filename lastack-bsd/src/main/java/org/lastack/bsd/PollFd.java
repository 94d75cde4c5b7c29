package org.lastack.bsd;

/// `struct pollfd`.
public final class PollFd {
    /// Descriptor; negative ones are skipped.
    public int fd;
    /// Bits asked for.
    public int events;
    /// Bits found.
    public int revents;

    public PollFd(int fd, int events) {
        this.fd = fd;
        this.events = events;
    }
}
