package org.lastack.tools.up;

import java.util.function.UnaryOperator;
import org.lastack.link.Impairment;

/// The text of `--impair`: `loss=1%,duplicate=0.5%,corrupt=0.1%,reorder=2%,delay=20ms,jitter=5ms,rate=100mbit,queue=250kB`. It holds for both
/// directions.
public final class ImpairmentOption {
    /// A frame that is held back leaves after so many others, or after that time.
    private static final int REORDER_FRAMES = 3;

    private static final long REORDER_NS = 5_000_000;
    /// Room before the bottleneck if none is given: 20 ms at 100 Mbit/s, as in the comparisons of the documents.
    private static final int QUEUE_OCTETS = 250_000;

    private ImpairmentOption() {}

    /// @throws IllegalArgumentException saying what is wrong
    public static Impairment parse(String text) {
        Impairment impairment = Impairment.NONE;
        long delay = 0;
        long jitter = 0;
        long rate = 0;
        int queue = QUEUE_OCTETS;
        for (String part : text.split(",")) {
            int equals = part.indexOf('=');
            String name = equals < 0 ? part.strip() : part.substring(0, equals).strip();
            String value = equals < 0 ? "" : part.substring(equals + 1).strip();
            switch (name) {
                case "loss" -> impairment = impairment.withLoss(share(name, value));
                case "duplicate" -> impairment = impairment.withDuplicate(share(name, value));
                case "corrupt" -> impairment = impairment.withCorrupt(share(name, value));
                case "reorder" -> impairment = impairment.withReorder(share(name, value), REORDER_FRAMES, REORDER_NS);
                case "delay" -> delay = time(name, value);
                case "jitter" -> jitter = time(name, value);
                case "rate" -> rate = (long) number(name, value, each -> each.replaceFirst("(?i)bit(/s)?$", ""));
                case "queue" -> queue = (int) Math.min(Integer.MAX_VALUE, number(name, value, each -> each.replaceFirst("(?i)b$", "")));
                default -> throw new IllegalArgumentException("'" + name + "' is none of loss, duplicate, corrupt, reorder, delay, jitter, rate, queue");
            }
        }
        Impairment whole = delay > 0 || jitter > 0 ? impairment.withDelay(delay, jitter) : impairment;
        return rate > 0 ? whole.withRate(rate, queue) : whole;
    }

    private static double share(String name, String value) {
        boolean percent = value.endsWith("%");
        double number = plain(name, percent ? value.substring(0, value.length() - 1) : value) / (percent ? 100 : 1);
        if (number < 0 || number > 1) {
            throw new IllegalArgumentException(name + "=" + value + " is outside 0..100%");
        }
        return number;
    }

    private static long time(String name, String value) {
        double unit = value.endsWith("us") ? 1e3 : value.endsWith("ms") ? 1e6 : value.endsWith("s") ? 1e9 : -1;
        if (unit < 0) {
            throw new IllegalArgumentException(name + "=" + value + " needs a unit: us, ms or s");
        }
        return (long) (plain(name, value.replaceFirst("[a-z]+$", "")) * unit);
    }

    /// With k, m or g for powers of 1000.
    private static double number(String name, String value, UnaryOperator<String> withoutUnit) {
        String bare = withoutUnit.apply(value);
        double factor = switch (bare.isEmpty() ? ' ' : Character.toLowerCase(bare.charAt(bare.length() - 1))) {
            case 'k' -> 1e3;
            case 'm' -> 1e6;
            case 'g' -> 1e9;
            default -> 1;
        };
        return plain(name, factor == 1 ? bare : bare.substring(0, bare.length() - 1)) * factor;
    }

    private static double plain(String name, String value) {
        try {
            double number = Double.parseDouble(value);
            if (number >= 0 && number < Long.MAX_VALUE) {
                return number;
            }
        } catch (NumberFormatException e) {
            // said below
        }
        throw new IllegalArgumentException(name + " takes a number, not '" + value + "'");
    }
}
