package org.lastack.drill.run;

/// The script wants something that cannot be had here; the message says what.
final class Skip extends RuntimeException {
    private static final long serialVersionUID = 1;

    Skip(String reason) {
        super(reason);
    }
}
