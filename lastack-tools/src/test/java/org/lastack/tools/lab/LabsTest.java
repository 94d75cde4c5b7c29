package org.lastack.tools.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/// What all stories have in common, in both languages.
class LabsTest {
    private static final Pattern CHINESE = Pattern.compile("\\p{IsHan}");
    /// Lines that are the same in every language: calls, segments, rows of tables, nothing.
    private static final Pattern NEUTRAL = Pattern.compile(" *[0-9]+\\.[0-9]{3} s  .*|    (tcp|udp) .*|-- tcp_syncookies=.|");
    private static final Pattern NUMBERS = Pattern.compile("[0-9]+");
    /// The words of English prose: not calls, options, states or addresses.
    private static final Pattern PROSE = Pattern.compile("\\b(the|is|and|of|not|octets|empty|more|script|forged|late|duplicate|segments?)\\b");

    /// Each sentence exists in Chinese, says so in Chinese letters, and tells the same numbers.
    @Test
    void everyLineExistsInChinese() {
        for (Lab lab : Labs.ALL) {
            assertThat(lab.chinese()).as(lab.name()).containsPattern(CHINESE);
            List<String> english = lab.tell(false).lines();
            List<String> chinese = lab.tell(true).lines();
            assertThat(chinese).as(lab.name()).hasSameSizeAs(english);
            for (int i = 0; i < english.size(); i++) {
                boolean neutral = NEUTRAL.matcher(english.get(i)).matches();
                String line = chinese.get(i);
                if (!neutral && !line.matches("SO_REUSE.*")) {
                    assertThat(line).as(lab.name() + " line " + i).containsPattern(CHINESE);
                }
                if (!neutral) {
                    assertThat(digits(line)).as(lab.name() + ": " + line).containsAll(measured(english.get(i)));
                }
                assertThat(line.replaceAll("\".*?\"", "")).as(lab.name()).doesNotContainPattern(PROSE);
            }
        }
    }

    /// Every story draws segments with the states of both ends, shows both tables, and ends with what to remember.
    @Test
    void everyStoryHasItsShape() {
        for (Lab lab : Labs.ALL) {
            Told told = Told.of(lab.name());
            assertThat(told.lines().getLast()).as(lab.name()).startsWith("Remember: ");
            assertThat(told.ladder()).as(lab.name()).hasSizeGreaterThan(2).allMatch(rung -> rung.matches("\\S* ?(X?[<>] \\S+( port unreachable)?|\\|)( \\S+)?"));
            assertThat(told.ladder()).as(lab.name()).anyMatch(rung -> rung.matches("[A-Z_0-9]+ [|<>].* [A-Z_0-9]+"));
            int left = told.tables("client").size() + told.tables("script").size();
            assertThat(left).as(lab.name() + ": tables of the left side").isPositive().isEqualTo(told.tables("server").size());
            assertThat(told.tables("server").size() + left).as(lab.name()).isGreaterThan(1);
        }
    }

    /// Rungs and rows of tables stand under each other, also with wide characters.
    @Test
    void columnsAreAligned() {
        for (Lab lab : Labs.ALL) {
            for (String line : lab.tell(true).lines()) {
                int bar = line.indexOf(" |");
                if (line.matches(" *[0-9.]+ s .*\\|.*\\|.*")) {
                    assertThat(Columns.width(line.substring(0, bar))).as(line).isEqualTo(31);
                    assertThat(line.charAt(bar + 42)).as(line).isEqualTo('|');
                } else if (line.startsWith("    协议")) {
                    assertThat(Columns.width(line.substring(0, line.indexOf("远端地址")))).as(line).isEqualTo(44);
                } else if (line.startsWith("    tcp   ") && !line.contains("还有")) {
                    assertThat(line.substring(43)).as(line).matches(" [0-9].*");
                }
            }
        }
    }

    @Test
    void longLinesAreFoldedAtTheirWidth() {
        String wide = "记住：" + "四个字，".repeat(40);
        List<String> folded = Columns.fold(wide);
        assertThat(folded).hasSizeGreaterThan(3).allMatch(line -> Columns.width(line) <= 104).noneMatch(line -> line.startsWith("，"));
        assertThat(String.join("", folded)).isEqualTo(wide);
        assertThat(Columns.fold("  " + "word ".repeat(30))).hasSize(2).allMatch(line -> line.startsWith("  word") && line.endsWith("word"));
        assertThat(Columns.fold("short")).containsExactly("short");
        assertThat(Columns.pad("状态", 6)).isEqualTo("状态  ");
        assertThat(Columns.pad("7", -3)).isEqualTo("  7");
    }

    private static List<String> digits(String line) {
        return NUMBERS.matcher(line).results().map(match -> match.group()).toList();
    }

    /// Headings of tables and counts: what was measured, as against numbers in prose.
    private static List<String> measured(String line) {
        return line.startsWith("  ") ? digits(line) : List.of();
    }
}
