package org.lastack.drill.snippet;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IllegalFormatException;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Values and operations with Python's meaning: integers are `BigInteger`, floats `Double`, then `Boolean`, `String`, lists, and null for None.
final class Values {
    static final Set<String> FUNCTIONS = Set.of("abs", "min", "max", "int", "float", "round", "str", "hex", "len", "sum", "print", "bool");
    private static final int MAX_BITS = 4096;

    private Values() {}

    static Object integer(String text, int line) {
        try {
            return text.startsWith("0x") || text.startsWith("0X") ? new BigInteger(text.substring(2), 16) : new BigInteger(text);
        } catch (NumberFormatException e) {
            throw new SnippetException(line, "'" + text + "' is not a number");
        }
    }

    static Object floating(String text, int line) {
        try {
            return Double.valueOf(text);
        } catch (NumberFormatException e) {
            throw new SnippetException(line, "'" + text + "' is not a number");
        }
    }

    static boolean truth(@Nullable Object value) {
        return switch (value) {
            case null -> false;
            case Boolean b -> b;
            case BigInteger i -> i.signum() != 0;
            case Double d -> d != 0;
            case String s -> !s.isEmpty();
            case List<?> l -> !l.isEmpty();
            default -> true;
        };
    }

    static String text(@Nullable Object value) {
        return switch (value) {
            case null -> "None";
            case Boolean b -> b ? "True" : "False";
            case List<?> l -> {
                List<String> items = new ArrayList<>();
                for (Object each : l) {
                    items.add(each instanceof String s ? "'" + s + "'" : text(each));
                }
                yield "[" + String.join(", ", items) + "]";
            }
            default -> value.toString();
        };
    }

    private static String type(@Nullable Object value) {
        return switch (value) {
            case null -> "None";
            case Boolean b -> "bool";
            case BigInteger i -> "int";
            case Double d -> "float";
            case String s -> "str";
            default -> "list";
        };
    }

    /// A number as `BigInteger` or `Double`; null if the value is none.
    private static @Nullable Object number(@Nullable Object value) {
        if (value instanceof Boolean b) {
            return b ? BigInteger.ONE : BigInteger.ZERO;
        }
        return value instanceof BigInteger || value instanceof Double ? value : null;
    }

    private static double toDouble(Object number) {
        return ((Number) number).doubleValue();
    }

    static Object unary(String operator, @Nullable Object operand, int line) {
        Object number = number(operand);
        if (number instanceof BigInteger i) {
            return switch (operator) {
                case "-" -> i.negate();
                case "~" -> i.not();
                default -> i;
            };
        }
        if (number instanceof Double d && !operator.equals("~")) {
            return operator.equals("-") ? -d : d;
        }
        throw new SnippetException(line, "'" + operator + "' does not work on " + type(operand));
    }

    static Object binary(String operator, @Nullable Object left, @Nullable Object right, int line) {
        if (left instanceof String format && operator.equals("%")) {
            return format(format, right, line);
        }
        if (left instanceof String a && right instanceof String b && operator.equals("+")) {
            return a + b;
        }
        Object a = number(left);
        Object b = number(right);
        if (a == null || b == null) {
            throw new SnippetException(line, "'" + operator + "' does not work on " + type(left) + " and " + type(right));
        }
        try {
            if (a instanceof BigInteger x && b instanceof BigInteger y) {
                return integers(operator, x, y, line);
            }
            return doubles(operator, toDouble(a), toDouble(b), line);
        } catch (ArithmeticException e) {
            throw new SnippetException(line, "cannot compute " + text(left) + " " + operator + " " + text(right) + ": " + e.getMessage());
        }
    }

    private static Object integers(String operator, BigInteger x, BigInteger y, int line) {
        return switch (operator) {
            case "+" -> x.add(y);
            case "-" -> x.subtract(y);
            case "*" -> bounded(x.bitLength() + y.bitLength(), line, x).multiply(y);
            case "/" -> {
                if (y.signum() == 0) {
                    throw new ArithmeticException("division by zero");
                }
                yield x.doubleValue() / y.doubleValue();
            }
            case "//" -> floorDivide(x, y);
            case "%" -> x.subtract(floorDivide(x, y).multiply(y));
            case "**" -> y.signum() < 0 ? (Object) Math.pow(x.doubleValue(), y.doubleValue())
                    : bounded((long) x.bitLength() * Math.min(y.intValueExact(), MAX_BITS), line, x).pow(y.intValueExact());
            case "<<" -> bounded(x.bitLength() + (long) Math.min(shift(y), MAX_BITS), line, x).shiftLeft(shift(y));
            case ">>" -> x.shiftRight(shift(y));
            case "&" -> x.and(y);
            case "|" -> x.or(y);
            case "^" -> x.xor(y);
            default -> throw new SnippetException(line, "operator '" + operator + "' is not known to snippets here");
        };
    }

    private static int shift(BigInteger y) {
        int shift = y.intValueExact();
        if (shift < 0) {
            throw new ArithmeticException("negative shift count");
        }
        return shift;
    }

    private static BigInteger bounded(long bits, int line, BigInteger value) {
        if (bits > MAX_BITS) {
            throw new SnippetException(line, "the number would have more than " + MAX_BITS + " bits");
        }
        return value;
    }

    private static BigInteger floorDivide(BigInteger x, BigInteger y) {
        if (y.signum() == 0) {
            throw new ArithmeticException("division by zero");
        }
        BigInteger[] parts = x.divideAndRemainder(y);
        return parts[1].signum() != 0 && parts[1].signum() != y.signum() ? parts[0].subtract(BigInteger.ONE) : parts[0];
    }

    private static Object doubles(String operator, double x, double y, int line) {
        if (y == 0 && Set.of("/", "//", "%").contains(operator)) {
            throw new ArithmeticException("division by zero");
        }
        return switch (operator) {
            case "+" -> x + y;
            case "-" -> x - y;
            case "*" -> x * y;
            case "/" -> x / y;
            case "//" -> Math.floor(x / y);
            case "%" -> x - Math.floor(x / y) * y;
            case "**" -> Math.pow(x, y);
            default -> throw new SnippetException(line, "operator '" + operator + "' does not work on float");
        };
    }

    static boolean compare(String operator, @Nullable Object left, @Nullable Object right, int line) {
        return switch (operator) {
            case "==", "is" -> equal(left, right);
            case "!=", "is not" -> !equal(left, right);
            case "in" -> contains(right, left, line);
            case "not in" -> !contains(right, left, line);
            default -> {
                int order = order(left, right, operator, line);
                yield switch (operator) {
                    case "<" -> order < 0;
                    case "<=" -> order <= 0;
                    case ">" -> order > 0;
                    default -> order >= 0;
                };
            }
        };
    }

    private static boolean equal(@Nullable Object left, @Nullable Object right) {
        Object a = number(left);
        Object b = number(right);
        if (a != null && b != null) {
            return a instanceof BigInteger && b instanceof BigInteger ? a.equals(b) : toDouble(a) == toDouble(b);
        }
        return Objects.equals(left, right);
    }

    private static int order(@Nullable Object left, @Nullable Object right, String operator, int line) {
        Object a = number(left);
        Object b = number(right);
        if (a != null && b != null) {
            return a instanceof BigInteger x && b instanceof BigInteger y ? x.compareTo(y) : Double.compare(toDouble(a), toDouble(b));
        }
        if (left instanceof String x && right instanceof String y) {
            return x.compareTo(y);
        }
        throw new SnippetException(line, "'" + operator + "' does not work on " + type(left) + " and " + type(right));
    }

    private static boolean contains(@Nullable Object container, @Nullable Object item, int line) {
        if (container instanceof List<?> list) {
            for (Object each : list) {
                if (equal(each, item)) {
                    return true;
                }
            }
            return false;
        }
        if (container instanceof String text && item instanceof String part) {
            return text.contains(part);
        }
        throw new SnippetException(line, "'in' does not work on " + type(container));
    }

    static @Nullable Object call(String name, List<@Nullable Object> arguments, StringBuilder output, int line) {
        if (name.equals("print")) {
            List<String> words = new ArrayList<>();
            for (Object each : arguments) {
                words.add(text(each));
            }
            output.append(String.join(" ", words)).append('\n');
            return null;
        }
        if (name.equals("min") || name.equals("max") || name.equals("sum")) {
            return fold(name, arguments, line);
        }
        if (arguments.isEmpty() || arguments.size() > (name.equals("round") ? 2 : 1)) {
            throw new SnippetException(line, name + "() takes one argument, not " + arguments.size());
        }
        Object argument = arguments.getFirst();
        return switch (name) {
            case "str" -> text(argument);
            case "bool" -> truth(argument);
            case "len" -> {
                if (argument instanceof List<?> l) {
                    yield BigInteger.valueOf(l.size());
                }
                if (argument instanceof String s) {
                    yield BigInteger.valueOf(s.length());
                }
                throw new SnippetException(line, "len() does not work on " + type(argument));
            }
            default -> numeric(name, arguments, line);
        };
    }

    private static Object numeric(String name, List<@Nullable Object> arguments, int line) {
        Object argument = arguments.getFirst();
        if (argument instanceof String text && (name.equals("int") || name.equals("float"))) {
            return name.equals("int") ? integer(text.strip(), line) : floating(text.strip(), line);
        }
        Object number = number(argument);
        if (number == null) {
            throw new SnippetException(line, name + "() does not work on " + type(argument));
        }
        double value = toDouble(number);
        if (Set.of("int", "round").contains(name) && (Double.isNaN(value) || Double.isInfinite(value))) {
            throw new SnippetException(line, "cannot convert " + value + " to int");
        }
        return switch (name) {
            case "abs" -> number instanceof BigInteger i ? i.abs() : (Object) Math.abs(value);
            case "int" -> number instanceof BigInteger i ? i : new BigDecimal(value).toBigInteger();
            case "float" -> value;
            case "round" -> round(number, arguments, line);
            default -> {
                if (!(number instanceof BigInteger i)) {
                    throw new SnippetException(line, "hex() works on int only");
                }
                yield (i.signum() < 0 ? "-0x" : "0x") + i.abs().toString(16);
            }
        };
    }

    /// Half to even, as Python does.
    private static Object round(Object number, List<@Nullable Object> arguments, int line) {
        if (number instanceof BigInteger) {
            return number;
        }
        BigDecimal exact = new BigDecimal(toDouble(number));
        if (arguments.size() == 1) {
            return exact.setScale(0, RoundingMode.HALF_EVEN).toBigInteger();
        }
        if (!(arguments.get(1) instanceof BigInteger digits) || digits.abs().compareTo(BigInteger.valueOf(300)) > 0) {
            throw new SnippetException(line, "round() wants a number of digits");
        }
        return exact.setScale(digits.intValue(), RoundingMode.HALF_EVEN).doubleValue();
    }

    private static Object fold(String name, List<@Nullable Object> arguments, int line) {
        List<?> items = arguments.size() == 1 && arguments.getFirst() instanceof List<?> list ? list : arguments;
        Object result = name.equals("sum") ? BigInteger.ZERO : null;
        for (Object each : items) {
            if (name.equals("sum")) {
                result = binary("+", result, each, line);
            } else if (result == null || compare(name.equals("min") ? "<" : ">", each, result, line)) {
                result = each;
            }
        }
        if (result == null) {
            throw new SnippetException(line, name + "() of nothing");
        }
        return result;
    }

    /// `"cwnd %d" % x`: d, i, u, s, r, x, f, g with width and precision.
    private static String format(String format, @Nullable Object arguments, int line) {
        List<?> values = arguments instanceof List<?> list ? list : Collections.singletonList(arguments);
        StringBuilder result = new StringBuilder();
        int next = 0;
        for (int i = 0; i < format.length(); i++) {
            char c = format.charAt(i);
            if (c != '%') {
                result.append(c);
                continue;
            }
            int end = i + 1;
            while (end < format.length() && "0123456789.-+ ".indexOf(format.charAt(end)) >= 0) {
                end++;
            }
            if (end >= format.length()) {
                throw new SnippetException(line, "incomplete format '" + format + "'");
            }
            if (format.charAt(end) == '%') {
                result.append('%');
            } else {
                if (next >= values.size()) {
                    throw new SnippetException(line, "not enough arguments for format '" + format + "'");
                }
                result.append(formatted(format.substring(i, end), format.charAt(end), values.get(next++), line));
            }
            i = end;
        }
        return result.toString();
    }

    private static String formatted(String flags, char conversion, @Nullable Object value, int line) {
        try {
            return switch (conversion) {
                case 's', 'r' -> String.format(Locale.ROOT, flags + "s", text(value));
                case 'd', 'i', 'u' -> String.format(Locale.ROOT, flags + "d", (BigInteger) Objects.requireNonNull(call("int", Collections.singletonList(value), new StringBuilder(), line)));
                case 'x' -> String.format(Locale.ROOT, flags + "x", (BigInteger) Objects.requireNonNull(number(value)));
                case 'f', 'g', 'e' -> String.format(Locale.ROOT, flags + conversion, toDouble(Objects.requireNonNull(number(value))));
                default -> throw new SnippetException(line, "format '%" + conversion + "' is not known");
            };
        } catch (IllegalFormatException | ClassCastException | NullPointerException e) {
            throw new SnippetException(line, "cannot format " + text(value) + " with " + flags + conversion);
        }
    }
}
