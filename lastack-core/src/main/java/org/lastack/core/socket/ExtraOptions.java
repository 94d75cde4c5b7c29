package org.lastack.core.socket;

import org.jspecify.annotations.Nullable;

/// Options that few sockets use, in an object that only those have. Belongs to its socket.
public final class ExtraOptions {
    /// SO_PEEK_OFF: where MSG_PEEK begins, in octets of what is unread; negative = off.
    public int peekOffset = -1;
    /// SO_TXREHASH: a time-out may try another path.
    public boolean txRehash = true;
    /// TCP_INQ: `recvmsg` tells how much is left.
    public boolean reportsInq;
    /// TCP_SAVE_SYN of a listener: 0 no, 1 the headers of IP and TCP, 2 that of the link as well.
    public int saveSyn;
    /// TCP_SAVED_SYN: the headers of the SYN that began this connection, until they are read.
    public byte @Nullable [] savedSyn;

    ExtraOptions() {}

    /// What a connection takes over from its listener.
    public ExtraOptions child() {
        ExtraOptions child = new ExtraOptions();
        child.peekOffset = peekOffset;
        child.txRehash = txRehash;
        child.reportsInq = reportsInq;
        child.saveSyn = saveSyn;
        return child;
    }

    /// After `octets` were read: the offset counts from what is unread now.
    public void read(int octets) {
        if (peekOffset > 0) {
            peekOffset = Math.max(0, peekOffset - octets);
        }
    }

    /// After `octets` were peeked at: the next MSG_PEEK goes on behind them.
    public void peeked(int octets) {
        if (peekOffset >= 0) {
            peekOffset += octets;
        }
    }
}
