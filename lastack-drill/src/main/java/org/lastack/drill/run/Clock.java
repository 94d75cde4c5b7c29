package org.lastack.drill.run;

import java.util.Locale;
import org.lastack.drill.script.When;

/// The script's time line: where it is now, and how far from the expected moment something may be. Microseconds.
final class Clock {
    private final RunSettings settings;
    private long nowUs;
    private long previousUs;
    private long previousInboundUs = -1;
    private long eventUs;
    private long eventEndUs;

    Clock(RunSettings settings) {
        this.settings = settings;
    }

    long nowUs() {
        return nowUs;
    }

    /// Moves forward; never back.
    void reached(long timeUs) {
        nowUs = Math.max(nowUs, timeUs);
    }

    /// Begins an event: fixes when it is due. The base of a relative time is now, except for an inbound packet right after another.
    void begin(When when, boolean inbound) {
        long base = when.isAbsolute() ? 0 : inbound && previousInboundUs >= 0 ? previousInboundUs : nowUs;
        eventUs = base + when.fromUs();
        eventEndUs = base + when.toUs();
    }

    /// When the event is due, or the beginning of its range.
    long dueUs() {
        return eventUs;
    }

    long dueEndUs() {
        return eventEndUs;
    }

    /// The base of the event's relative times.
    long base(When when) {
        return eventUs - when.fromUs();
    }

    void finish(boolean inbound, long timeUs) {
        previousUs = timeUs;
        previousInboundUs = inbound ? timeUs : -1;
    }

    /// Last moment at which an expected packet may still come.
    long deadlineUs() {
        return eventEndUs + 2_000_000 + Math.max(0, eventEndUs - previousUs) / 8;
    }

    /// Empty if `actualUs` fits the event's time.
    String problem(String what, long actualUs) {
        long tolerance = settings.toleranceUs(eventUs - previousUs);
        if (actualUs >= eventUs - tolerance && actualUs <= eventEndUs + tolerance) {
            return "";
        }
        return what + " at the wrong time: expected at " + (eventUs == eventEndUs ? seconds(eventUs) : seconds(eventUs) + " to " + seconds(eventEndUs)) + ", came at "
                + seconds(actualUs) + " (tolerance " + seconds(tolerance) + ")";
    }

    static String seconds(long us) {
        return String.format(Locale.ROOT, "%.6f", us / 1e6);
    }
}
