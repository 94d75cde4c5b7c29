package org.lastack.core.tcp;

import java.util.ArrayList;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.lastack.core.Sysctl;
import org.lastack.core.TimerWheel;
import org.lastack.core.WheelTimer;
import org.lastack.core.ip.Route;
import org.lastack.core.socket.FieldStream;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.Owner;

/// Keeps connections that rest small. The state of a connection in the demultiplexer's table lies open in a [Tcb], or folded into a row of octets that its
/// [TcpSocket] holds; any segment, call or timer unfolds it, and nobody can tell the difference.
///
/// Beyond `lastack.tcp_fold_above` open connections a hand goes round among them and folds those that have nothing in flight, nothing to read and nothing
/// to send, and were not touched since it last came by. One that was unfolded stays open until it has been silent for `lastack.tcp_fold_after`: who speaks
/// now and then would pay for folding with each segment. Beyond `lastack.tcp_open_max` open ones there is no such grace.
///
/// The hand moves when connections are opened, and by a timer that stops when a whole round has found nothing to do: nothing wakes a host that rests.
final class Folding {
    /// Steps of the hand for each connection that was opened or unfolded, and for each turn.
    private static final int STEPS_PER_ENTRY = 4;
    private static final int STEPS_PER_TURN = 2;
    private static final int KEEP = 256;
    /// The timer's round, and its tick: of a million open connections it looks at 5,000 at a time, for about a millisecond.
    private static final long ROUND_NS = 10_000_000_000L;
    private static final long TICK_NS = 50_000_000L;

    /// What many connections share and a row of octets cannot hold.
    record Company(Owner owner, String congestion, @Nullable Route route) {}

    /// Stands on the wheel for a folded connection with keep-alive.
    static final class Alarm extends WheelTimer {
        private final TcpSocket socket;

        Alarm(TcpSocket socket) {
            this.socket = socket;
        }

        @Override
        protected void expire(long nowNs) {
            Timeouts.expire(socket.tcb(), nowNs);
        }
    }

    private final Tcp tcp;
    private final FieldStream stream = new FieldStream();
    private @Nullable Tcb[] open = new @Nullable Tcb[16];
    private int count;
    private int hand;
    private int steps;
    /// Steps since the hand last found something to do.
    private int vainSteps;
    /// Open connections when the present round began: a round takes its time however many of them are folded on the way.
    private int roundSize;
    private long lastSweepNs;
    private final WheelTimer sweep = new WheelTimer() {
        @Override
        protected void expire(long nowNs) {
            sweep(nowNs);
        }
    };
    private final ArrayList<Tcb> spare = new ArrayList<>();
    private final ArrayList<Sender> spareSenders = new ArrayList<>();
    private Company lastCompany = new Company(Owner.ROOT, "", null);
    private @Nullable Tcb view;

    Folding(Tcp tcp) {
        this.tcp = tcp;
    }

    /// Connections in the table whose state lies open.
    int openCount() {
        return count;
    }

    /// The connection has entered the table, or was unfolded.
    void add(Tcb c) {
        if (count == open.length) {
            open = Arrays.copyOf(open, count * 2);
        }
        c.openIndex = count;
        open[count++] = c;
        c.touched = true;
        vainSteps = 0;
        if (!c.returned || count > tcp.sysctls().getInt(Sysctl.TCP_OPEN_MAX)) {
            steps += STEPS_PER_ENTRY;
        }
    }

    /// The connection has left the table, or was folded.
    void remove(Tcb c) {
        Tcb last = at(--count);
        open[c.openIndex] = last;
        last.openIndex = c.openIndex;
        open[count] = null;
        c.openIndex = -1;
    }

    private Tcb at(int index) {
        Tcb c = open[index];
        if (c == null) {
            throw new IllegalStateException("no open connection at " + index + " of " + count);
        }
        return c;
    }

    /// To be called when no connection is being worked on.
    void turn() {
        int most = tcp.sysctls().getInt(Sysctl.TCP_FOLD_ABOVE);
        if (count <= most) {
            steps = 0;
            return;
        }
        if (most == 0) {
            // For tests: whatever may rest, rests.
            for (int i = count - 1; i >= 0; i--) {
                Tcb c = at(i);
                if (mayRest(c)) {
                    fold(c);
                }
            }
            return;
        }
        boolean sweeping = TimerWheel.deadlineNs(sweep) != WheelTimer.NEVER;
        int more = !sweeping || count > tcp.sysctls().getInt(Sysctl.TCP_OPEN_MAX) ? STEPS_PER_TURN : 0;
        for (int left = Math.min(steps, count) + more; left > 0 && count > most; left--) {
            step();
        }
        steps = 0;
        if (vainSteps == 0 && !sweeping) {
            lastSweepNs = tcp.now();
            tcp.wheel().arm(sweep, lastSweepNs + TICK_NS);
        }
    }

    private void step() {
        if (hand == 0 || hand > count) {
            hand = count;
            roundSize = count;
        }
        Tcb c = at(--hand);
        vainSteps++;
        if (c.touched) {
            c.touched = false;
            vainSteps = 0;
        } else if (maySpeakSoon(c)) {
            vainSteps = 0;
        } else if (mayRest(c)) {
            fold(c);
            vainSteps = 0;
        }
    }

    /// It spoke after it had rested, and not long ago.
    private boolean maySpeakSoon(Tcb c) {
        return c.returned && count <= tcp.sysctls().getInt(Sysctl.TCP_OPEN_MAX)
                && tcp.now() - Math.max(c.lastReceiveNs, Math.max(c.lastSendNs, c.lastAckReceivedNs)) < tcp.sysctls().get(Sysctl.TCP_FOLD_AFTER) * 1_000_000;
    }

    /// Goes on with the round as far as time has. Not during a segment's processing: connections may be folded.
    private void sweep(long nowNs) {
        int most = tcp.sysctls().getInt(Sysctl.TCP_FOLD_ABOVE);
        long due = (long) ((double) Math.max(roundSize, count) * Math.min(nowNs - lastSweepNs, ROUND_NS) / ROUND_NS) + 1;
        lastSweepNs = nowNs;
        for (; due > 0 && count > most && vainSteps <= 2 * count; due--) {
            step();
        }
        if (count > most && vainSteps <= 2 * count) {
            tcp.wheel().arm(sweep, nowNs + TICK_NS);
        }
    }

    private static boolean mayRest(Tcb c) {
        boolean resting = switch (c.tcpState()) {
            case ESTABLISHED, CLOSE_WAIT, FIN_WAIT_2 -> true;
            case CLOSED, LISTEN, SYN_SENT, SYN_RECEIVED, FIN_WAIT_1, CLOSING, LAST_ACK, TIME_WAIT -> false;
        };
        if (!resting || c.orphan || c.outputPending || c.ackHeld || c.parent != null || c.retransmitDeadlineNs != Connection.never()
                || c.delayedAckDeadlineNs != Connection.never() || c.pacingDeadlineNs != Connection.never() || c.unread() > 0 || c.unacknowledged() > 0) {
            return false;
        }
        if (c.fastOpen != null || c.mtuProbing != null || c.notices != null || c.extras() != null) {
            // A row has no place for these; such connections are few.
            return false;
        }
        Receiver receiver = c.receiver;
        Sender sender = c.sender;
        return (receiver == null || receiver.idle() && receiver.recentCount == 0) && (sender == null || sender.flight.atRest());
    }

    private void fold(Tcb c) {
        TcpSocket socket = c.handle();
        Receiver receiver = c.receiver;
        if (receiver != null) {
            c.receiver = null;
            tcp.slabs().give(receiver);
        }
        stream.write();
        c.fold(stream);
        Sender sender = c.sender;
        if (sender != null) {
            c.sender(null);
            sender.bytes.clear();
            sender.flight.reset();
            if (spareSenders.size() < KEEP) {
                spareSenders.add(sender);
            }
        }
        socket.fold(stream.end(socket.row()), company(c, socket.company()), c.events());
        remove(c);
        tcp.forget(c);
        tcp.wheel().cancel(c);
        if (c.keepaliveDeadlineNs != Connection.never()) {
            tcp.wheel().arm(socket.alarm(), c.keepaliveDeadlineNs);
        }
        c.route = null;
        if (spare.size() < KEEP) {
            spare.add(c);
        }
    }

    private Company company(Tcb c, @Nullable Company before) {
        if (before != null && suits(before, c)) {
            return before;
        }
        if (!suits(lastCompany, c)) {
            lastCompany = new Company(c.owner(), c.congestionName(), c.route);
        }
        return lastCompany;
    }

    private static boolean suits(Company company, Tcb c) {
        return company.owner == c.owner() && company.route == c.route && company.congestion.equals(c.congestionName());
    }

    /// Opens a folded connection.
    Tcb unfold(TcpSocket socket, byte[] row, Company company) {
        int last = spare.size() - 1;
        Tcb c = last >= 0 ? spare.remove(last) : new Tcb(tcp, InetSocket.AF_INET, company.owner);
        read(c, socket, row, company);
        c.returned = true;
        add(c);
        if (c.keepaliveDeadlineNs != Connection.never()) {
            tcp.wheel().cancel(socket.alarm());
            c.rearm();
        }
        return c;
    }

    /// The state of a connection to look at until the next call, without opening it.
    Tcb view(TcpSocket socket) {
        Tcb present = socket.open();
        if (present != null) {
            return present;
        }
        byte[] row = socket.row();
        Company company = socket.company();
        if (row == null || company == null) {
            throw new IllegalStateException("a socket without a state");
        }
        Tcb c = view;
        if (c == null) {
            c = new Tcb(tcp, InetSocket.AF_INET, company.owner);
            view = c;
        }
        Sender sender = c.sender;
        if (sender != null) {
            c.sender(null);
            spareSenders.add(sender);
        }
        read(c, socket, row, company);
        return c;
    }

    private void read(Tcb c, TcpSocket socket, byte[] row, Company company) {
        c.handle(socket);
        c.route = company.route;
        c.inheritCongestion(company.congestion);
        stream.read(row);
        c.fold(stream);
        c.belongsTo(company.owner, socket.foldedEvents());
    }

    /// A [Sender] for a connection that had one.
    Sender sender(Connection c) {
        int last = spareSenders.size() - 1;
        if (last < 0) {
            return tcp.newSender(c);
        }
        Sender s = spareSenders.remove(last);
        if (!s.control.name().equals(c.congestionName())) {
            s.control = CongestionControls.create(c.congestionName());
        }
        return s;
    }
}
