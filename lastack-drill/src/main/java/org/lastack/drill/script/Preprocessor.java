package org.lastack.drill.script;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Set;
import org.lastack.drill.DrillSyntaxException;

/// The part of the C preprocessor that scripts of the nplab dialect use: `#ifdef`, `#ifndef`, `#if defined(X)`, `#else`, `#endif`. The symbol
/// STANDARD is defined. Lines that are dropped stay as empty lines, so that line numbers hold.
final class Preprocessor {
    private static final Set<String> DEFINED = Set.of("STANDARD");

    private Preprocessor() {}

    static String apply(String source) {
        if (source.indexOf('#') < 0) {
            return source;
        }
        StringBuilder result = new StringBuilder(source.length());
        Deque<Boolean> active = new ArrayDeque<>();
        boolean quoted = false;
        int number = 0;
        for (String line : source.split("\n", -1)) {
            number++;
            String directive = line.strip();
            boolean isDirective = !quoted && directive.startsWith("#") && directive(directive, active, number);
            if (!isDirective && !active.contains(Boolean.FALSE)) {
                result.append(line);
                quoted ^= oddQuotes(line);
            }
            result.append('\n');
        }
        if (!active.isEmpty()) {
            throw new DrillSyntaxException(number, 1, "#if without #endif");
        }
        result.setLength(result.length() - 1);
        return result.toString();
    }

    /// Inside shell text or code a line may begin with `#` and is no directive.
    private static boolean oddQuotes(String line) {
        boolean odd = false;
        for (int i = 0; i < line.length(); i++) {
            if (line.charAt(i) == '`' || line.startsWith("%{", i) || line.startsWith("}%", i)) {
                odd = !odd;
            }
        }
        return odd;
    }

    private static boolean directive(String text, Deque<Boolean> active, int line) {
        String[] words = text.substring(1).strip().split("[\\s()]+");
        String symbol = words.length == 0 ? "" : words[words.length - 1];
        switch (words[0]) {
            case "ifdef" -> active.push(DEFINED.contains(symbol));
            case "ifndef" -> active.push(!DEFINED.contains(symbol));
            case "if" -> {
                if (words.length < 3 || !(words[1].equals("defined") || words[1].equals("!defined"))) {
                    throw new DrillSyntaxException(line, 1, "only '#if defined(NAME)' is known, not '" + text + "'");
                }
                active.push(DEFINED.contains(symbol) == words[1].equals("defined"));
            }
            case "else" -> {
                if (active.isEmpty()) {
                    throw new DrillSyntaxException(line, 1, "#else without #if");
                }
                active.push(!active.pop());
            }
            case "endif" -> {
                if (active.isEmpty()) {
                    throw new DrillSyntaxException(line, 1, "#endif without #if");
                }
                active.pop();
            }
            default -> throw new DrillSyntaxException(line, 1, "unknown directive '" + text + "'");
        }
        return true;
    }
}
