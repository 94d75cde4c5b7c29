package org.lastack.drill.snippet;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.lastack.drill.snippet.Snippet.Expression;
import org.lastack.drill.snippet.Snippet.Scope;
import org.lastack.drill.snippet.Snippet.Statement;
import org.lastack.drill.snippet.SnippetLexer.Kind;
import org.lastack.drill.snippet.SnippetLexer.Token;

/// Statements and expressions by recursive descent; each becomes a small function over the names.
final class SnippetParser {
    private static final Set<String> UNKNOWN_STATEMENTS = Set.of("import", "from", "for", "while", "def", "class", "return", "try", "with", "raise", "del", "global",
            "lambda", "yield", "nonlocal", "break", "continue", "async", "await");
    private static final Set<String> COMPARISONS = Set.of("<", ">", "<=", ">=", "==", "!=", "in", "not", "is");
    private static final int MAX_DEPTH = 200;

    private final List<Token> tokens;
    private int at;
    private int depth;

    SnippetParser(List<Token> tokens) {
        this.tokens = tokens;
    }

    List<Statement> program() {
        List<Statement> statements = new ArrayList<>();
        while (peek().kind() != Kind.END) {
            statement(statements);
        }
        return statements;
    }

    private Token peek() {
        return tokens.get(at);
    }

    private Token take() {
        Token token = tokens.get(at);
        if (at < tokens.size() - 1) {
            at++;
        }
        return token;
    }

    private boolean accept(String text) {
        if (peek().is(text)) {
            take();
            return true;
        }
        return false;
    }

    private void expect(String text) {
        if (!accept(text)) {
            throw unexpected("expected '" + text + "'");
        }
    }

    private SnippetException unexpected(String wanted) {
        Token token = peek();
        String found = switch (token.kind()) {
            case NEWLINE, END -> "the end of the line";
            case INDENT, DEDENT -> "a change of indentation";
            case NAME, INTEGER, FLOAT, STRING, OPERATOR -> "'" + token.text() + "'";
        };
        return new SnippetException(token.line(), wanted + ", not " + found);
    }

    // Statements.

    private void statement(List<Statement> into) {
        if (peek().kind() == Kind.NEWLINE) {
            take();
            return;
        }
        if (peek().is("if")) {
            into.add(conditional());
            return;
        }
        do {
            if (peek().kind() == Kind.NEWLINE) {
                break;
            }
            into.add(simple());
        } while (accept(";"));
        if (peek().kind() != Kind.NEWLINE) {
            throw unexpected("expected the end of the statement");
        }
        take();
    }

    private Statement conditional() {
        take();
        Expression condition = expression();
        List<Statement> then = block();
        List<Statement> otherwise = new ArrayList<>();
        if (peek().is("elif")) {
            otherwise.add(conditional());
        } else if (accept("else")) {
            otherwise = block();
        }
        List<Statement> orElse = otherwise;
        return scope -> {
            for (Statement each : Values.truth(condition.value(scope)) ? then : orElse) {
                each.run(scope);
            }
        };
    }

    private List<Statement> block() {
        if (++depth > MAX_DEPTH) {
            throw new SnippetException(peek().line(), "the snippet is nested too deeply");
        }
        expect(":");
        List<Statement> statements = new ArrayList<>();
        if (peek().kind() != Kind.NEWLINE) {
            statement(statements);
        } else {
            take();
            if (peek().kind() != Kind.INDENT) {
                throw unexpected("expected an indented block");
            }
            take();
            while (peek().kind() != Kind.DEDENT && peek().kind() != Kind.END) {
                statement(statements);
            }
            take();
        }
        depth--;
        return statements;
    }

    private Statement simple() {
        Token token = peek();
        if (token.kind() == Kind.NAME && UNKNOWN_STATEMENTS.contains(token.text())) {
            throw new SnippetException(token.line(), "'" + token.text() + "' is not known to snippets here");
        }
        if (accept("pass")) {
            return scope -> {};
        }
        if (accept("assert")) {
            return assertion(token.line());
        }
        if (token.kind() == Kind.NAME && tokens.get(at + 1).kind() == Kind.OPERATOR && tokens.get(at + 1).text().endsWith("=")
                && !COMPARISONS.contains(tokens.get(at + 1).text())) {
            return assignment();
        }
        Expression value = expression();
        return value::value;
    }

    private Statement assignment() {
        Token name = take();
        String operator = take().text();
        Expression value = expression();
        if (operator.equals("=")) {
            return scope -> scope.variables().put(name.text(), value.value(scope));
        }
        String arithmetic = operator.substring(0, operator.length() - 1);
        return scope -> scope.variables().put(name.text(),
                Values.binary(arithmetic, variable(name, scope), value.value(scope), name.line()));
    }

    private Statement assertion(int line) {
        int start = at;
        Expression condition = expression();
        String source = source(start, at);
        List<String> names = names(start, at);
        Expression message = accept(",") ? expression() : null;
        return scope -> {
            if (Values.truth(condition.value(scope))) {
                return;
            }
            StringBuilder text = new StringBuilder("assert ").append(source);
            if (message != null) {
                text.append(": ").append(Values.text(message.value(scope)));
            }
            String separator = " (";
            for (String name : names) {
                if (scope.variables().containsKey(name)) {
                    text.append(separator).append(name).append(" = ").append(Values.text(scope.variables().get(name)));
                    separator = ", ";
                }
            }
            throw new SnippetException(line, text + (separator.equals(", ") ? ")" : ""), true);
        };
    }

    private String source(int from, int to) {
        StringBuilder text = new StringBuilder();
        for (Token each : tokens.subList(from, to)) {
            boolean tight = each.is(")") || each.is(",") || text.isEmpty() || text.charAt(text.length() - 1) == '(';
            text.append(tight ? "" : " ").append(each.kind() == Kind.STRING ? "'" + each.text() + "'" : each.text());
        }
        return text.toString();
    }

    private List<String> names(int from, int to) {
        return tokens.subList(from, to).stream().filter(each -> each.kind() == Kind.NAME).map(Token::text).filter(each -> each.startsWith("tcpi_") || !each.startsWith("TCP"))
                .distinct().toList();
    }

    // Expressions, weakest binding first.

    private Expression expression() {
        if (++depth > MAX_DEPTH) {
            throw new SnippetException(peek().line(), "the snippet is nested too deeply");
        }
        Expression value = disjunction();
        if (accept("if")) {
            Expression condition = disjunction();
            expect("else");
            Expression then = value;
            Expression otherwise = expression();
            value = scope -> Values.truth(condition.value(scope)) ? then.value(scope) : otherwise.value(scope);
        }
        depth--;
        return value;
    }

    private Expression disjunction() {
        Expression left = conjunction();
        while (accept("or")) {
            Expression first = left;
            Expression second = conjunction();
            left = scope -> {
                Object value = first.value(scope);
                return Values.truth(value) ? value : second.value(scope);
            };
        }
        return left;
    }

    private Expression conjunction() {
        Expression left = negation();
        while (accept("and")) {
            Expression first = left;
            Expression second = negation();
            left = scope -> {
                Object value = first.value(scope);
                return Values.truth(value) ? second.value(scope) : value;
            };
        }
        return left;
    }

    private Expression negation() {
        int negations = 0;
        while (accept("not")) {
            negations++;
        }
        Expression inner = comparison();
        if (negations == 0) {
            return inner;
        }
        boolean odd = negations % 2 == 1;
        return scope -> Values.truth(inner.value(scope)) != odd;
    }

    private Expression comparison() {
        Expression first = binary(0);
        List<String> operators = new ArrayList<>();
        List<Expression> operands = new ArrayList<>();
        int line = peek().line();
        while ((peek().kind() == Kind.OPERATOR || peek().kind() == Kind.NAME) && COMPARISONS.contains(peek().text())) {
            String operator = take().text();
            if (operator.equals("not")) {
                expect("in");
                operator = "not in";
            } else if (operator.equals("is") && accept("not")) {
                operator = "is not";
            }
            operators.add(operator);
            operands.add(binary(0));
        }
        if (operators.isEmpty()) {
            return first;
        }
        return scope -> {
            Object left = first.value(scope);
            for (int i = 0; i < operators.size(); i++) {
                Object right = operands.get(i).value(scope);
                if (!Values.compare(operators.get(i), left, right, line)) {
                    return false;
                }
                left = right;
            }
            return true;
        };
    }

    private static final List<Set<String>> LEVELS = List.of(Set.of("|"), Set.of("^"), Set.of("&"), Set.of("<<", ">>"), Set.of("+", "-"), Set.of("*", "/", "//", "%"));

    private Expression binary(int level) {
        if (level == LEVELS.size()) {
            return unary();
        }
        Expression left = binary(level + 1);
        while (peek().kind() == Kind.OPERATOR && LEVELS.get(level).contains(peek().text())) {
            Token operator = take();
            Expression first = left;
            Expression second = binary(level + 1);
            left = scope -> Values.binary(operator.text(), first.value(scope), second.value(scope), operator.line());
        }
        return left;
    }

    private Expression unary() {
        Token token = peek();
        if (token.is("-") || token.is("+") || token.is("~")) {
            if (++depth > MAX_DEPTH) {
                throw new SnippetException(token.line(), "the snippet is nested too deeply");
            }
            take();
            Expression inner = unary();
            depth--;
            return scope -> Values.unary(token.text(), inner.value(scope), token.line());
        }
        Expression base = atom();
        if (!peek().is("**")) {
            return base;
        }
        Token operator = take();
        if (++depth > MAX_DEPTH) {
            throw new SnippetException(token.line(), "the snippet is nested too deeply");
        }
        Expression exponent = unary();
        depth--;
        return scope -> Values.binary("**", base.value(scope), exponent.value(scope), operator.line());
    }

    private Expression atom() {
        Token token = take();
        return switch (token.kind()) {
            case INTEGER -> constant(Values.integer(token.text(), token.line()));
            case FLOAT -> constant(Values.floating(token.text(), token.line()));
            case STRING -> string(token);
            case NAME -> name(token);
            case OPERATOR -> bracket(token);
            case NEWLINE, INDENT, DEDENT, END -> {
                at--;
                throw unexpected("expected a value");
            }
        };
    }

    private static Expression constant(@Nullable Object value) {
        return scope -> value;
    }

    private Expression string(Token first) {
        StringBuilder text = new StringBuilder(first.text());
        while (peek().kind() == Kind.STRING) {
            text.append(take().text());
        }
        return constant(text.toString());
    }

    private Expression bracket(Token token) {
        if (token.text().equals("(")) {
            Expression value = expression();
            if (peek().is(",")) {
                List<Expression> items = new ArrayList<>(List.of(value));
                while (accept(",") && !peek().is(")")) {
                    items.add(expression());
                }
                value = list(items);
            }
            expect(")");
            return value;
        }
        if (token.text().equals("[")) {
            List<Expression> items = new ArrayList<>();
            while (!peek().is("]")) {
                items.add(expression());
                if (!accept(",")) {
                    break;
                }
            }
            expect("]");
            return list(items);
        }
        throw new SnippetException(token.line(), "expected a value, not '" + token.text() + "'");
    }

    private static Expression list(List<Expression> items) {
        return scope -> {
            List<@Nullable Object> values = new ArrayList<>();
            for (Expression each : items) {
                values.add(each.value(scope));
            }
            return values;
        };
    }

    private Expression name(Token token) {
        switch (token.text()) {
            case "True" -> {
                return constant(true);
            }
            case "False" -> {
                return constant(false);
            }
            case "None" -> {
                return constant(null);
            }
            default -> {
                // A variable or a function.
            }
        }
        if (UNKNOWN_STATEMENTS.contains(token.text()) || Set.of("and", "or", "not", "if", "else", "elif", "in", "is", "assert", "pass").contains(token.text())) {
            throw new SnippetException(token.line(), "expected a value, not '" + token.text() + "'");
        }
        if (peek().is("(")) {
            return call(token);
        }
        if (peek().is(".") || peek().is("[")) {
            throw new SnippetException(token.line(), "'" + token.text() + peek().text() + "': attributes and subscripts are not known to snippets here");
        }
        return scope -> variable(token, scope);
    }

    private static @Nullable Object variable(Token name, Scope scope) {
        Map<String, @Nullable Object> variables = scope.variables();
        if (!variables.containsKey(name.text())) {
            throw new SnippetException(name.line(), "name '" + name.text() + "' is not defined");
        }
        return variables.get(name.text());
    }

    private Expression call(Token name) {
        if (!Values.FUNCTIONS.contains(name.text())) {
            throw new SnippetException(name.line(), "function '" + name.text() + "' is not known to snippets here");
        }
        take();
        List<Expression> arguments = new ArrayList<>();
        while (!peek().is(")")) {
            arguments.add(expression());
            if (!accept(",")) {
                break;
            }
        }
        expect(")");
        return scope -> {
            List<@Nullable Object> values = new ArrayList<>();
            for (Expression each : arguments) {
                values.add(each.value(scope));
            }
            return Values.call(name.text(), values, scope.output(), name.line());
        };
    }
}
