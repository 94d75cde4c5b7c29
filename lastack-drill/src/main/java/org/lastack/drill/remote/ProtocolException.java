package org.lastack.drill.remote;

import java.io.IOException;

/// The other side does not speak the protocol; the connection is of no more use.
public final class ProtocolException extends IOException {
    private static final long serialVersionUID = 1;

    ProtocolException(String message) {
        super(message);
    }
}
