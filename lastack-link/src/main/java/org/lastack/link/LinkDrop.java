package org.lastack.link;

/// Why a link dropped a frame. Each is counted per direction in [LinkCounters].
public enum LinkDrop {
    /// A bounded queue had no room: the peer of a memory link does not read, a rate limit's queue is full.
    QUEUE_FULL,
    /// Longer than the link carries, or (received) longer than the caller's frame has room for.
    TOO_LONG,
    /// Shorter than the header that the link type promises.
    TOO_SHORT,
    /// The frame asks for an offload that the link does not have.
    OFFLOAD_UNSUPPORTED,
    /// A virtio-net header that contradicts itself or its packet.
    HEADER_MALFORMED,
    /// The interface is administratively down.
    INTERFACE_DOWN,
    /// The operating system had no memory or no room in its queue at the moment (ENOBUFS, ENOMEM, EAGAIN).
    NO_BUFFERS,
    /// The operating system looked at the frame and refused it (EINVAL, EMSGSIZE).
    REFUSED,
    /// The link is closed, or the other end is.
    CLOSED,
    /// Any other error of the operating system; [Link#lastError] has it.
    OTHER
}
