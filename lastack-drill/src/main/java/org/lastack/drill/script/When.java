package org.lastack.drill.script;

/// When an event happens. Times are microseconds of script time.
///
/// @param kind how `from` and `to` are meant; `to` equals `from` unless it is a range
public record When(Kind kind, long fromUs, long toUs) {
    public enum Kind {
        /// `T`
        ABSOLUTE,
        /// `+T`
        RELATIVE,
        /// `*`
        ANY,
        /// `T1~T2`
        ABSOLUTE_RANGE,
        /// `+T1~+T2`
        RELATIVE_RANGE
    }

    public boolean isRange() {
        return kind == Kind.ABSOLUTE_RANGE || kind == Kind.RELATIVE_RANGE;
    }

    public boolean isAbsolute() {
        return kind == Kind.ABSOLUTE || kind == Kind.ABSOLUTE_RANGE;
    }
}
