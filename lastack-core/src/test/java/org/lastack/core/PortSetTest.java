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

    @ParameterizedTest
    @ValueSource(strings = {"65536", "-1", "a", "9-", "-", "10-9", "1,,x", "999999999999", "1-2-3", "+5"})
    void badListsChangeNothing(String list) {
        PortSet set = new PortSet();
        set.parse("7");
        assertThatThrownBy(() -> set.parse(list)).isInstanceOf(IllegalArgumentException.class);
        assertThat(set).hasToString("7");
    }
}
