package org.lastack.bsd;

import org.lastack.core.socket.InetSocket;

/// The engine knows POLLIN, PRI, OUT, ERR, HUP and RDHUP; programs may ask for the bits that Linux derives from them.
final class PollBits {
    /// Reported whether asked for or not.
    static final int ALWAYS = InetSocket.POLLERR | InetSocket.POLLHUP;

    private PollBits() {}

    /// Engine bits plus the derived ones (`tcp_poll`, `datagram_poll`).
    static int derived(int mask) {
        int all = mask;
        if ((mask & InetSocket.POLLIN) != 0) {
            all |= Linux.POLLRDNORM;
        }
        if ((mask & InetSocket.POLLOUT) != 0) {
            all |= Linux.POLLWRNORM | Linux.POLLWRBAND;
        }
        return all;
    }

    /// Engine bits that stand for what is asked.
    static int asked(int events) {
        int plain = events & (InetSocket.POLLIN | InetSocket.POLLPRI | InetSocket.POLLOUT | InetSocket.POLLRDHUP);
        if ((events & Linux.POLLRDNORM) != 0) {
            plain |= InetSocket.POLLIN;
        }
        if ((events & (Linux.POLLWRNORM | Linux.POLLWRBAND)) != 0) {
            plain |= InetSocket.POLLOUT;
        }
        return plain;
    }

    /// What is reported of a state to one who asked for `events`.
    static int reported(int mask, int events) {
        return derived(mask) & (events | ALWAYS);
    }
}
