package org.lastack.tools.lab;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.lastack.link.PcapngWriter;
import org.lastack.tools.CommandFailure;
import org.lastack.tools.ExitCode;
import org.lastack.tools.Json;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `lastack lab`: short stories about TCP and UDP, computed in virtual time by the stack itself.
@Command(
        name = "lab",
        mixinStandardHelpOptions = true,
        description = "Tells short stories about TCP and UDP in virtual time: calls, segments, both tables, and what to remember. Without a name: lists them.",
        footer = {
            "",
            "Examples:  lastack lab                          the list",
            "           lastack lab rebind",
            "           lastack lab all --zh                 all of them, in Chinese",
            "           lastack lab nagle --pcap nagle.pcapng",
            "",
            "The columns of a ladder: time, state and port of the client, the segment (numbers relative to the SYN,",
            "X where it was lost), port and state of the server. States as in netstat, when the segment is sent."
        })
public final class LabCommand implements Callable<Integer> {
    private static final Pattern FIXED = Pattern.compile(" *[0-9]+\\.[0-9]{3} s .*|    .*");

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(names = "--zh", description = "In Chinese.")
    private boolean chinese;

    @Option(names = "--json", description = "JSON: the lines, and the facts that the tests assert.")
    private boolean json;

    @Option(names = "--pcap", paramLabel = "FILE", description = "Also write the packets of the story (one NAME) as pcapng, for Wireshark.")
    private @Nullable Path capture;

    @Parameters(paramLabel = "NAME", description = "Which stories; 'all' for all, 'list' for the list.")
    private List<String> names = new ArrayList<>();

    /// For picocli.
    public LabCommand() {}

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        boolean listing = names.isEmpty() || names.equals(List.of("list"));
        List<Lab> chosen = listing ? List.of() : choose();
        if (capture != null && chosen.size() != 1) {
            throw new CommandFailure(ExitCode.USAGE, "--pcap takes the packets of one story", "name one: lastack lab NAME --pcap FILE");
        }
        if (listing) {
            list(out);
            return ExitCode.OK;
        }
        List<Map<String, Object>> all = new ArrayList<>();
        for (Lab lab : chosen) {
            Stage stage = lab.tell(chinese);
            if (json) {
                Map<String, Object> one = head(lab);
                one.put("lines", stage.lines());
                one.put("facts", stage.facts());
                all.add(one);
            } else {
                tell(out, lab, stage);
            }
            if (capture != null) {
                write(capture, stage.cable.packets());
            }
        }
        if (json) {
            out.println(Json.pretty(Map.of("labs", all)));
        }
        out.flush();
        return ExitCode.OK;
    }

    private void tell(PrintWriter out, Lab lab, Stage stage) {
        String title = "=== " + lab.name() + ": " + (chinese ? lab.chinese() : lab.english());
        out.println(title);
        for (String line : stage.lines()) {
            // Calls, segments and tables stay as they are, however long.
            (FIXED.matcher(line).matches() ? List.of(line) : Columns.fold(line)).forEach(out::println);
        }
        out.println();
        out.flush();
    }

    /// Each packet once, at the end that sent it.
    private static void write(Path file, List<Packet> packets) {
        try (PcapngWriter writer = PcapngWriter.create(file)) {
            int client = writer.addInterface("client", PcapngWriter.LINKTYPE_RAW);
            int server = writer.addInterface("server", PcapngWriter.LINKTYPE_RAW);
            for (Packet each : packets) {
                String comment = each.lost() ? "lost on its way" : each.note().isEmpty() ? null : each.note();
                writer.write(each.toRight() ? client : server, each.timeNs(), each.octets(), 0, each.octets().length, PcapngWriter.Direction.OUTBOUND, comment);
            }
            writer.flush();
            IOException failure = writer.failure();
            if (failure != null) {
                throw failure;
            }
        } catch (IOException e) {
            throw new CommandFailure(ExitCode.CANNOT_CREATE, "cannot write " + file + ": " + e.getMessage(), null, e);
        }
    }

    private List<Lab> choose() {
        List<Lab> chosen = new ArrayList<>();
        for (String name : names) {
            Lab lab = Labs.named(name);
            if (name.equals("all")) {
                chosen.addAll(Labs.ALL);
            } else if (lab != null) {
                chosen.add(lab);
            } else {
                Lab near = Labs.nearest(name);
                throw new CommandFailure(ExitCode.USAGE, "there is no lab " + name,
                        near == null ? "lastack lab lists them" : "did you mean " + near.name() + "? lastack lab lists them all");
            }
        }
        return chosen;
    }

    private void list(PrintWriter out) {
        if (json) {
            out.println(Json.pretty(Map.of("labs", Labs.ALL.stream().map(LabCommand::head).toList())));
        } else {
            Labs.ALL.forEach(lab -> out.printf("%-20s %s%n", lab.name(), chinese ? lab.chinese() : lab.english()));
        }
        out.flush();
    }

    private static Map<String, Object> head(Lab lab) {
        Map<String, Object> head = new LinkedHashMap<>();
        head.put("name", lab.name());
        head.put("title", lab.english());
        head.put("titleZh", lab.chinese());
        return head;
    }
}
