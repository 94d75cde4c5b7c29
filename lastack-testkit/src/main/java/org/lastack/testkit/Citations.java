package org.lastack.testkit;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Which identifiers of requirements are cited where: in the comments of main code, and in tests. Also the command behind
/// `scripts/update-docs`, which writes the tables anew.
///
/// Identifiers are those of RFC 9293 (`MUST-19`) and of docs/behaviour.md (`S1-04`). In tests they may also stand in names:
/// `must19_backsOff`, `s1_04_twoClients`.
///
/// @param code  identifier to the main sources whose comments cite it, paths relative to the repository
/// @param tests identifier to the test sources and packet scripts that cite it
public record Citations(Map<String, SortedSet<String>> code, Map<String, SortedSet<String>> tests) {
    private static final Pattern PLAIN = Pattern.compile("\\b((?:MUST|SHLD|MAY|REC)-\\d+|S[0-4]-\\d\\d)(?!\\d)");
    /// As part of a Java name. `may` is left out: it is too common a word.
    private static final Pattern IN_NAME = Pattern.compile("(?<![A-Za-z])(?:(must|shld|rec)_?(\\d+)|(s[0-4])_(\\d\\d))(?!\\d)", Pattern.CASE_INSENSITIVE);
    /// Test data that may well list identifiers without testing anything.
    private static final Pattern NOT_A_TEST = Pattern.compile(".*\\.(tsv|csv|txt|md|gz|xz|zip|pcapng|properties)");

    /// Reads all sources. This module's own do not count: it names identifiers without obeying them.
    public static Citations scan(Repository repository) {
        Citations citations = new Citations(new TreeMap<>(), new TreeMap<>());
        for (String module : repository.modules()) {
            if (module.equals("lastack-testkit")) {
                continue;
            }
            for (Path file : repository.javaSources(module, "main")) {
                citations.addCode(repository.relative(file), Repository.read(file));
            }
            for (Path file : Repository.files(repository.root().resolve(module).resolve("src/test"))) {
                if (!NOT_A_TEST.matcher(file.toString()).matches()) {
                    citations.addTest(repository.relative(file), Repository.read(file));
                }
            }
        }
        return citations;
    }

    /// Adds what the comments of one main source cite.
    void addCode(String path, String source) {
        for (String line : source.lines().toList()) {
            Matcher matcher = PLAIN.matcher(comment(line));
            while (matcher.find()) {
                add(code, matcher.group(1), path);
            }
        }
    }

    /// The part of a line that is comment. Enough for our style, which has no code after a block comment on one line.
    private static String comment(String line) {
        String stripped = line.strip();
        if (stripped.startsWith("*") || stripped.startsWith("/*")) {
            return stripped;
        }
        int slashes = line.indexOf("//");
        return slashes < 0 ? "" : line.substring(slashes);
    }

    /// Adds what one test or packet script cites.
    void addTest(String path, String source) {
        Matcher plain = PLAIN.matcher(source);
        while (plain.find()) {
            add(tests, plain.group(1), path);
        }
        Matcher name = IN_NAME.matcher(source);
        while (name.find()) {
            boolean requirement = name.group(1) != null;
            String id = requirement ? name.group(1) + "-" + Integer.parseInt(name.group(2)) : name.group(3) + "-" + name.group(4);
            add(tests, id.toUpperCase(Locale.ROOT), path);
        }
    }

    private static void add(Map<String, SortedSet<String>> map, String id, String path) {
        map.computeIfAbsent(id, unused -> new TreeSet<>()).add(path);
    }

    /// Everything that is wrong in the two ledgers, and whether their tables are up to date; empty if all is well.
    public static List<String> check(Repository repository) {
        Citations citations = scan(repository);
        List<String> problems = new ArrayList<>();
        for (Ledger ledger : Ledger.all(repository)) {
            problems.addAll(ledger.problems(citations));
            problems.addAll(ledger.staleness(citations));
        }
        return problems;
    }

    /// Writes both tables anew and takes out of the pending lists what is no longer pending.
    public static void update(Repository repository) {
        Citations citations = scan(repository);
        for (Ledger ledger : Ledger.all(repository)) {
            ledger.update(citations);
        }
    }

    /// `update` writes the tables; `check`, or nothing, prints what is wrong and exits with 1 if anything is.
    public static void main(String[] args) {
        Repository repository = Repository.find();
        if (args.length == 1 && args[0].equals("update")) {
            update(repository);
        }
        List<String> problems = check(repository);
        problems.forEach(System.out::println);
        if (!problems.isEmpty()) {
            System.exit(1);
        }
    }
}
