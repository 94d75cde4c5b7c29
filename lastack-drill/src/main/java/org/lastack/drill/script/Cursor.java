package org.lastack.drill.script;

import java.util.List;
import org.lastack.drill.DrillSyntaxException;

/// Walks over the tokens; what the parsers of events, packets and expressions share.
final class Cursor {
    private final List<Token> tokens;
    private int at;

    Cursor(List<Token> tokens) {
        this.tokens = tokens;
    }

    Token peek() {
        return tokens.get(at);
    }

    Token peek(int ahead) {
        return tokens.get(Math.min(at + ahead, tokens.size() - 1));
    }

    Token take() {
        Token token = tokens.get(at);
        if (at < tokens.size() - 1) {
            at++;
        }
        return token;
    }

    boolean is(String punctuation) {
        return peek().is(punctuation);
    }

    boolean isWord(String word) {
        return peek().isWord(word);
    }

    boolean accept(String punctuation) {
        if (peek().is(punctuation)) {
            take();
            return true;
        }
        return false;
    }

    boolean acceptWord(String word) {
        if (peek().isWord(word)) {
            take();
            return true;
        }
        return false;
    }

    void expect(String punctuation) {
        if (!accept(punctuation)) {
            throw error("expected '" + punctuation + "', not " + peek().shown());
        }
    }

    void expectWord(String word) {
        if (!acceptWord(word)) {
            throw error("expected '" + word + "', not " + peek().shown());
        }
    }

    String word(String what) {
        if (peek().kind() != Token.Kind.WORD) {
            throw error("expected " + what + ", not " + peek().shown());
        }
        return take().text();
    }

    boolean atInteger() {
        Token.Kind kind = peek().kind();
        return kind == Token.Kind.INTEGER || kind == Token.Kind.HEX;
    }

    /// A decimal or hexadecimal integer of at most 64 bits.
    long integer(String what) {
        if (!atInteger()) {
            throw error("expected " + what + ", not " + peek().shown());
        }
        Token token = take();
        try {
            return token.kind() == Token.Kind.HEX ? Long.parseUnsignedLong(token.text().substring(2), 16) : decimal(token.text());
        } catch (NumberFormatException e) {
            throw error(token, "number " + token.text() + " is too large");
        }
    }

    private static long decimal(String text) {
        return text.startsWith("-") ? Long.parseLong(text) : Long.parseUnsignedLong(text);
    }

    /// An integer in a range.
    long integer(String what, long low, long high) {
        Token token = peek();
        long value = integer(what);
        if (value < low || value > high) {
            throw error(token, what + " " + token.text() + " is outside " + low + ".." + high);
        }
        return value;
    }

    /// As [#integer], or `...`, which gives [PacketSpec#ANY].
    long integerOrAny(String what, long low, long high) {
        return accept("...") ? PacketSpec.ANY : integer(what, low, high);
    }

    /// A 32-bit number, signed or unsigned.
    long number32(String what) {
        return integerOrAny(what, Integer.MIN_VALUE, 0xffff_ffffL);
    }

    DrillSyntaxException error(String message) {
        return error(peek(), message);
    }

    static DrillSyntaxException error(Token token, String message) {
        return new DrillSyntaxException(token.line(), token.column(), message);
    }
}
