package org.lastack.drill.run;

/// The script does not hold: what was expected and what came.
final class Failure extends RuntimeException {
    private static final long serialVersionUID = 1;

    final String expected;
    final String actual;

    Failure(String message, String expected, String actual) {
        super(message);
        this.expected = expected;
        this.actual = actual;
    }

    Failure(String message) {
        this(message, "", "");
    }
}
