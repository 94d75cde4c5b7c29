package org.lastack.core.socket;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.BitSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.lastack.core.Entropy;
import org.lastack.core.Errno;
import org.lastack.core.Sysctl;
import org.lastack.core.Sysctls;

/// What choosing a port costs beside many connections, in steps ([PortTable#choiceSteps]): ports, words of 64 ports, hints and holders looked at. Time is measured by
/// `PortsBenchmark` of lastack-bench.
class PortGrowthTest {
    private static final String HERE = "10.0.0.1";
    private static final String THERE = "10.0.0.9";
    /// Half of the default range of 28,232 ports.
    private static final int PER_DESTINATION = 14_000;
    private static final int DESTINATION = 443;
    private static final int FIRST_OTHER = 1000;
    private static final int ROUNDS = 1000;

    private final Sysctls sysctls = new Sysctls();
    private final PortTable table = new PortTable(PortTable.TCP, sysctls, Entropy.seeded(11), new BindOracleTest.Everything());
    /// Used ports by destination port.
    private final BitSet[] used = new BitSet[1 << 16];
    private final TupleUse tuples = new TupleUse() {
        @Override
        public boolean available(long localHigh, long localLow, int localPort, long remoteHigh, long remoteLow, int remotePort, boolean autobound) {
            return used[remotePort] == null || !used[remotePort].get(localPort);
        }

        @Override
        public long availableAtNs(long localHigh, long localLow, int localPort, long remoteHigh, long remoteLow, int remotePort) {
            return NEVER;
        }
    };

    private FakeSocket connected(int destination) {
        FakeSocket s = FakeSocket.v4(table);
        assertThat(Errno.name(s.connect(HERE, THERE, destination, tuples))).isEqualTo("OK");
        if (used[destination] == null) {
            used[destination] = new BitSet(1 << 16);
        }
        used[destination].set(s.localPort());
        return s;
    }

    private void gone(FakeSocket s, int destination) {
        used[destination].clear(s.localPort());
        table.release(s);
    }

    private static int at(int index) {
        return FIRST_OTHER + index / PER_DESTINATION;
    }

    private double stepsOfBind() {
        long before = table.choiceSteps();
        for (int i = 0; i < ROUNDS; i++) {
            table.release(FakeSocket.v4(table).bound(HERE, 0));
        }
        return (table.choiceSteps() - before) / (double) ROUNDS;
    }

    private double stepsOfConnect(int destination) {
        long before = table.choiceSteps();
        for (int i = 0; i < ROUNDS; i++) {
            gone(connected(destination), destination);
        }
        return (table.choiceSteps() - before) / (double) ROUNDS;
    }

    private void choicesAreCheap() {
        assertThat(stepsOfBind()).as("steps of bind to port 0").isLessThan(8);
        // A port on which something ends is forgotten by all that knew it, 64 destinations at most: once, until they have learned it anew.
        assertThat(stepsOfConnect(DESTINATION)).as("steps of connect").isLessThan(16 + 64);
        assertThat(stepsOfConnect(DESTINATION + 1)).as("steps of connect to where nobody is").isLessThan(16 + 64);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 1000, 100_000, 1_000_000})
    void besideConnectionsToManyDestinations(int count) {
        for (int i = 0; i < count; i++) {
            connected(at(i));
        }
        choicesAreCheap();
        if (count > 0) {
            assertThat(stepsOfConnect(FIRST_OTHER)).as("steps of connect to where half of the ports are taken").isLessThan(16 + 64);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1000, 10_000, 14_116, 20_000, 28_000, 28_231})
    void besideConnectionsToTheSameDestination(int count) {
        for (int i = 0; i < count; i++) {
            connected(DESTINATION);
        }
        assertThat(stepsOfConnect(DESTINATION)).as("steps of connect").isLessThan(16);
        assertThat(stepsOfConnect(DESTINATION + 1)).as("steps of connect to where nobody is").isLessThan(16);
        // Learning about 28,000 ports costs as many looks, once.
        assertThat(stepsOfBind()).as("steps of the first binds to port 0").isLessThan(64);
        assertThat(stepsOfBind()).as("steps of bind to port 0").isLessThan(16);
    }

    /// A million entries in TIME-WAIT and as many that came and went: knowledge about their destinations does not burden the others.
    @Test
    void besideAMillionEntriesInTimeWait() {
        int[] claims = new int[1_000_000];
        for (int i = 0; i < claims.length; i++) {
            claims[i] = table.toTimeWait(connected(at(i)));
        }
        choicesAreCheap();
        long before = table.choiceSteps();
        for (int claim : claims) {
            table.leave(claim);
        }
        assertThat(table.choiceSteps() - before).as("steps of leaving").isLessThan(claims.length + claims.length / 10);
        choicesAreCheap();
    }

    /// ip_autobind_reuse shares ports in a second walk over the range: that one learns too.
    @Test
    void sharedPortsAreFoundWithFewSteps() {
        sysctls.set(Sysctl.IP_AUTOBIND_REUSE, 1);
        int range = 28_232;
        for (int i = 0; i < range; i++) {
            FakeSocket.v4(table).options("A").bound(HERE, 0);
        }
        FakeSocket.v4(table).options("A").bound(HERE, 0);
        for (int port = 32_768; port < 61_000; port++) {
            FakeSocket.v4(table).options("A").range(port, port).bound("10.0.0.2", 0).listens();
        }
        assertThat(FakeSocket.v4(table).options("A").bind("10.0.0.2", 0)).isEqualTo(-Errno.EADDRINUSE);
        assertThat(FakeSocket.v4(table).options("A").bind("10.0.0.2", 0)).isEqualTo(-Errno.EADDRINUSE);
        long before = table.choiceSteps();
        for (int i = 0; i < ROUNDS; i++) {
            assertThat(FakeSocket.v4(table).options("A").bind("10.0.0.2", 0)).isEqualTo(-Errno.EADDRINUSE);
        }
        assertThat((table.choiceSteps() - before) / (double) ROUNDS).isLessThan(4000);
    }
}
