package org.lastack.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// `ip_local_reserved_ports`: the list as Linux reads and prints it.
class PortSetTest {
    @Test
    void listsAndRanges() {
        PortSet set = new PortSet();
        set.parse(" 8080,40000-40002 40003,0,65535\n");
        assertThat(set.size()).isEqualTo(7);
        assertThat(set).hasToString("0,8080,40000-40003,65535");
        assertThat(set.contains(40_003)).isTrue();
        assertThat(set.contains(40_004)).isFalse();
        assertThat(set.count(40_001, 50_000)).isEqualTo(3);
        set.parse("");
        assertThat(set).hasToString("");
        assertThat(set.size()).isZero();
    }

    @Test
    void addingTwiceCountsOnce() {
        PortSet set = new PortSet();
        assertThat(set.add(64)).isTrue();
        assertThat(set.add(64)).isFalse();
        assertThat(set.remove(64)).isTrue();
        assertThat(set.remove(64)).isFalse();
        assertThat(set.size()).isZero();
    }

    /// Words of which all ports of a parity are in the set are leapt over, whichever way they came in or went.
    @Test
    void fullWordsAreLeaptOver() {
        PortSet set = new PortSet();
        for (int port = 64; port < 64 * 200; port += 2) {
            assertThat(set.notFull(1, PortSet.EVEN)).isEqualTo(Math.max(1, port / 64));
            set.add(port);
        }
        assertThat(set.notFull(0, PortSet.EVEN)).isZero();
        assertThat(set.notFull(1, PortSet.EVEN)).isEqualTo(200);
        assertThat(set.notFull(1, ~PortSet.EVEN)).isEqualTo(1);
        assertThat(set.notFull(1, -1L)).isEqualTo(1);
        set.remove(64 * 70 + 2);
        assertThat(set.notFull(1, PortSet.EVEN)).isEqualTo(70);
        set.clear();
        assertThat(set.notFull(5, PortSet.EVEN)).isEqualTo(5);
        set.parse("0-65535");
        assertThat(set.notFull(0, -1L)).isEqualTo(PortSet.WORDS);
        assertThat(set.notFull(0, ~PortSet.EVEN)).isEqualTo(PortSet.WORDS);
        set.remove(65_535);
        assertThat(set.notFull(0, -1L)).isEqualTo(PortSet.WORDS - 1);
        assertThat(set.notFull(0, PortSet.EVEN)).isEqualTo(PortSet.WORDS);
        set.parse("1-63");
        assertThat(set.notFull(0, -1L)).isZero();
        assertThat(set.notFull(0, ~PortSet.EVEN)).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"65536", "-1", "a", "9-", "-", "10-9", "1,,x", "999999999999", "1-2-3", "+5"})
    void badListsChangeNothing(String list) {
        PortSet set = new PortSet();
        set.parse("7");
        assertThatThrownBy(() -> set.parse(list)).isInstanceOf(IllegalArgumentException.class);
        assertThat(set).hasToString("7");
    }
}
