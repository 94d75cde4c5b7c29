package org.lastack.drill.script;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.lastack.drill.DrillSyntaxException;
import org.lastack.wire.IpAddress;

/// Cuts a script into tokens; the longest match wins. Symbol definitions (`-D NAME=VALUE`) replace words while lexing.
final class Lexer {
    private final String source;
    private final Map<String, String> defines;
    private final List<Token> tokens = new ArrayList<>();
    private int at;
    private int line = 1;
    private int lineStart;

    private Lexer(String source, Map<String, String> defines) {
        this.source = source;
        this.defines = defines;
    }

    /// All tokens, the last of kind END.
    static List<Token> tokens(String source, Map<String, String> defines) {
        Lexer lexer = new Lexer(source, defines);
        while (lexer.next()) {
            // Each call adds at most one token.
        }
        lexer.add(Token.Kind.END, "", lexer.at);
        return lexer.tokens;
    }

    private boolean next() {
        skipBlanks();
        if (at >= source.length()) {
            return false;
        }
        char c = source.charAt(at);
        switch (c) {
            case '"' -> string();
            case '`' -> shell();
            case '%' -> code();
            default -> {
                if (!address() && !number() && !word() && !option()) {
                    punctuation();
                }
            }
        }
        return true;
    }

    private void skipBlanks() {
        while (at < source.length()) {
            char c = source.charAt(at);
            if (c == '\n') {
                newLine();
            } else if (c == ' ' || c == '\t' || c == '\r' || c == '\f') {
                at++;
            } else if (source.startsWith("//", at)) {
                while (at < source.length() && source.charAt(at) != '\n') {
                    at++;
                }
            } else if (source.startsWith("/*", at)) {
                blockComment();
            } else {
                return;
            }
        }
    }

    private void blockComment() {
        int end = source.indexOf("*/", at + 2);
        if (end < 0) {
            throw error(at, "comment without end");
        }
        while (at < end + 2) {
            if (source.charAt(at) == '\n') {
                newLine();
            } else {
                at++;
            }
        }
    }

    private void newLine() {
        at++;
        line++;
        lineStart = at;
    }

    private void string() {
        int start = at;
        int startLine = line;
        int startColumn = start - lineStart + 1;
        StringBuilder content = new StringBuilder();
        at++;
        while (true) {
            if (at >= source.length() || source.charAt(at) == '\n') {
                throw new DrillSyntaxException(startLine, startColumn, "string without end");
            }
            char c = source.charAt(at++);
            if (c == '"') {
                break;
            }
            content.append(c == '\\' ? escape() : c);
        }
        tokens.add(new Token(Token.Kind.STRING, content.toString(), startLine, startColumn));
    }

    private char escape() {
        if (at >= source.length()) {
            throw error(at, "string ends after a backslash");
        }
        char c = source.charAt(at++);
        return switch (c) {
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'f' -> '\f';
            case 'v' -> '\u000b';
            case '\\', '"' -> c;
            case 'x' -> {
                if (at + 2 > source.length() || digit(source.charAt(at)) < 0 || digit(source.charAt(at + 1)) < 0) {
                    throw error(at, "\\x wants two hexadecimal digits");
                }
                at += 2;
                yield (char) (digit(source.charAt(at - 2)) << 4 | digit(source.charAt(at - 1)));
            }
            default -> throw error(at - 1, "unknown escape '\\" + c + "'");
        };
    }

    private static int digit(char c) {
        return c < 128 ? Character.digit(c, 16) : -1;
    }

    private void shell() {
        int startLine = line;
        int startColumn = at - lineStart + 1;
        StringBuilder content = new StringBuilder();
        at++;
        while (true) {
            if (at >= source.length()) {
                throw new DrillSyntaxException(startLine, startColumn, "shell command without end");
            }
            char c = source.charAt(at);
            if (c == '\n') {
                newLine();
            } else {
                at++;
            }
            if (c == '`') {
                break;
            }
            if (c == '\\' && at < source.length() && source.charAt(at) == '`') {
                content.append('`');
                at++;
            } else {
                content.append(c);
            }
        }
        tokens.add(new Token(Token.Kind.SHELL, content.toString(), startLine, startColumn));
    }

    private void code() {
        if (!source.startsWith("%{", at)) {
            punctuation();
            return;
        }
        int end = source.indexOf("}%", at);
        if (end < 0) {
            throw error(at, "code snippet without end");
        }
        int startLine = line;
        int startColumn = at - lineStart + 1;
        String text = source.substring(at + 2, end);
        while (at < end + 2) {
            if (source.charAt(at) == '\n') {
                newLine();
            } else {
                at++;
            }
        }
        tokens.add(new Token(Token.Kind.CODE, text, startLine, startColumn));
    }

    /// IPv4: four numbers with dots. IPv6: a run of hexadecimal digits and colons with at least two colons that is a literal, so that
    /// `1:1001` stays integer-colon-integer. The colon that ends an encapsulation prefix is not part of the address.
    private boolean address() {
        int end = at;
        int colons = 0;
        int dots = 0;
        while (end < source.length()) {
            char c = source.charAt(end);
            if (c == ':') {
                colons++;
            } else if (c == '.') {
                dots++;
            } else if (digit(c) < 0) {
                break;
            }
            end++;
        }
        if (end < source.length() && wordPart(source.charAt(end))) {
            return false;
        }
        if (colons < 2 && dots != 3) {
            return false;
        }
        for (int stop = end; stop > at && stop >= end - 1; stop--) {
            String text = source.substring(at, stop);
            IpAddress parsed = IpAddress.parse(text);
            if (parsed != null && stop - at >= 3) {
                add(text.indexOf(':') < 0 ? Token.Kind.IPV4 : Token.Kind.IPV6, text, at);
                at = stop;
                return true;
            }
            if (source.charAt(stop - 1) != ':') {
                return false;
            }
        }
        return false;
    }

    private boolean number() {
        int start = at;
        int i = at;
        if (source.charAt(i) == '-') {
            i++;
        }
        int digits = i;
        while (i < source.length() && decimal(source.charAt(i))) {
            i++;
        }
        if (i + 1 < source.length() && source.charAt(i) == '.' && decimal(source.charAt(i + 1))) {
            i += 2;
            while (i < source.length() && decimal(source.charAt(i))) {
                i++;
            }
            at = i;
            add(Token.Kind.FRACTION, source.substring(start, i), start);
            return true;
        }
        if (i == digits) {
            return false;
        }
        if (i == digits + 1 && digits == start && source.charAt(digits) == '0' && i + 1 < source.length() && (source.charAt(i) | 0x20) == 'x'
                && digit(source.charAt(i + 1)) >= 0) {
            i++;
            while (i < source.length() && digit(source.charAt(i)) >= 0) {
                i++;
            }
            if (i >= source.length() || !wordPart(source.charAt(i))) {
                at = i;
                add(Token.Kind.HEX, source.substring(start, i), start);
                return true;
            }
        }
        if (digits == start && i < source.length() && wordPart(source.charAt(i))) {
            return false;
        }
        at = i;
        add(Token.Kind.INTEGER, source.substring(start, i), start);
        return true;
    }

    private static boolean decimal(char c) {
        return c >= '0' && c <= '9';
    }

    private static boolean wordPart(char c) {
        return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || decimal(c);
    }

    private boolean word() {
        int start = at;
        int i = at;
        while (i < source.length() && wordPart(source.charAt(i))) {
            i++;
        }
        if (i == start) {
            return false;
        }
        // "sequence#" is one keyword of GRE prefixes.
        if (i < source.length() && source.charAt(i) == '#' && source.substring(start, i).equals("sequence")) {
            i++;
        }
        at = i;
        String text = source.substring(start, i);
        String replacement = defines.get(text);
        if (replacement == null) {
            add(Token.Kind.WORD, text, start);
        } else {
            define(replacement, start);
        }
        return true;
    }

    private void define(String value, int start) {
        int length = value.length();
        if (length >= 2 && value.startsWith("\"") && value.endsWith("\"")) {
            add(Token.Kind.STRING, value.substring(1, length - 1), start);
        } else if (length >= 2 && value.startsWith("`") && value.endsWith("`")) {
            add(Token.Kind.SHELL, value.substring(1, length - 1), start);
        } else if (value.matches("0[0-7]+")) {
            add(Token.Kind.INTEGER, octal(value, start), start);
        } else if (value.matches("-?[0-9]+")) {
            add(Token.Kind.INTEGER, value, start);
        } else if (value.matches("0[xX][0-9a-fA-F]+")) {
            add(Token.Kind.HEX, value, start);
        } else {
            add(Token.Kind.WORD, value, start);
        }
    }

    private String octal(String value, int start) {
        try {
            return Long.toString(Long.parseLong(value, 8));
        } catch (NumberFormatException e) {
            throw error(start, "definition " + value + " is too large");
        }
    }

    private boolean option() {
        if (!source.startsWith("--", at) || at + 2 >= source.length() || !Character.isLetter(source.charAt(at + 2))) {
            return false;
        }
        int start = at;
        int i = at + 2;
        while (i < source.length() && (wordPart(source.charAt(i)) || source.charAt(i) == '-')) {
            i++;
        }
        at = i;
        add(Token.Kind.OPTION, source.substring(start + 2, i).replace('-', '_'), start);
        return true;
    }

    private void punctuation() {
        int start = at;
        if (source.startsWith("...", at)) {
            at += 3;
        } else {
            at++;
        }
        add(Token.Kind.PUNCTUATION, source.substring(start, at), start);
    }

    private void add(Token.Kind kind, String text, int start) {
        tokens.add(new Token(kind, text, line, Math.max(1, start - lineStart + 1)));
    }

    private DrillSyntaxException error(int position, String message) {
        return new DrillSyntaxException(line, Math.max(1, position - lineStart + 1), message);
    }
}
