package org.lastack.drill.script;

/// A token with its place. `text` is the source text, except for strings, shell text and code, where it is the content.
record Token(Kind kind, String text, int line, int column) {
    enum Kind {
        WORD,
        INTEGER,
        HEX,
        FRACTION,
        STRING,
        SHELL,
        CODE,
        IPV4,
        IPV6,
        /// `--name`
        OPTION,
        /// A single character, or `...`.
        PUNCTUATION,
        END
    }

    boolean is(String punctuation) {
        return kind == Kind.PUNCTUATION && text.equals(punctuation);
    }

    boolean isWord(String word) {
        return kind == Kind.WORD && text.equals(word);
    }

    String shown() {
        return switch (kind) {
            case END -> "the end of the script";
            case STRING -> "a string";
            case SHELL -> "a shell command";
            case CODE -> "a code snippet";
            case WORD, INTEGER, HEX, FRACTION, IPV4, IPV6, OPTION, PUNCTUATION -> "'" + text + "'";
        };
    }
}
