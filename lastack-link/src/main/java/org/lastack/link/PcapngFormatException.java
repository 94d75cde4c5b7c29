package org.lastack.link;

import java.io.IOException;

/// A file is no pcapng, or a damaged one. What was read before stays valid.
public final class PcapngFormatException extends IOException {
    private static final long serialVersionUID = 1;

    private final long offset;

    PcapngFormatException(String message, long offset) {
        super(message + " (block at octet " + offset + ")");
        this.offset = offset;
    }

    /// Where in the file the block begins that is wrong.
    public long offset() {
        return offset;
    }
}
