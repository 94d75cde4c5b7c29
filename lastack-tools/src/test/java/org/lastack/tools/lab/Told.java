package org.lastack.tools.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A story as its reader has it: what is asserted is read out of the printed lines, and the facts that `--json` gives beside them.
final class Told {
    private static final Pattern CALL = Pattern.compile(" *[0-9]+\\.[0-9]{3} s +([a-z]+) {2}([^|]*)");
    private static final Pattern RUNG = Pattern.compile(" *[0-9]+\\.[0-9]{3} s {2}(.{12}) +[0-9]* \\|(.{40})\\|(?: [0-9 ]{5} ?(\\S*).*)?");
    private static final Pattern SEGMENT = Pattern.compile("(?:SYN|FIN|RST|URG|ACK|UDP|ICMP)[A-Za-z,]*(?: port unreachable)?");
    private static final Pattern TABLE = Pattern.compile(" {2}\\[table of ([a-z]+) at .*");
    private final Stage stage;

    private Told(Stage stage) {
        this.stage = stage;
    }

    static Told of(String name) {
        Lab lab = Labs.named(name);
        if (lab == null) {
            throw new AssertionError("no lab " + name);
        }
        return new Told(lab.tell(false));
    }

    List<String> lines() {
        return stage.lines();
    }

    List<Packet> packets() {
        return stage.cable.packets();
    }

    /// All facts of the story, one `name: value` a line, in their order.
    void hasFacts(String expected) {
        List<String> facts = stage.facts().entrySet().stream().map(fact -> fact.getKey() + ": " + fact.getValue()).toList();
        assertThat(facts).containsExactlyElementsOf(expected.strip().lines().map(String::strip).toList());
    }

    /// What the printed calls of that program returned whose text begins so: a number, or the errno's name.
    List<String> results(String program, String call) {
        List<String> results = new ArrayList<>();
        for (String line : lines()) {
            Matcher matcher = CALL.matcher(line);
            if (matcher.matches() && matcher.group(1).equals(program) && matcher.group(2).startsWith(call)) {
                results.add(matcher.group(2).replaceAll("^.*\\) = (?:-1 ([A-Z]+) \\(.*\\)|(.*))$", "$1$2"));
            }
        }
        return results;
    }

    /// The states in each printed table of that host, listeners first as printed, one string a table.
    List<String> tables(String host) {
        List<String> tables = new ArrayList<>();
        boolean inside = false;
        for (String line : lines()) {
            Matcher matcher = TABLE.matcher(line);
            if (matcher.matches()) {
                inside = matcher.group(1).equals(host);
                if (inside) {
                    tables.add("");
                }
            } else if (inside && (line.startsWith("    tcp ") || line.startsWith("    udp "))) {
                String[] columns = line.strip().split(" +");
                tables.set(tables.size() - 1, (tables.getLast() + " " + columns[1]).strip());
            } else if (!line.startsWith("    proto")) {
                inside = false;
            }
        }
        return tables;
    }

    /// The ladder: `left > SYN right`, `left X< FIN,ACK right`, and `left | right` where only states changed.
    List<String> ladder() {
        List<String> rungs = new ArrayList<>();
        for (String line : lines()) {
            Matcher matcher = RUNG.matcher(line);
            if (matcher.matches()) {
                Matcher segment = SEGMENT.matcher(matcher.group(2));
                String middle = "|";
                if (segment.find()) {
                    boolean toRight = matcher.group(2).startsWith("- ");
                    boolean lost = matcher.group(2).matches(".*(-X +|^ +X-.*)");
                    middle = (lost ? "X" : "") + (toRight ? "> " : "< ") + segment.group();
                }
                rungs.add(String.format(Locale.ROOT, "%s %s %s", matcher.group(1).strip(), middle, Objects.requireNonNullElse(matcher.group(3), "")).strip());
            }
        }
        return rungs;
    }

    /// The rungs from the first one that is like this.
    List<String> ladderFrom(String first) {
        List<String> all = ladder();
        int at = all.indexOf(first);
        assertThat(at).as("%s in %s", first, all).isNotNegative();
        return all.subList(at, all.size());
    }

    void prints(String... parts) {
        for (String part : parts) {
            assertThat(lines()).anyMatch(line -> line.contains(part), "a line with \"" + part + '"');
        }
    }
}
