package org.lastack.tools.why;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
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
        Holding row = ProcSockets.parse(line, false);
        return row.inode() == 4242 ? row.of(77, "java", "") : row;
    }

    @Test
    void linesOfProc() {
        Holding listen = row(LISTEN);
        assertThat(listen.describe()).startsWith("LISTEN 127.0.0.1:9000, of java (process 77, user 1000)");
        assertThat(row(TIME_WAIT).describe()).isEqualTo("TIME_WAIT 127.0.0.1:9000 with 127.0.0.1:54321, of nobody (user 0): ends by itself in 40 s");
        assertThat(row(V6).local()).isEqualTo(IpAddress.of("::1"));
        assertThat(row(V6).localPort()).isEqualTo(9001);
    }

    /// What cannot be asked is concluded: an option that was enough, all have; one that was not, one of them lacks, unless somebody else is the reason.
    @Test
    void optionsAreConcludedFromTrials() throws java.io.IOException {
        assertThat(conclude(List.of(row(TIME_WAIT)), 98, 0, 98, 0).sharing()).isEqualTo(new Sharing(1, 0, -1, 0, "concluded from trials"));
        assertThat(conclude(List.of(row(TIME_WAIT)), 98, 98, 0, 0).sharing()).isEqualTo(new Sharing(0, 1, -1, 0, "concluded from trials"));
        assertThat(conclude(List.of(row(TIME_WAIT)), 98, 98, 98, 98).sharing().known()).isTrue();
        Holding bound = row(LISTEN).with(new Sharing(0, 0, 0, 0, "read from the socket"));
        assertThat(conclude(List.of(row(TIME_WAIT), bound), 98, 98, 98, 98).sharing().known()).as("the listener is reason enough").isFalse();
        assertThat(conclude(List.of(row(LISTEN)), 98, 98, 98, 98).sharing().reuseAddress()).as("a listener").isEqualTo(Sharing.UNKNOWN);
    }

    /// The first row after the conclusion.
    private static Holding conclude(List<Holding> rows, int... errnos) {
        BindRequest wanted = BindRequest.of(IpAddress.ANY_V4, 9000);
        BindAnswer answer = new BindAnswer(wanted, false, "");
        assertThat(KernelBind.conclude(answer, wanted, false, rows, new KernelBind.Trials(errnos, errnos[2], ""))).isEqualTo(errnos[0]);
        return answer.rows().getFirst().holding();
    }

    @Test
    void whatNobodyMayLookAtSaysSo() {
        assertThat(row(LISTEN.replace("4242", "4243")).describe()).contains("of a process of user 1000 that cannot be looked at (root can)");
    }

    @Test
    void portsTowardsADestination() {
        Endpoint to = Endpoint.of("127.0.0.1:9000");
        Holding mine = new Holding("ESTABLISHED", IpAddress.of("127.0.0.1"), 50_000, IpAddress.of("127.0.0.1"), 9000, 0, 0, 0, 1, "p", -1, "", 0, 0, 0, false, "", 0, "",
                Sharing.NOTHING, -1);
        HostQuestions.Answer answer = KernelConnect.conclude(to, IpAddress.of("127.0.0.1"), List.of(mine), 50_000, 50_000, new PortSet());
        assertThat(answer.errno()).isEqualTo("EADDRNOTAVAIL");
        assertThat(KernelConnect.conclude(to, IpAddress.of("127.0.0.1"), List.of(mine), 50_000, 50_001, new PortSet()).errno()).isEqualTo("OK");
    }
}
