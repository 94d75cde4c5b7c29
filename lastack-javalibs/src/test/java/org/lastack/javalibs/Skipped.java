package org.lastack.javalibs;

import java.io.IOException;

/// What is needed is not here; the message says what.
final class Skipped extends IOException {
    private static final long serialVersionUID = 1;

    Skipped(String reason) {
        super(reason);
    }
}
