package org.lastack.drill.script;

import java.util.ArrayList;
import java.util.List;

/// Arguments and results of calls.
final class ExprParser {
    private static final int MAX_DEPTH = 50;

    private final Cursor cursor;
    private int depth;

    ExprParser(Cursor cursor) {
        this.cursor = cursor;
    }

    Expr expression() {
        if (++depth > MAX_DEPTH) {
            throw cursor.error("expressions are nested too deeply");
        }
        try {
            Expr left = primary();
            while (cursor.accept("|")) {
                left = new Expr.Or(left, primary());
            }
            return left;
        } finally {
            depth--;
        }
    }

    private Expr primary() {
        Token token = cursor.peek();
        return switch (token.kind()) {
            case INTEGER, HEX -> new Expr.Num(cursor.integer("a number"));
            case STRING -> string();
            case WORD -> word();
            case PUNCTUATION -> punctuated(token);
            case FRACTION, SHELL, CODE, IPV4, IPV6, OPTION, END -> throw cursor.error("expected an argument, not " + token.shown());
        };
    }

    private Expr string() {
        StringBuilder text = new StringBuilder();
        while (cursor.peek().kind() == Token.Kind.STRING) {
            text.append(cursor.take().text());
        }
        return new Expr.Str(text.toString(), cursor.accept("..."));
    }

    private Expr word() {
        String name = cursor.take().text();
        if ((name.equals("inet_addr") || name.equals("inet6_addr")) && cursor.accept("(")) {
            Expr.Address address = new Expr.Address(stringLiteral(), name.equals("inet6_addr"));
            cursor.expect(")");
            return address;
        }
        if (name.equals("htons") && cursor.accept("(")) {
            Expr value = new Expr.Num(cursor.integer("a port", 0, 65535));
            cursor.expect(")");
            return value;
        }
        if (cursor.accept("=")) {
            return new Expr.Assign(name, expression());
        }
        return new Expr.Word(name);
    }

    private String stringLiteral() {
        Token token = cursor.peek();
        if (token.kind() != Token.Kind.STRING) {
            throw cursor.error("expected a string, not " + token.shown());
        }
        return cursor.take().text();
    }

    private Expr punctuated(Token token) {
        switch (token.text()) {
            case "..." -> {
                cursor.take();
                return new Expr.Ellipsis();
            }
            case "[" -> {
                cursor.take();
                return new Expr.Array(items("]"));
            }
            case "{" -> {
                cursor.take();
                return braces();
            }
            default -> throw cursor.error("expected an argument, not " + token.shown());
        }
    }

    private List<Expr> items(String close) {
        List<Expr> items = new ArrayList<>();
        if (cursor.accept(close)) {
            return items;
        }
        do {
            items.add(expression());
        } while (cursor.accept(","));
        cursor.expect(close);
        return items;
    }

    private Expr braces() {
        Token token = cursor.peek();
        if (token.is("...")) {
            return vector();
        }
        if (token.kind() == Token.Kind.WORD) {
            switch (token.text()) {
                case "sa_family", "sin_family", "sin6_family" -> {
                    return socketAddress();
                }
                case "msg_name" -> {
                    return message();
                }
                case "cmsg_level" -> {
                    return control();
                }
                case "fd" -> {
                    return pollFd();
                }
                case "events" -> {
                    return epollEvent();
                }
                case "onoff" -> {
                    return linger();
                }
                case "scm_sec" -> {
                    return timestamp();
                }
                case "ee_errno" -> {
                    return extendedError();
                }
                default -> {
                    // A list of attributes.
                }
            }
        }
        return new Expr.Braces(items("}"));
    }

    private Expr vector() {
        cursor.take();
        cursor.expect(",");
        long length = cursor.integer("the length of the vector", 0, Integer.MAX_VALUE);
        cursor.expect("}");
        return new Expr.Vector(length);
    }

    private Expr key(String name) {
        cursor.expectWord(name);
        cursor.expect("=");
        return expression();
    }

    private Expr socketAddress() {
        cursor.take();
        cursor.expect("=");
        String family = cursor.word("an address family");
        cursor.expect(",");
        if (!cursor.acceptWord("sin6_port")) {
            cursor.expectWord("sin_port");
        }
        cursor.expect("=");
        cursor.expectWord("htons");
        cursor.expect("(");
        long port = cursor.integer("a port", 0, 65535);
        cursor.expect(")");
        cursor.expect(",");
        cursor.word("sin_addr");
        cursor.expect("=");
        Expr address = expression();
        cursor.expect("}");
        return new Expr.SocketAddress(family, port, address);
    }

    private Expr message() {
        cursor.take();
        sized();
        expression();
        cursor.expect(",");
        cursor.expectWord("msg_iov");
        sized();
        Expr vectors = expression();
        cursor.expect(",");
        Expr flags = key("msg_flags");
        Expr control = null;
        if (cursor.accept(",")) {
            cursor.expectWord("msg_control");
            if (cursor.is("(")) {
                sized();
            } else {
                cursor.expect("=");
            }
            control = expression();
        }
        cursor.expect("}");
        return new Expr.Message(vectors, flags, control);
    }

    /// `(n)=` or `(...)=`.
    private void sized() {
        cursor.expect("(");
        if (!cursor.accept("...")) {
            cursor.integer("a count");
        }
        cursor.expect(")");
        cursor.expect("=");
    }

    private Expr control() {
        Expr level = key("cmsg_level");
        cursor.expect(",");
        Expr type = key("cmsg_type");
        cursor.expect(",");
        Expr data = key("cmsg_data");
        cursor.expect("}");
        return new Expr.ControlMessage(level, type, data);
    }

    private Expr pollFd() {
        Expr descriptor = key("fd");
        cursor.expect(",");
        Expr events = key("events");
        Expr returned = cursor.accept(",") ? key("revents") : null;
        cursor.expect("}");
        return new Expr.PollFd(descriptor, events, returned);
    }

    private Expr epollEvent() {
        Expr events = key("events");
        cursor.expect(",");
        Token field = cursor.peek();
        if (!(field.isWord("fd") || field.isWord("ptr") || field.isWord("u32") || field.isWord("u64"))) {
            throw cursor.error("expected fd, ptr, u32 or u64, not " + field.shown());
        }
        Expr value = key(field.text());
        cursor.expect("}");
        return new Expr.EpollEvent(events, field.text(), value);
    }

    private Expr linger() {
        cursor.take();
        cursor.expect("=");
        long onOff = cursor.integer("a number", 0, Integer.MAX_VALUE);
        cursor.expect(",");
        cursor.expectWord("linger");
        cursor.expect("=");
        long seconds = cursor.integer("a number", Integer.MIN_VALUE, Integer.MAX_VALUE);
        cursor.expect("}");
        return new Expr.Linger(onOff, seconds);
    }

    private Expr timestamp() {
        cursor.take();
        cursor.expect("=");
        long seconds = cursor.integer("seconds");
        cursor.expect(",");
        cursor.expectWord("scm_nsec");
        cursor.expect("=");
        long nanoseconds = cursor.integer("nanoseconds");
        cursor.expect("}");
        return new Expr.Timestamp(seconds, nanoseconds);
    }

    private Expr extendedError() {
        List<Expr> fields = new ArrayList<>();
        for (String name : List.of("ee_errno", "ee_origin", "ee_type", "ee_code", "ee_info", "ee_data")) {
            if (!fields.isEmpty()) {
                cursor.expect(",");
            }
            fields.add(key(name));
        }
        cursor.expect("}");
        return new Expr.ExtendedError(fields);
    }
}
