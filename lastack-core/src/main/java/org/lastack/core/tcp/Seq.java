package org.lastack.core.tcp;

/// Arithmetic of sequence numbers modulo 2^32 (RFC 9293 §3.4). Only this class compares them: everywhere else a bare `<` on one is a bug.
/// Two numbers are comparable while they are less than 2^31 apart.
public final class Seq {
    private Seq() {}

    /// `a < b`.
    public static boolean lt(int a, int b) {
        return a - b < 0;
    }

    /// `a =< b`.
    public static boolean le(int a, int b) {
        return a - b <= 0;
    }

    /// `a > b`.
    public static boolean gt(int a, int b) {
        return a - b > 0;
    }

    /// `a >= b`.
    public static boolean ge(int a, int b) {
        return a - b >= 0;
    }

    public static int max(int a, int b) {
        return a - b >= 0 ? a : b;
    }

    public static int min(int a, int b) {
        return a - b <= 0 ? a : b;
    }

    /// `low =< value =< high`, going up from `low`.
    public static boolean between(int value, int low, int high) {
        return Integer.compareUnsigned(high - low, value - low) >= 0;
    }
}
