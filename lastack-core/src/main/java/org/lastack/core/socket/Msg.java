package org.lastack.core.socket;

/// Flags of send and receive calls (`MSG_*`) with Linux's values.
public final class Msg {
    /// Urgent data.
    public static final int OOB = 0x1;
    /// Leave the data in the queue.
    public static final int PEEK = 0x2;
    /// Bypass gateways.
    public static final int DONTROUTE = 0x4;
    public static final int CTRUNC = 0x8;
    /// Received: the datagram was longer than the buffer. Asked for: return the real length.
    public static final int TRUNC = 0x20;
    public static final int DONTWAIT = 0x40;
    /// End of record; TCP ignores it.
    public static final int EOR = 0x80;
    /// Wait until the buffer is full.
    public static final int WAITALL = 0x100;
    public static final int CONFIRM = 0x800;
    /// Read the error queue.
    public static final int ERRQUEUE = 0x2000;
    /// The error queue tells when the octets are the caller's again, if SO_ZEROCOPY is on. They are copied all the same.
    public static final int ZEROCOPY = 0x400_0000;
    /// No SIGPIPE.
    public static final int NOSIGNAL = 0x4000;
    /// More will follow: do not send a partial segment yet.
    public static final int MORE = 0x8000;
    public static final int WAITFORONE = 0x10000;
    public static final int FASTOPEN = 0x20000000;
    /// Ours, for layers that make one call of several: this is the rest of the call before. Notices of the error queue are about the call as a whole.
    public static final int CONTINUED = 0x8000000;

    private Msg() {}
}
