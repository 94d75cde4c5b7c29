package org.lastack.bsd;

/// `struct epoll_event`: filled by the caller for `epoll_ctl`, by `epoll_wait` for its caller.
public final class EpollEvent {
    /// Poll bits, [Linux#EPOLLET], [Linux#EPOLLONESHOT].
    public int events;
    /// What the caller wants to be told.
    public long data;

    public EpollEvent() {}

    public EpollEvent(int events, long data) {
        this.events = events;
        this.data = data;
    }
}
