package org.lastack.drill.remote;

/// Operation numbers of the protocol.
final class Operation {
    static final int HELLO = 1;
    static final int CONFIG = 2;
    static final int BYE = 3;
    static final int SOCKET = 10;
    static final int BIND = 11;
    static final int LISTEN = 12;
    static final int ACCEPT = 13;
    static final int CONNECT = 14;
    static final int RECV = 15;
    static final int SEND = 16;
    static final int FCNTL = 17;
    static final int IOCTL = 18;
    static final int CLOSE = 19;
    static final int SHUTDOWN = 20;
    static final int GETSOCKOPT = 21;
    static final int SETSOCKOPT = 22;
    static final int POLL = 23;
    static final int PACKET_IN = 30;
    static final int PACKET_OUT = 31;
    static final int SLEEP = 40;
    static final int NOW = 41;
    static final int EPOLL_CREATE = 50;
    static final int EPOLL_CTL = 51;
    static final int EPOLL_WAIT = 52;

    private Operation() {}
}
