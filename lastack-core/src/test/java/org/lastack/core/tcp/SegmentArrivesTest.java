package org.lastack.core.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// "SEGMENT ARRIVES in X": RFC 9293 §3.10.7 as one table per state, written from its text (with RFC 5961, and Linux's choices where they are named).
///
/// A row is a segment, the state after it and the answer. `R`, `U` and `X` are RCV.NXT, SND.UNA and SND.NXT (see [Scene]). The golden file of
/// [StateTableTest] has many more rows; these are the ones that the text demands.
class SegmentArrivesTest {
    private static void table(Scene.Kind kind, String rows) {
        List<String> wrong = new ArrayList<>();
        for (String row : rows.lines().map(String::strip).filter(line -> !line.isEmpty() && !line.startsWith("#")).toList()) {
            String[] parts = row.split(" *=> *| *\\| *");
            Scene scene = Scene.of(kind);
            scene.peer.sends(scene.resolve(parts[0]));
            String answer = scene.resolve(parts[2]);
            List<String> said = scene.peer.packets().stream().map(packet -> SegmentText.printLike(packet, scene.peer.hostIss, scene.peer.iss, answer)).toList();
            String actual = scene.state() + " | " + (said.isEmpty() ? "-" : String.join("; ", said));
            if (!actual.equals(parts[1] + " | " + answer)) {
                wrong.add(row + "\n  was " + actual);
            }
        }
        assertThat(wrong).as("rows of " + kind).isEmpty();
    }

    /// §3.10.7.1 and §3.5.2, group 1.
    @Test
    void closed() {
        table(Scene.Kind.CLOSED, """
                R 100:100(0)                => CLOSED | -
                . 100:100(0) ack 777        => CLOSED | R 777:777(0)
                P. 100:105(5) ack 777       => CLOSED | R 777:777(0)
                S 100:100(0)                => CLOSED | R. 0:0(0) ack 101
                P 100:105(5)                => CLOSED | R. 0:0(0) ack 105
                SF 100:100(0)               => CLOSED | R. 0:0(0) ack 102
                """);
    }

    /// §3.10.7.2: RST, then ACK, then SYN; group 2 of §3.5.2.
    @Test
    void listen() {
        table(Scene.Kind.LISTEN, """
                R 100:100(0)                => LISTEN | -
                R. 100:100(0) ack 777       => LISTEN | -
                . 100:100(0) ack 777        => LISTEN | R 777:777(0)
                S. 100:100(0) ack 777       => LISTEN | R 777:777(0)
                S 100:100(0) <mss 1460>     => SYN_RECEIVED | S. 0:0(0) ack 101
                # SECURITY X-14, as Linux
                SF 100:100(0)               => LISTEN | -
                P 100:105(5)                => LISTEN | -
                - 100:100(0)                => LISTEN | -
                """);
    }

    /// §3.10.7.3: ACK first, then RST, then SYN. ISS < SEG.ACK =< SND.NXT.
    @Test
    void synSent() {
        table(Scene.Kind.SYN_SENT, """
                S. 100:100(0) ack 1 <mss 1460> => ESTABLISHED | . 1:1(0) ack 101
                S 100:100(0) <mss 1460>     => SYN_RECEIVED | S. 0:0(0) ack 101
                S. 100:100(0) ack 0         => SYN_SENT | R 0:0(0)
                S. 100:100(0) ack 2         => SYN_SENT | R 2:2(0)
                . 100:100(0) ack 2          => SYN_SENT | R 2:2(0)
                . 100:100(0) ack 1          => SYN_SENT | -
                R. 100:100(0) ack 1         => CLOSED | -
                R. 100:100(0) ack 2         => SYN_SENT | -
                R 100:100(0)                => SYN_SENT | -
                F. 100:100(0) ack 1         => SYN_SENT | -
                """);
    }

    /// §3.10.7.4, SYN-RECEIVED after a passive open: an embryo.
    @Test
    void synReceivedPassive() {
        table(Scene.Kind.SYN_RECEIVED_PASSIVE, """
                . R(0) ack 1                => ESTABLISHED | -
                P. R(5) ack 1               => ESTABLISHED | . 1:1(0) ack 6
                # its ACK leaves at the next tick
                F. R(0) ack 1               => CLOSE_WAIT | -
                # group 2: an unacceptable ACK
                . R(0) ack 7                => SYN_RECEIVED | R 7:7(0)
                # the SYN again
                S 0:0(0) <mss 1460>         => SYN_RECEIVED | S. 0:0(0) ack 1
                # unacceptable sequence numbers
                . R+70000(0) ack 1          => SYN_RECEIVED | . 1:1(0) ack 1
                # back to LISTEN (MUST-11)
                R R(0)                      => LISTEN | -
                R R+10(0)                   => SYN_RECEIVED | . 1:1(0) ack 1
                R R-5(0)                    => SYN_RECEIVED | -
                - R(0)                      => SYN_RECEIVED | -
                """);
    }

    /// §3.10.7.4, SYN-RECEIVED after a simultaneous open.
    @Test
    void synReceivedActive() {
        table(Scene.Kind.SYN_RECEIVED_ACTIVE, """
                S. 0:0(0) ack 1 <mss 1460>  => ESTABLISHED | . 1:1(0) ack 1
                . R(0) ack 1                => ESTABLISHED | -
                # its ACK leaves at the next tick
                F. R(0) ack 1               => CLOSE_WAIT | -
                . R(0) ack 7                => SYN_RECEIVED | R 7:7(0)
                . R+70000(0) ack 1          => SYN_RECEIVED | . 1:1(0) ack 1
                R R(0)                      => CLOSED | -
                R R+10(0)                   => SYN_RECEIVED | . 1:1(0) ack 1
                R R-5(0)                    => SYN_RECEIVED | -
                """);
    }

    @Test
    void established() {
        table(Scene.Kind.ESTABLISHED, """
                # first: sequence numbers
                P. R+70000(5) ack X         => ESTABLISHED | . X(0) ack R
                P. R-5(5) ack X             => ESTABLISHED | . X(0) ack R
                . R-1(0) ack X              => ESTABLISHED | . X(0) ack R
                # second: RST, RFC 5961
                R R(0)                      => LISTEN | -
                R R+10(0)                   => ESTABLISHED | . X(0) ack R
                R R-1(0)                    => ESTABLISHED | -
                R R+70000(0)                => ESTABLISHED | -
                # fourth: SYN, RFC 5961
                S R(0)                      => ESTABLISHED | . X(0) ack R
                S R+70000(0)                => ESTABLISHED | . X(0) ack R
                S. R-1(0) ack X             => ESTABLISHED | . X(0) ack R
                # fifth: ACK
                P R(5)                      => ESTABLISHED | -
                . R(0) ack X                => ESTABLISHED | -
                . R(0) ack U                => ESTABLISHED | -
                . R(0) ack U-2              => ESTABLISHED | -
                . R(0) ack X+1              => ESTABLISHED | . X(0) ack R
                P. R(5) ack U-100000        => ESTABLISHED | . X(0) ack R
                # seventh: text
                P. R+10(5) ack X            => ESTABLISHED | . X(0) ack R
                P. R-5(10) ack X            => ESTABLISHED | . X(0) ack R+5
                # eighth: FIN
                # the ACK of a FIN after text waits for what the program says, as in Linux (an ACK delay)
                F. R(0) ack X               => CLOSE_WAIT | -
                FP. R(5) ack X              => CLOSE_WAIT | -
                F. R+5(0) ack X             => ESTABLISHED | . X(0) ack R
                """);
    }

    @Test
    void finWait1() {
        table(Scene.Kind.FIN_WAIT_1, """
                . R(0) ack X                => FIN_WAIT_2 | -
                . R(0) ack U                => FIN_WAIT_1 | -
                . R(0) ack X+1              => FIN_WAIT_1 | . X(0) ack R
                F. R(0) ack X               => TIME_WAIT | . X(0) ack R+1
                F. R(0) ack U               => CLOSING | . X(0) ack R+1
                FP. R(5) ack X              => TIME_WAIT | . X(0) ack R+6
                R R(0)                      => LISTEN | -
                R R+10(0)                   => FIN_WAIT_1 | . X(0) ack R
                S R(0)                      => FIN_WAIT_1 | . X(0) ack R
                P. R-5(5) ack U             => FIN_WAIT_1 | . X(0) ack R
                """);
    }

    @Test
    void finWait2() {
        table(Scene.Kind.FIN_WAIT_2, """
                F. R(0) ack X               => TIME_WAIT | . X(0) ack R+1
                FP. R(5) ack X              => TIME_WAIT | . X(0) ack R+6
                F. R+5(0) ack X             => FIN_WAIT_2 | . X(0) ack R
                . R(0) ack X                => FIN_WAIT_2 | -
                R R(0)                      => LISTEN | -
                R R+10(0)                   => FIN_WAIT_2 | . X(0) ack R
                S R(0)                      => FIN_WAIT_2 | . X(0) ack R
                """);
    }

    /// FIN-WAIT-2 without an owner: text is refused by RST (§3.6.1, SHLD-3), the rest is as ever.
    @Test
    void finWait2Orphan() {
        table(Scene.Kind.FIN_WAIT_2_ORPHAN, """
                F. R(0) ack X               => TIME_WAIT | . X(0) ack R+1
                P. R(5) ack X               => LISTEN | R X(0)
                P. R-5(5) ack X             => FIN_WAIT_2 orphan | . X(0) ack R
                P. R(5) ack X+1             => FIN_WAIT_2 orphan | . X(0) ack R
                . R(0) ack X                => FIN_WAIT_2 orphan | -
                R R(0)                      => LISTEN | -
                R R+10(0)                   => FIN_WAIT_2 orphan | . X(0) ack R
                R R+70000(0)                => FIN_WAIT_2 orphan | -
                S R(0)                      => FIN_WAIT_2 orphan | . X(0) ack R
                """);
    }

    @Test
    void closeWait() {
        table(Scene.Kind.CLOSE_WAIT, """
                . R(0) ack X                => CLOSE_WAIT | -
                . R(0) ack X+1              => CLOSE_WAIT | . X(0) ack R
                F. R-1(0) ack X             => CLOSE_WAIT | . X(0) ack R
                P. R(5) ack X               => CLOSE_WAIT | -
                P. R-6(5) ack X             => CLOSE_WAIT | . X(0) ack R
                R R(0)                      => LISTEN | -
                R R+10(0)                   => CLOSE_WAIT | . X(0) ack R
                S R(0)                      => CLOSE_WAIT | . X(0) ack R
                """);
    }

    @Test
    void closing() {
        table(Scene.Kind.CLOSING, """
                . R(0) ack X                => TIME_WAIT | -
                . R(0) ack U                => CLOSING | -
                F. R-1(0) ack U             => CLOSING | . X(0) ack R
                F. R-1(0) ack X             => TIME_WAIT | . X(0) ack R
                P. R(10) ack X              => TIME_WAIT | -
                F. R(0) ack X               => TIME_WAIT | -
                F. R(10) ack X              => TIME_WAIT | -
                P. R-5(10) ack X            => TIME_WAIT | -
                P. R-5(5) ack X             => TIME_WAIT | . X(0) ack R
                R R(0)                      => LISTEN | -
                R R+10(0)                   => CLOSING | . X(0) ack R
                S R(0)                      => CLOSING | . X(0) ack R
                """);
    }

    @Test
    void lastAck() {
        table(Scene.Kind.LAST_ACK, """
                . R(0) ack X                => LISTEN | -
                . R(0) ack U                => LAST_ACK | -
                F. R-1(0) ack U             => LAST_ACK | . X(0) ack R
                R R(0)                      => LISTEN | -
                R R+10(0)                   => LAST_ACK | . X(0) ack R
                S R(0)                      => LAST_ACK | . X(0) ack R
                """);
    }

    /// §3.10.7.4 with RFC 1337, RFC 6191 and the trap that a repeated FIN fails the first step.
    @Test
    void timeWait() {
        table(Scene.Kind.TIME_WAIT, """
                F. R-1(0) ack X             => TIME_WAIT | . X(0) ack R
                . R(0) ack X                => TIME_WAIT | -
                P. R(5) ack X               => TIME_WAIT | . X(0) ack R
                R R(0)                      => TIME_WAIT | -
                R R+10(0)                   => TIME_WAIT | -
                # not above what was received: the old connection's
                S R-1(0) <mss 1460>         => TIME_WAIT | . X(0) ack R
                # above: a new connection (MAY-2)
                S R+1000(0) <mss 1460>      => SYN_RECEIVED | S. X+65537(0) ack R+1001
                S. R-1(0) ack X             => TIME_WAIT | . X(0) ack R
                """);
    }
}
