package org.lastack.tools.oracle;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// When two answers of the wire oracle mean the same: words and numbers are equal, measured times nearly, random values not compared.
final class WireCompare {
    private static final Pattern STAMP = Pattern.compile("080a[0-9a-f]{16}");
    private static final Pattern IP_ID = Pattern.compile("ipid (?!0\\b)\\d+");
    private static final Pattern TIME = Pattern.compile("(?<=after |returned after |^|\\s)\\d+\\.\\d+(?=:|\\b)|\\b\\d+(?=ms )|\\d\\.\\d\\de\\+\\d\\d");
    private static final double TOLERANCE = 0.25;
    private static final double SECONDS = 0.3;

    private WireCompare() {}

    static boolean same(String group, String recorded, String ours) {
        if (recorded.equals(ours)) {
            return true;
        }
        String a = mask(recorded);
        String b = mask(ours);
        boolean timed = group.equals("timers") || group.equals("durations") || group.equals("acks") || group.equals("linger") || group.equals("handshake")
                || group.equals("backlog") || group.equals("blocking");
        if (!timed) {
            return a.equals(b);
        }
        List<Double> left = new ArrayList<>();
        List<Double> right = new ArrayList<>();
        String leftWords = times(a, left);
        String rightWords = times(b, right);
        if (!leftWords.equals(rightWords) || left.size() != right.size()) {
            return false;
        }
        for (int i = 0; i < left.size(); i++) {
            boolean milliseconds = left.get(i) >= 40 && group.equals("acks");
            // The table of acknowledgments counts milliseconds, of which the recorder needs a few itself.
            double slack = milliseconds ? 40 : group.equals("acks") ? 10 : group.equals("durations") ? 2 : SECONDS;
            if (Math.abs(left.get(i) - right.get(i)) > Math.max(slack, TOLERANCE * left.get(i))) {
                return false;
            }
        }
        return true;
    }

    private static String mask(String input) {
        // An RST with sequence number 0 is recorded as minus the random ISS.
        String text = input.replaceAll("seq\\+\\d{8,}", "seq+<minus ISS>");
        return IP_ID.matcher(STAMP.matcher(text).replaceAll("080a<timestamps>")).replaceAll("ipid <random>");
    }

    private static String times(String text, List<Double> values) {
        Matcher matcher = TIME.matcher(text);
        StringBuilder words = new StringBuilder();
        while (matcher.find()) {
            values.add(Double.parseDouble(matcher.group()));
            matcher.appendReplacement(words, "<time>");
        }
        matcher.appendTail(words);
        return words.toString();
    }
}
