package org.lastack.drill.snippet;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/// Tokens of Python with INDENT and DEDENT. Lines may continue inside brackets and after a backslash. The text may be indented as a whole.
final class SnippetLexer {
    enum Kind {
        NAME,
        INTEGER,
        FLOAT,
        STRING,
        OPERATOR,
        NEWLINE,
        INDENT,
        DEDENT,
        END
    }

    record Token(Kind kind, String text, int line) {
        boolean is(String operatorOrName) {
            return (kind == Kind.OPERATOR || kind == Kind.NAME) && text.equals(operatorOrName);
        }
    }

    private static final List<String> OPERATORS = List.of("**=", "//=", ">>=", "<<=", "**", "//", "<<", ">>", "<=", ">=", "==", "!=", "+=", "-=", "*=", "/=", "%=", "&=",
            "|=", "^=", "+", "-", "*", "/", "%", "(", ")", "[", "]", "{", "}", ",", ":", ";", "=", "<", ">", "&", "|", "^", "~", ".");

    private final List<Token> tokens = new ArrayList<>();
    private final Deque<Integer> indents = new ArrayDeque<>(List.of(0));
    private final String text;
    private int at;
    private int line;
    private int depth;

    private SnippetLexer(String text, int line) {
        this.text = text;
        this.line = line;
    }

    static List<Token> tokens(String source, int firstLine) {
        SnippetLexer lexer = new SnippetLexer(dedent(source), firstLine);
        lexer.run();
        return lexer.tokens;
    }

    /// Removes the indentation that all lines but the first share, and that of the first.
    private static String dedent(String source) {
        String[] lines = source.split("\n", -1);
        int shared = Integer.MAX_VALUE;
        for (int i = 1; i < lines.length; i++) {
            String line = lines[i];
            if (!line.isBlank() && !line.stripLeading().startsWith("#")) {
                shared = Math.min(shared, line.length() - line.stripLeading().length());
            }
        }
        StringBuilder result = new StringBuilder(lines[0].strip());
        for (int i = 1; i < lines.length; i++) {
            String line = lines[i];
            int cut = Math.min(shared, line.length() - line.stripLeading().length());
            result.append('\n').append(line.substring(cut));
        }
        return result.toString();
    }

    private void run() {
        boolean lineStart = true;
        while (at < text.length()) {
            if (lineStart && depth == 0) {
                if (!indentation()) {
                    continue;
                }
                lineStart = false;
            }
            char c = text.charAt(at);
            if (c == '\n') {
                at++;
                if (depth == 0) {
                    tokens.add(new Token(Kind.NEWLINE, "", line));
                    lineStart = true;
                }
                line++;
            } else if (c == ' ' || c == '\t' || c == '\r') {
                at++;
            } else if (c == '#') {
                skipComment();
            } else if (c == '\\' && at + 1 < text.length() && text.charAt(at + 1) == '\n') {
                at += 2;
                line++;
            } else {
                token(c);
            }
        }
        tokens.add(new Token(Kind.NEWLINE, "", line));
        while (indents.size() > 1) {
            indents.pop();
            tokens.add(new Token(Kind.DEDENT, "", line));
        }
        tokens.add(new Token(Kind.END, "", line));
    }

    private void skipComment() {
        while (at < text.length() && text.charAt(at) != '\n') {
            at++;
        }
    }

    /// At the start of a line: true if it has code. Blank and comment lines are skipped.
    private boolean indentation() {
        int column = 0;
        while (at < text.length() && (text.charAt(at) == ' ' || text.charAt(at) == '\t' || text.charAt(at) == '\r')) {
            column += text.charAt(at) == '\t' ? 8 - column % 8 : 1;
            at++;
        }
        if (at < text.length() && text.charAt(at) == '#') {
            skipComment();
        }
        if (at >= text.length()) {
            return false;
        }
        if (text.charAt(at) == '\n') {
            at++;
            line++;
            return false;
        }
        if (column > indents.element()) {
            indents.push(column);
            tokens.add(new Token(Kind.INDENT, "", line));
        }
        while (column < indents.element()) {
            indents.pop();
            tokens.add(new Token(Kind.DEDENT, "", line));
        }
        if (column != indents.element()) {
            throw new SnippetException(line, "the indentation fits no outer block");
        }
        return true;
    }

    private void token(char c) {
        if (c >= '0' && c <= '9' || c == '.' && at + 1 < text.length() && Character.isDigit(text.charAt(at + 1))) {
            number();
        } else if (Character.isLetter(c) || c == '_') {
            int start = at;
            while (at < text.length() && (Character.isLetterOrDigit(text.charAt(at)) || text.charAt(at) == '_')) {
                at++;
            }
            if (at < text.length() && (text.charAt(at) == '"' || text.charAt(at) == '\'')) {
                throw new SnippetException(line, "strings with the prefix '" + text.substring(start, at) + "' are not known");
            }
            tokens.add(new Token(Kind.NAME, text.substring(start, at), line));
        } else if (c == '"' || c == '\'') {
            string(c);
        } else {
            operator(c);
        }
    }

    private void operator(char c) {
        for (String each : OPERATORS) {
            if (text.startsWith(each, at)) {
                at += each.length();
                if ("([{".contains(each)) {
                    depth++;
                } else if (")]}".contains(each)) {
                    depth = Math.max(0, depth - 1);
                }
                tokens.add(new Token(Kind.OPERATOR, each, line));
                return;
            }
        }
        throw new SnippetException(line, "unexpected character '" + c + "'");
    }

    private void number() {
        int start = at;
        boolean hex = text.startsWith("0x", at) || text.startsWith("0X", at);
        if (hex) {
            at += 2;
        }
        boolean floating = false;
        while (at < text.length()) {
            char c = text.charAt(at);
            if (hex ? Character.digit(c, 16) >= 0 || c == '_' : Character.isDigit(c) || c == '_') {
                at++;
            } else if (!hex && (c == '.' || c == 'e' || c == 'E')) {
                floating = true;
                at++;
                if (c != '.' && at < text.length() && (text.charAt(at) == '-' || text.charAt(at) == '+')) {
                    at++;
                }
            } else {
                break;
            }
        }
        tokens.add(new Token(floating ? Kind.FLOAT : Kind.INTEGER, text.substring(start, at).replace("_", ""), line));
    }

    private void string(char quote) {
        int start = line;
        boolean triple = text.startsWith(String.valueOf(quote).repeat(3), at);
        String end = String.valueOf(quote).repeat(triple ? 3 : 1);
        at += end.length();
        StringBuilder content = new StringBuilder();
        while (!text.startsWith(end, at)) {
            if (at >= text.length() || !triple && text.charAt(at) == '\n') {
                throw new SnippetException(start, "string without end");
            }
            char c = text.charAt(at++);
            if (c == '\n') {
                line++;
            }
            if (c == '\\' && at < text.length()) {
                char escaped = text.charAt(at++);
                switch (escaped) {
                    case 'n' -> content.append('\n');
                    case 't' -> content.append('\t');
                    case '\\', '\'', '"' -> content.append(escaped);
                    default -> content.append(c).append(escaped);
                }
            } else {
                content.append(c);
            }
        }
        at += end.length();
        tokens.add(new Token(Kind.STRING, content.toString(), start));
    }
}
