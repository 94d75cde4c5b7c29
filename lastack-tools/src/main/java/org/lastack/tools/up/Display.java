package org.lastack.tools.up;

import java.io.PrintWriter;
import java.time.LocalTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.lastack.tools.Json;
import org.lastack.tools.services.Network;
import org.lastack.tools.services.ServiceLog;

/// Shows connections as they come: lines for people, or one JSON object per line. Thread-safe.
public final class Display implements ServiceLog {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm:ss");
    private final PrintWriter out;
    private final boolean json;
    private final boolean quiet;
    private final boolean colours;
    private final List<String> early = new ArrayList<>();
    private boolean greeted;

    /// @param quiet show no connections
    /// @param colours the output is a terminal that wants them
    public Display(PrintWriter out, boolean json, boolean quiet, boolean colours) {
        this.out = out;
        this.json = json;
        this.quiet = quiet;
        this.colours = colours;
    }

    /// Colours are for terminals, and not for those who said NO_COLOR.
    public static boolean terminal() {
        return System.console() != null && System.console().isTerminal() && System.getenv("NO_COLOR") == null;
    }

    private synchronized void line(String text) {
        out.println(text);
        out.flush();
    }

    /// A line about a connection; it waits until the greeting is complete, for clients may be quicker than that.
    private synchronized void event(String text) {
        if (greeted) {
            line(text);
        } else {
            early.add(text);
        }
    }

    /// The greeting is complete.
    public synchronized void greeted() {
        greeted = true;
        early.forEach(this::line);
        early.clear();
    }

    /// A heading or another line that -q does not hide.
    public void say(String text) {
        if (!json) {
            line(text);
        }
    }

    /// Emphasised, where the terminal can.
    public String strong(String text) {
        return colours ? "\033[1m" + text + "\033[0m" : text;
    }

    /// One event of `--json`.
    public void event(String name, Map<String, Object> fields) {
        if (json) {
            line(object(name, fields));
        }
    }

    private static String object(String name, Map<String, Object> fields) {
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("event", name);
        all.putAll(fields);
        return Json.write(all);
    }

    private void show(String name, Map<String, Object> fields, String text) {
        event(json ? object(name, fields) : text);
    }

    @Override
    public void opened(String service, Network.Endpoint remote, Network.Endpoint local) {
        if (quiet) {
            return;
        }
        show("open", Map.of("service", service, "remote", remote.toString(), "local", local.toString()), stamp() + String.format(Locale.ROOT, "%-8s %s connected", service, remote));
    }

    @Override
    public void closed(String service, Network.Endpoint remote, Traffic traffic, String outcome) {
        if (quiet) {
            return;
        }
        double seconds = traffic.durationNs() / 1e9;
        show("close", Map.of("service", service, "remote", remote.toString(), "octetsIn", traffic.octetsIn(), "octetsOut", traffic.octetsOut(), "seconds", seconds,
                "outcome", outcome), stamp() + String.format(Locale.ROOT, "%-8s %s %s after %.2f s, %s in, %s out", service, remote, outcome, seconds, octets(traffic.octetsIn()),
                octets(traffic.octetsOut())));
    }

    @Override
    public void note(String service, String text) {
        show("note", Map.of("service", service, "text", text), stamp() + String.format(Locale.ROOT, "%-8s %s", service, text));
    }

    private static String stamp() {
        return LocalTime.now().format(TIME) + "  ";
    }

    /// As `17 B`, `1.5 MB`; powers of ten.
    static String octets(long count) {
        if (count < 1000) {
            return count + " B";
        }
        double value = count;
        int unit = -1;
        while (value >= 1000) {
            value /= 1000;
            unit++;
        }
        return String.format(Locale.ROOT, "%.1f %sB", value, "kMGTPE".charAt(unit));
    }
}
