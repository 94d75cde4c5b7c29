package org.lastack.tools.lab;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
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
        footer = {"", "Examples:  lastack lab", "           lastack lab rebind", "           lastack lab all --zh"})
public final class LabCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(names = "--zh", description = "In Chinese.")
    private boolean chinese;

    @Option(names = "--json", description = "JSON: the lines, and the facts that the tests assert.")
    private boolean json;

    @Parameters(paramLabel = "NAME", description = "Which stories, or 'all'.")
    private List<String> names = new ArrayList<>();

    /// For picocli.
    public LabCommand() {}

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        if (names.isEmpty()) {
            list(out);
            return ExitCode.OK;
        }
        List<Lab> chosen = choose();
        List<Map<String, Object>> all = new ArrayList<>();
        for (Lab lab : chosen) {
            Stage stage = lab.tell(chinese);
            if (json) {
                Map<String, Object> one = head(lab);
                one.put("lines", stage.lines());
                one.put("facts", stage.facts());
                all.add(one);
            } else {
                out.println("=== " + lab.name() + ": " + (chinese ? lab.chinese() : lab.english()));
                stage.lines().forEach(out::println);
                out.println();
                out.flush();
            }
        }
        if (json) {
            out.println(Json.pretty(Map.of("labs", all)));
        }
        out.flush();
        return ExitCode.OK;
    }

    private List<Lab> choose() {
        if (names.equals(List.of("all"))) {
            return Labs.ALL;
        }
        List<Lab> chosen = new ArrayList<>();
        for (String name : names) {
            Lab lab = Labs.named(name);
            if (lab == null) {
                throw new CommandFailure(ExitCode.USAGE, "there is no lab " + name, "lastack lab lists them");
            }
            chosen.add(lab);
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
