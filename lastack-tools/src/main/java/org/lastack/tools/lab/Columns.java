package org.lastack.tools.lab;

import java.util.ArrayList;
import java.util.List;

/// Text for terminals, where a Chinese character is as wide as two Latin letters.
final class Columns {
    /// Lines longer than this are folded.
    private static final int FOLD = 104;
    private static final String NO_LINE_BEGINS_WITH = "，。；：、）”";

    private Columns() {}

    static int width(String text) {
        return text.codePoints().map(Columns::width).sum();
    }

    /// East Asian wide and full-width characters (Unicode UAX #11), as far as the stories use them.
    private static int width(int letter) {
        boolean wide = letter >= 0x2e80 && letter <= 0xa4cf || letter >= 0xac00 && letter <= 0xd7a3 || letter >= 0xf900 && letter <= 0xfaff
                || letter >= 0xff00 && letter <= 0xff60 || letter >= 0xffe0 && letter <= 0xffe6;
        return wide ? 2 : 1;
    }

    /// With blanks up to that width: behind the text, or before it if the width is negative.
    static String pad(String text, int width) {
        String blanks = " ".repeat(Math.max(0, Math.abs(width) - width(text)));
        return width < 0 ? blanks + text : text + blanks;
    }

    /// Prose in lines that fit the terminal, indented as the first one: English is folded at blanks, Chinese at any character that may begin a line.
    static List<String> fold(String line) {
        if (width(line) <= FOLD) {
            return List.of(line);
        }
        String indent = " ".repeat(line.length() - line.stripLeading().length());
        List<String> folded = new ArrayList<>();
        String rest = line.strip();
        while (width(indent + rest) > FOLD) {
            int end = breakAt(rest, FOLD - indent.length());
            folded.add(indent + rest.substring(0, end).stripTrailing());
            rest = rest.substring(end).stripLeading();
        }
        folded.add(indent + rest);
        return folded;
    }

    /// The last place within that width where a line may end.
    private static int breakAt(String text, int room) {
        int best = 0;
        int used = 0;
        for (int i = 0; i < text.length(); i++) {
            char letter = text.charAt(i);
            boolean wide = width(letter) == 2;
            boolean mayBegin = letter == ' ' || wide && NO_LINE_BEGINS_WITH.indexOf(letter) < 0;
            if (mayBegin && i > 0) {
                best = i;
            }
            used += width(letter);
            if (used > room) {
                return best > 0 ? best : i;
            }
        }
        return text.length();
    }
}
