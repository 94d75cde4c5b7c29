package org.lastack.tools.why;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.lastack.core.PortSet;
import org.lastack.core.socket.BindRequest;
import org.lastack.wire.IpAddress;

/// What is concluded from the kernel's tables and from trials. The tables' lines are such as Linux writes.
class KernelWhyTest {
    private static final String LISTEN = "   0: 0100007F:2328 00000000:0000 0A 00000000:00000002 00:00000000 00000000  1000        0 4242 1 0000000000000000 100 0 0 10 0";
    private static final String TIME_WAIT = "   1: 0100007F:2328 0100007F:D431 06 00000000:00000000 03:00000FA0 00000000     0        0 0 3 0000000000000000";
    private static final String V6 = "   0: 00000000000000000000000001000000:2329 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 7 1 0 100 0 0 10 0";

    private static Holding row(String line) {
        return ProcSockets.parse(line, false, Map.of("4242", new String[] {"77", "java"}));
    }

    private static HostQuestions.Answer conclude(boolean reuseAddress, boolean reusePort, String problem, List<Holding> rows, boolean... succeeded) {
        return KernelBind.conclude(BindRequest.of(IpAddress.ANY_V4, 9000).with(reuseAddress, reusePort), false, rows, new KernelBind.Trials(succeeded, problem));
    }

    @Test
    void linesOfProc() {
        Holding listen = row(LISTEN);
        assertThat(listen.describe()).startsWith("LISTEN 127.0.0.1:9000, of java (process 77, user 1000)");
        assertThat(row(TIME_WAIT).describe()).isEqualTo("TIME_WAIT 127.0.0.1:9000 with 127.0.0.1:54321, of nobody (user 0): ends by itself in 40 s");
        assertThat(row(V6).local()).isEqualTo(IpAddress.of("::1"));
        assertThat(row(V6).localPort()).isEqualTo(9001);
    }

    @Test
    void causes() {
        String inUse = "Address already in use";
        assertThat(conclude(false, false, "", List.of(), true, true, true, true).rule()).isEqualTo("FREE");
        assertThat(conclude(true, false, inUse, List.of(row(LISTEN)), false, false, false, false).rule()).isEqualTo("LISTENER");
        assertThat(conclude(false, false, inUse, List.of(row(TIME_WAIT)), false, true, false, true).rule()).isEqualTo("NEW_SHARES_NOT");
        assertThat(conclude(true, false, inUse, List.of(row(TIME_WAIT)), false, false, false, false).rule()).isEqualTo("HOLDER_SHARES_NOT");
        assertThat(conclude(true, false, inUse, List.of(row(TIME_WAIT)), false, false, true, true).rule()).isEqualTo("OPTIONS_DIFFER");
        assertThat(conclude(true, false, "", List.of(row(TIME_WAIT)), false, true, false, true).rule()).isEqualTo("SHARED");
        assertThat(conclude(false, false, "Permission denied", List.of(), false, false, false, false).errno()).isEqualTo("EACCES");
        assertThat(conclude(false, false, inUse, List.of(row(V6)), false, false, false, false).lines()).anyMatch(line -> line.contains("no row of /proc shows a holder"));
        assertThat(conclude(true, false, inUse, List.of(row(LISTEN)), false, false, false, false).lines()).anyMatch(line -> line.contains("java (process 77"));
    }

    @Test
    void portsTowardsADestination() {
        Endpoint to = Endpoint.of("127.0.0.1:9000");
        Holding mine = new Holding("ESTABLISHED", IpAddress.of("127.0.0.1"), 50_000, IpAddress.of("127.0.0.1"), 9000, 0, 0, 0, 1, "p", -1, "", 0, 0, 0, false, "");
        HostQuestions.Answer answer = KernelConnect.conclude(to, IpAddress.of("127.0.0.1"), List.of(mine), 50_000, 50_000, new PortSet());
        assertThat(answer.errno()).isEqualTo("EADDRNOTAVAIL");
        assertThat(KernelConnect.conclude(to, IpAddress.of("127.0.0.1"), List.of(mine), 50_000, 50_001, new PortSet()).errno()).isEqualTo("OK");
    }
}
