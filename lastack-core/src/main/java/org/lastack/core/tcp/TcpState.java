package org.lastack.core.tcp;

/// The eleven states of RFC 9293 §3.3.2, with the names that `ss` and `netstat` print and the numbers of Linux's `tcpi_state`.
public enum TcpState {
    CLOSED(7, "UNCONN", "CLOSE"),
    LISTEN(10, "LISTEN", "LISTEN"),
    SYN_SENT(2, "SYN-SENT", "SYN_SENT"),
    SYN_RECEIVED(3, "SYN-RECV", "SYN_RECV"),
    ESTABLISHED(1, "ESTAB", "ESTABLISHED"),
    FIN_WAIT_1(4, "FIN-WAIT-1", "FIN_WAIT1"),
    FIN_WAIT_2(5, "FIN-WAIT-2", "FIN_WAIT2"),
    CLOSE_WAIT(8, "CLOSE-WAIT", "CLOSE_WAIT"),
    CLOSING(11, "CLOSING", "CLOSING"),
    LAST_ACK(9, "LAST-ACK", "LAST_ACK"),
    TIME_WAIT(6, "TIME-WAIT", "TIME_WAIT");

    private static final TcpState[] ALL = values();

    private final int linuxNumber;
    private final String ssName;
    private final String netstatName;

    TcpState(int linuxNumber, String ssName, String netstatName) {
        this.linuxNumber = linuxNumber;
        this.ssName = ssName;
        this.netstatName = netstatName;
    }

    /// The state with that ordinal.
    static TcpState at(int ordinal) {
        return ALL[ordinal];
    }

    /// As in `tcpi_state` and /proc/net/tcp.
    public int linuxNumber() {
        return linuxNumber;
    }

    /// As `ss` prints it.
    public String ssName() {
        return ssName;
    }

    /// As `netstat` prints it.
    public String netstatName() {
        return netstatName;
    }

    /// ESTABLISHED and beyond (RFC 9293 §3.5.2's synchronized states).
    public boolean synchronizedState() {
        return switch (this) {
            case CLOSED, LISTEN, SYN_SENT, SYN_RECEIVED -> false;
            case ESTABLISHED, FIN_WAIT_1, FIN_WAIT_2, CLOSE_WAIT, CLOSING, LAST_ACK, TIME_WAIT -> true;
        };
    }

    /// The edges of RFC 9293's figure 5, with those that its text adds: SYN-SENT to SYN-RECEIVED (simultaneous open), SYN-RECEIVED to LISTEN
    /// (RST), FIN-WAIT-1 to TIME-WAIT (FIN with the ACK of ours), every state to CLOSED (RST, ABORT, time-outs), and TIME-WAIT to
    /// SYN-RECEIVED (MAY-2: a new SYN reopens).
    public boolean maySucceed(TcpState next) {
        if (next == CLOSED) {
            return this != CLOSED;
        }
        return switch (this) {
            case CLOSED -> next == LISTEN || next == SYN_SENT || next == SYN_RECEIVED;
            case LISTEN -> next == SYN_RECEIVED || next == SYN_SENT;
            case SYN_SENT -> next == SYN_RECEIVED || next == ESTABLISHED;
            case SYN_RECEIVED -> next == ESTABLISHED || next == FIN_WAIT_1 || next == CLOSE_WAIT || next == LISTEN;
            case ESTABLISHED -> next == FIN_WAIT_1 || next == CLOSE_WAIT;
            case FIN_WAIT_1 -> next == FIN_WAIT_2 || next == CLOSING || next == TIME_WAIT;
            case FIN_WAIT_2 -> next == TIME_WAIT;
            case CLOSE_WAIT -> next == LAST_ACK;
            case CLOSING -> next == TIME_WAIT;
            case LAST_ACK -> false;
            case TIME_WAIT -> next == SYN_RECEIVED;
        };
    }
}
