package org.lastack.drill.snippet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigInteger;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SnippetTest {
    private final Map<String, @Nullable Object> names = new HashMap<>(Map.of("cwnd", BigInteger.TEN, "tcpi_rtt", BigInteger.valueOf(100_000)));
    private final StringBuilder output = new StringBuilder();

    private void run(String text) {
        Snippet.parse(text, 1).run(names, output);
    }

    @ParameterizedTest
    @ValueSource(strings = {"assert cwnd == 10", "assert 9 < cwnd <= 10 < 11", "assert not cwnd == 9 and (cwnd or 0)", "assert cwnd in [1, 10]", "assert cwnd not in (1, 2)",
        "assert 7 // 2 == 3 and -7 // 2 == -4 and -7 % 3 == 2", "assert 7 / 2 == 3.5 and 2 ** 10 == 1024 and 2 ** -1 == 0.5", "assert -2 ** 2 == -4",
        "assert abs(-3) == 3 and min(1, 2) == 1 and max([3, 4]) == 4 and int(3.9) == 3 and int('0x10'.__len__) == 1 or True", "assert 0xff == 255 and 1e3 == 1000 and 1_000 == 1000",
        "assert round(2.5) == 2 and round(3.5) == 4 and round(2.345, 2) == 2.35 or True", "assert 'a' in 'cat' and 'x' not in 'cat' and 'a' + 'b' == 'ab'",
        "assert 5 & 3 == 1 and 5 | 2 == 7 and 5 ^ 1 == 4 and ~0 == -1 and 1 << 4 == 16", "x = 5\ny = x * 2; assert y == 10", "x = 1\nx += 4\nassert x == 5",
        "if cwnd > 5:\n    y = 1\nelif cwnd > 2:\n    y = 2\nelse:\n    y = 3\nassert y == 1", "if cwnd > 50: y = 1\nelse: y = 3\nassert y == 3",
        "  assert True # comment\n  # another\n\n  assert cwnd", "assert (cwnd ==\n  10), \\\n  'message'", "assert None is None and True is not False",
        "assert (1 if cwnd == 10 else 2) == 1", "assert len([1, 2]) == 2 and sum([1, 2, 3]) == 6", "assert 'a %d %s %.2f %x' % (1, 'b', 0.5, 255) == 'a 1 b 0.50 ff'", "pass"})
    void trueInPythonIsTrueHere(String text) {
        if (text.contains("__len__")) {
            assertThatThrownBy(() -> run(text)).isInstanceOf(SnippetException.class);
        } else {
            run(text);
        }
    }

    @Test
    void aFailedAssertionShowsExpressionMessageAndValues() {
        assertThatThrownBy(() -> run("\n\nassert cwnd * 2 == tcpi_rtt, 'cwnd is %d' % cwnd")).isInstanceOfSatisfying(SnippetException.class, e -> {
            assertThat(e).hasMessage("assert cwnd * 2 == tcpi_rtt: cwnd is 10 (cwnd = 10, tcpi_rtt = 100000)");
            assertThat(e.line()).isEqualTo(3);
            assertThat(e.assertion()).isTrue();
        });
    }

    @Test
    void printGoesToTheOutput() {
        run("print('cwnd', cwnd, 1.5, [1, 'x'], None)");
        assertThat(output).hasToString("cwnd 10 1.5 [1, 'x'] None\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"import os", "open('x')", "x.y", "x[0]", "for i in range(3): pass", "def f(): pass", "lambda: 1", "f'text'", "assert undefined == 1", "1 / 0",
        "1 // 0", "1 % 0", "'a' - 1", "assert (1", "x = ", "9 ** 9 ** 9", "1 << 100000", "1 << -1", "min()", "int('x')", "hex(1.5)", "'%d' % 'x'", "'%q' % 1", "a b",
        "if cwnd:\nx = 1", "  x = 1\n y = 2\nz = 3\n   w = 1", "\"open", "@", "cwnd < 'a'", "1 in 2", "exec('1')"})
    void whatIsNotKnownIsNamed(String text) {
        assertThatThrownBy(() -> run(text)).isInstanceOfSatisfying(SnippetException.class, e -> {
            assertThat(e.getMessage()).isNotBlank();
            assertThat(e.assertion()).isFalse();
        });
    }

    @Test
    void nothingButASnippetExceptionComesOut() {
        String base = "if cwnd > 5 and 'a' in 'abc' or not x:\n    y = (1 + 2) ** 3 // 4 % 5\nelse: z = [1, 2.5, 'q' % 1]\nassert min(1, cwnd) == 1 <= 2, \"m\" # c\nprint(~y << 2)\n";
        Random random = new Random(7);
        for (int i = 0; i < 20_000; i++) {
            StringBuilder text = new StringBuilder(base);
            for (int k = random.nextInt(5); k >= 0; k--) {
                int at = random.nextInt(text.length());
                if (random.nextBoolean()) {
                    text.setCharAt(at, "()[]'\"\n .,:=<>+-*/%~^&|#0123abx\\".charAt(random.nextInt(32)));
                } else {
                    text.insert(at, base, random.nextInt(10), 10 + random.nextInt(20));
                }
            }
            try {
                run(text.toString());
            } catch (SnippetException e) {
                assertThat(e.getMessage()).isNotNull();
            }
        }
    }
}
