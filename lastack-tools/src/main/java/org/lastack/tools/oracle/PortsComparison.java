package org.lastack.tools.oracle;

import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Compares results of the ports table. Ports and members are chosen at random there, so what is compared is what the recording shows about
/// the choice: how many, with what error at the end, which parities in which order, whether twice, how evenly.
final class PortsComparison {
    /// Share of ascending steps from which a sequence counts as ascending; it may wrap once.
    private static final double ASCENDING = 0.95;
    /// Members of a group of n may get this share of 1/n at least and at most, if there are enough flows to tell.
    private static final double LEAST = 0.75;
    private static final double MOST = 1.25;
    private static final int ENOUGH_FLOWS = 200;

    private PortsComparison() {}

    /// What else is known about a row.
    ///
    /// @param random ports are chosen wholly at random, as for UDP, so that an order that looks like one is none
    /// @param odd the range has an odd number of ports (more than three), of which a walk may miss one
    /// @param members how many share what is shared by a hash
    record About(boolean random, boolean odd, int members) {}

    static boolean same(String recorded, String ours) {
        return same(recorded, ours, new About(false, false, 2));
    }

    static boolean same(String recorded, String ours, About about) {
        String linux = plain(recorded);
        String mine = plain(ours);
        if (linux.equals(mine)) {
            return true;
        }
        if (about.odd) {
            return nearly(linux.replaceAll("; ports .*", ""), mine.replaceAll("; ports .*", ""));
        }
        if (linux.startsWith("even ")) {
            return statistics(linux, mine);
        }
        if (linux.contains("; ports ")) {
            String[] theirs = linux.split("; ports ", 2);
            String[] own = mine.split("; ports ", 2);
            return own.length == 2 && theirs[0].equals(own[0]) && ports(theirs[1], own[1], about.random);
        }
        if (linux.matches("\\d{2,5}( \\d{2,5})+")) {
            return ports(linux, mine, about.random);
        }
        Matcher reset = PortsKind.find("^(\\d+) of (\\d+) (.*)", linux);
        Matcher ownReset = PortsKind.find("^(\\d+) of (\\d+) (.*)", mine);
        if (reset != null && ownReset != null) {
            // About one share, by a hash.
            int share = Integer.parseInt(reset.group(2)) / about.members;
            int mineReset = Integer.parseInt(ownReset.group(1));
            boolean none = reset.group(1).equals("0");
            return reset.group(2).equals(ownReset.group(2)) && reset.group(3).equals(ownReset.group(3))
                    && (none ? mineReset == 0 : mineReset > share * 2 / 5 && mineReset < share * 8 / 5);
        }
        return shares(linux, mine);
    }

    /// The same words, and numbers that differ by one at most.
    private static boolean nearly(String theirs, String own) {
        if (!theirs.replaceAll("\\d+ OK", "n OK").equals(own.replaceAll("\\d+ OK", "n OK"))) {
            return false;
        }
        List<Integer> a = counts(theirs);
        List<Integer> b = counts(own);
        for (int i = 0; i < a.size(); i++) {
            if (Math.abs(a.get(i) - b.get(i)) > 1) {
                return false;
            }
        }
        return true;
    }

    private static List<Integer> counts(String text) {
        return Pattern.compile("(\\d+) OK").matcher(text).results().map(each -> Integer.valueOf(each.group(1))).toList();
    }

    /// Without remarks in parentheses (but with quoted names), and without double blanks.
    private static String plain(String result) {
        return result.replaceAll(" \\([a-z0-9][^()]*\\)", "").replaceAll("; ports $", "").replaceAll("\\s+", " ").strip();
    }

    private static List<Integer> numbers(String list) {
        return Arrays.stream(list.split(" ")).map(Integer::valueOf).toList();
    }

    /// Two lists of chosen ports mean the same: as many, both with repetitions or both without, the same share of each parity, and the same order of
    /// parities unless random.
    private static boolean ports(String theirs, String own, boolean random) {
        List<Integer> a = numbers(theirs);
        List<Integer> b = numbers(own);
        boolean distinct = new TreeSet<>(a).size() == a.size();
        if (a.size() != b.size() || distinct != (new TreeSet<>(b).size() == b.size())) {
            return false;
        }
        if (!distinct || random) {
            return true;
        }
        return odd(a) == odd(b) && whole(a) == whole(b) && (!sorted(a) || sorted(b));
    }

    /// All ports of a range.
    private static boolean whole(List<Integer> ports) {
        TreeSet<Integer> sorted = new TreeSet<>(ports);
        return sorted.last() - sorted.first() + 1 == ports.size();
    }

    private static long odd(List<Integer> ports) {
        return ports.stream().filter(each -> (each & 1) == 1).count();
    }

    /// Parities come in at most as many runs as if each parity were used up first, in each half of the range.
    private static boolean sorted(List<Integer> ports) {
        return runs(ports) <= 2;
    }

    private static int runs(List<Integer> ports) {
        int runs = 1;
        for (int i = 1; i < ports.size(); i++) {
            if (((ports.get(i) ^ ports.get(i - 1)) & 1) != 0) {
                runs++;
            }
        }
        return runs;
    }

    /// `even 400 odd 0; distinct 400; deltas of +2 55/399; increasing steps 399; span 50486-54000`.
    private static boolean statistics(String theirs, String own) {
        String form = "even (\\d+) odd (\\d+); distinct (\\d+); deltas of \\+2 \\d+/(\\d+); increasing steps (\\d+); span (\\d+)-(\\d+)";
        Matcher a = PortsKind.find(form, theirs);
        Matcher b = PortsKind.find(form, own);
        if (a == null || b == null) {
            return false;
        }
        boolean parities = parity(a).equals(parity(b));
        boolean order = ascending(a) == ascending(b);
        return parities && order && a.group(3).equals(b.group(3));
    }

    private static String parity(Matcher m) {
        return m.group(1).equals("0") ? "odd" : m.group(2).equals("0") ? "even" : "both";
    }

    private static boolean ascending(Matcher m) {
        return Integer.parseInt(m.group(5)) >= ASCENDING * Integer.parseInt(m.group(4));
    }

    /// `r2x475 r0x503 [r0, r1]`: who got how much. Large numbers that several share must be about even, small ones of one member exact.
    private static boolean shares(String theirs, String own) {
        String[] a = theirs.split(" \\[", 2);
        String[] b = own.split(" \\[", 2);
        if (a.length != 2 || b.length != 2 || !a[1].equals(b[1])) {
            return false;
        }
        List<String> linux = List.of(a[0].split(" "));
        List<String> mine = List.of(b[0].split(" "));
        if (linux.size() != mine.size() || linux.stream().anyMatch(each -> !each.matches("[a-z0-9]+x\\d+"))) {
            return false;
        }
        int total = linux.stream().mapToInt(PortsComparison::share).sum();
        if (mine.stream().mapToInt(PortsComparison::share).sum() != total) {
            return false;
        }
        if (linux.size() == 1) {
            // One of several equal members: which one is the hash's business.
            return linux.getFirst().matches("r\\dx\\d+") && mine.getFirst().matches("r\\dx\\d+");
        }
        double even = (double) total / linux.size();
        return total >= ENOUGH_FLOWS && mine.stream().allMatch(each -> share(each) > LEAST * even && share(each) < MOST * even);
    }

    private static int share(String member) {
        return Integer.parseInt(member.substring(member.lastIndexOf('x') + 1));
    }
}
