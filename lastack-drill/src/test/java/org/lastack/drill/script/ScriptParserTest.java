package org.lastack.drill.script;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.lastack.drill.DrillSyntaxException;

class ScriptParserTest {
    static String language() throws IOException {
        try (InputStream in = ScriptParserTest.class.getResourceAsStream("language.pkt")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static Script parse(String text) {
        return Script.parse(text, Map.of());
    }

    private static <T extends Event> T only(String text, Class<T> type) {
        return type.cast(parse(text).events().getFirst());
    }

    @Test
    void everyConstructOfTheLanguageIsUnderstood() throws IOException {
        Script script = parse(language());
        assertThat(script.options()).hasSize(4);
        assertThat(script.initCommand()).startsWith("./defaults.sh").contains("tcp_timestamps");
        assertThat(script.cleanupCommand()).isEqualTo("sysctl_restore");
        assertThat(script.events()).hasSize(41);
        assertThat(script.events().stream().filter(each -> each instanceof Event.Call call && call.name().equals("genl")))
                .allSatisfy(each -> assertThat(((Event.Call) each).result()).isEqualTo(new Expr.Word("bar")));
    }

    @Test
    void timesAreOfFiveKinds() {
        assertThat(only("0 close(3) = 0", Event.Call.class).when()).isEqualTo(new When(When.Kind.ABSOLUTE, 0, 0));
        assertThat(parse("0 close(3)=0 +.25 close(3)=0").events().get(1).when()).isEqualTo(new When(When.Kind.RELATIVE, 250_000, 250_000));
        assertThat(parse("0 close(3)=0 1~1.5 > . 1:1(0) ack 1").events().get(1).when()).isEqualTo(new When(When.Kind.ABSOLUTE_RANGE, 1_000_000, 1_500_000));
        assertThat(parse("0 close(3)=0 +1~+2 > . 1:1(0) ack 1").events().get(1).when()).isEqualTo(new When(When.Kind.RELATIVE_RANGE, 1_000_000, 2_000_000));
        assertThat(parse("0 close(3)=0 * > . 1:1(0) ack 1").events().get(1).when().kind()).isEqualTo(When.Kind.ANY);
        assertThat(only("+0...0.2 accept(3, ..., ...) = 4", Event.Call.class).endUs()).isEqualTo(200_000);
    }

    @Test
    void flagsIncludeTheAccEcnCounter() {
        PacketSpec.Tcp tcp = (PacketSpec.Tcp) only("0 < SEWA. 5:6(1) ack 7 win 8", Event.Packet.class).spec();
        assertThat(tcp.flags()).isEqualTo(0x1d2);
        tcp = (PacketSpec.Tcp) only("0 < F.5 5:5(0) ack 7 win 8", Event.Packet.class).spec();
        assertThat(tcp.flags()).isEqualTo(0x11);
        assertThat(tcp.ace()).isEqualTo(5);
        tcp = (PacketSpec.Tcp) only("0 < .0 5:5(0) ack 7 win 8", Event.Packet.class).spec();
        assertThat(tcp.ace()).isEqualTo(-1);
    }

    @Test
    void definitionsReplaceWords() {
        Script script = Script.parse("0 foo(A, B, C, D) = E", Map.of("A", "\"text\"", "B", "0x10", "C", "010", "D", "word", "E", "-1"));
        Event.Call call = (Event.Call) script.events().getFirst();
        assertThat(call.arguments()).containsExactly(new Expr.Str("text", false), new Expr.Num(16), new Expr.Num(8), new Expr.Word("word"));
        assertThat(call.result()).isEqualTo(new Expr.Num(-1));
    }

    @Test
    void escapesOfStrings() {
        Event.Call call = only("0 foo(\"a\\x41\\n\\t\\x00\" \"b\") = 0", Event.Call.class);
        assertThat(call.arguments()).containsExactly(new Expr.Str("aA\n\t\0b", false));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            1 close(3) = 0                                  | 1 | 1  | first event must be at time 0
            0 close(3) = 0 +0 close                         | 1 | 24 | expected '('
            0 < . 1:1(0) ack 1                              | 1 | 5  | needs a window
            0 < . 1:5(3) ack 1 win 5                        | 1 | 9  | the end 5 is not 1 + 3
            0 > . 1:1(0) ack 1 <nop>                        | 1 | 20 | multiple of 4
            0 > . 1:1(0) ack 1 <foo 1>                      | 1 | 21 | unknown TCP option
            0 < X. 1:1(0) ack 1 win 5                       | 1 | 5  | expected TCP flags
            0 < E.5 1:1(0) ack 1 win 5                      | 1 | 5  | exclude each other
            0 < . 1:1(0) ack 1 win 5 <...>                  | 1 | 31 | outbound packets only
            0 < [ect01] . 1:1(0) ack 1 win 5                | 1 | 13 | outbound packets only
            0 close(3) = 0 * < . 1:1(0) ack 1 win 5         | 1 | 16 | outbound packets only
            0 close(3) = 0 * close(3) = 0                   | 1 | 16 | outbound packets only
            0 close(3) = 0 2~1 > . 1:1(0)                   | 1 | 16 | range of times runs backwards
            0 close(3) = 0 1 close(3) = 0 .5 close(3) = 0   | 1 | 31 | time runs backwards
            0 foo(") = 0                                    | 1 | 7  | string without end
            --foo=1 0 close(3) = 0                          | 1 | 1  | unknown option
            0 < . 1:99999999999(0) win 1                    | 1 | 9  | outside
            """)
    void mistakesAreNamedWithTheirPlace(String text, int line, int column, String message) {
        assertThatThrownBy(() -> parse(text)).isInstanceOfSatisfying(DrillSyntaxException.class, e -> {
            assertThat(e).hasMessageContaining(message);
            assertThat(e.line()).isEqualTo(line);
            assertThat(e.column()).isEqualTo(column);
        });
    }

    @Test
    void linesAreCountedThroughCommentsCodeAndCommands() {
        String text = "// one\n/* two\nthree */ `four\nfive`\n0 %{ six\nseven }% // seven\n+0 close(\n";
        assertThatThrownBy(() -> parse(text)).isInstanceOfSatisfying(DrillSyntaxException.class, e -> assertThat(e.line()).isGreaterThanOrEqualTo(7));
    }

    @Test
    void whateverComesInOnlyASyntaxExceptionComesOut() throws IOException {
        String original = language();
        Random random = new Random(42);
        int understood = 0;
        for (int i = 0; i < 4_000; i++) {
            StringBuilder text = new StringBuilder(original);
            for (int k = random.nextInt(4); k >= 0; k--) {
                mutate(text, original, random);
            }
            try {
                parse(text.toString());
                understood++;
            } catch (DrillSyntaxException e) {
                assertThat(e.line()).isPositive();
                assertThat(e.column()).isPositive();
            }
        }
        assertThat(understood).isBetween(200, 3_800);
    }

    private static void mutate(StringBuilder text, String original, Random random) {
        int at = random.nextInt(text.length());
        switch (random.nextInt(5)) {
            case 0 -> text.setCharAt(at, (char) (random.nextInt(96) + 32));
            case 1 -> text.deleteCharAt(at);
            case 2 -> text.insert(at, "\"`%{}<>[]().:,+-*~#|/0x9\\\n".charAt(random.nextInt(26)));
            case 3 -> {
                int from = random.nextInt(original.length() - 20);
                text.insert(at, original, from, from + random.nextInt(20));
            }
            default -> text.delete(at, Math.min(text.length(), at + random.nextInt(30)));
        }
        if (text.isEmpty()) {
            text.append('0');
        }
    }

    @Test
    void deepNestingIsRefused() {
        assertThatThrownBy(() -> parse("0 foo(" + "[".repeat(100_000) + ") = 0")).isInstanceOf(DrillSyntaxException.class);
    }
}
