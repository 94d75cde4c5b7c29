package org.lastack.core.tcp;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.lastack.core.WheelTimer;

/// All connections in SYN-RECEIVED that came from listeners, in thirteen words each ([TupleRows]), with one timer for the earliest deadline. An [Embryo] is
/// only what one of them looks like while it is worked on.
final class Embryos extends WheelTimer {
    private static final int IRS = TupleRows.FIRST;
    private static final int ISS = TupleRows.FIRST + 1;
    private static final int TS_RECENT = TupleRows.FIRST + 2;
    /// The peer's MSS and ours.
    private static final int SIZES = TupleRows.FIRST + 3;
    /// Window in 16 bits, the peer's scale and ours in 4 each, flags in 8.
    private static final int PACKED = TupleRows.FIRST + 4;
    /// Time-outs in 8 bits, the listener's number in 24.
    private static final int LISTENER = TupleRows.FIRST + 5;
    /// Retransmissions in 8 bits; in 24 how many milliseconds before the row's beginning the SYN came.
    private static final int BORN = TupleRows.FIRST + 6;
    /// When the SYN-ACK was last sent, from the row's beginning in units of 2^14 ns.
    private static final int LAST_SENT = TupleRows.FIRST + 7;
    private static final int WORDS = 8;

    /// The SYN-ACK was sent once, when the SYN came.
    private static final int SENT_ONCE = 128;
    private static final int SENT_SHIFT = 14;
    private static final long MS_NS = 1_000_000;
    private static final int LOW_24 = (1 << 24) - 1;

    private final Tcp tcp;
    private final TupleRows rows;
    private final Embryo present;
    private final Embryo view;
    private @Nullable Tcb[] listeners = new @Nullable Tcb[4];
    private int listenerCount;

    Embryos(Tcp tcp, TupleRows.Hash hash) {
        this.tcp = tcp;
        this.rows = new TupleRows(hash, WORDS);
        this.present = new Embryo(tcp);
        this.view = new Embryo(tcp);
    }

    int size() {
        return rows.size();
    }

    boolean full() {
        return rows.size() >= TupleRows.MOST / 2;
    }

    /// The one object that every embryo is worked on in, to be filled by the caller.
    Embryo fresh() {
        present.row = TupleRows.NONE;
        return present;
    }

    boolean has(int hash, long localHigh, long localLow, int localPort, long remoteHigh, long remoteLow, int remotePort) {
        return rows.find(hash, localHigh, localLow, localPort, remoteHigh, remoteLow, remotePort) != TupleRows.NONE;
    }

    /// The embryo with these names, good until the next is asked for; changes must be [#keep]t. Null if there is none.
    @Nullable Embryo find(int hash, long localHigh, long localLow, int localPort, long remoteHigh, long remoteLow, int remotePort) {
        int row = rows.find(hash, localHigh, localLow, localPort, remoteHigh, remoteLow, remotePort);
        if (row == TupleRows.NONE) {
            return null;
        }
        load(row, present);
        return present;
    }

    void add(Embryo e) {
        e.row = rows.add(e.hash, e.localHigh, e.localLow, e.localPort, e.remoteHigh, e.remoteLow, e.remotePort, tcp.now(), e.delayNs());
        rows.word(e.row, IRS, e.irs);
        rows.word(e.row, ISS, e.iss);
        rows.word(e.row, SIZES, e.mss << 16 | e.advertisedMss & 0xffff);
        keep(e);
        rearm();
    }

    /// Stores what can change of an embryo that is in the table.
    void keep(Embryo e) {
        int row = e.row;
        if (row == TupleRows.NONE) {
            return;
        }
        long beganNs = rows.beganNs(row);
        rows.word(row, TS_RECENT, e.tsRecent);
        int flags = e.flags & SENT_ONCE - 1 | (e.lastSynAckNs == e.bornNs ? SENT_ONCE : 0);
        rows.word(row, PACKED, e.window << 16 | e.peerScale << 12 | e.scale << 8 | flags);
        rows.word(row, LISTENER, e.timeouts << 24 | numberOf(e.listener));
        rows.word(row, BORN, e.retransmits << 24 | (int) Math.min(LOW_24, (beganNs - e.bornNs) / MS_NS));
        rows.word(row, LAST_SENT, (int) (e.lastSynAckNs - beganNs >> SENT_SHIFT));
    }

    private void load(int row, Embryo e) {
        e.row = row;
        e.localHigh = rows.localHigh(row);
        e.localLow = rows.localLow(row);
        e.localPort = rows.localPort(row);
        e.remoteHigh = rows.remoteHigh(row);
        e.remoteLow = rows.remoteLow(row);
        e.remotePort = rows.remotePort(row);
        e.deadlineNs = rows.deadlineNs(row);
        e.irs = rows.word(row, IRS);
        e.iss = rows.word(row, ISS);
        e.tsOffset = tcp.timestampOffset(e.localHigh, e.localLow, e.remoteHigh, e.remoteLow);
        e.tsRecent = rows.word(row, TS_RECENT);
        int sizes = rows.word(row, SIZES);
        e.mss = sizes >>> 16;
        e.advertisedMss = (short) sizes;
        int packed = rows.word(row, PACKED);
        e.window = packed >>> 16;
        e.peerScale = (byte) (packed >>> 12 & 15);
        e.scale = (byte) (packed >>> 8 & 15);
        e.flags = (byte) (packed & SENT_ONCE - 1);
        int listener = rows.word(row, LISTENER);
        e.timeouts = listener >>> 24;
        e.listener = listenerAt(listener & LOW_24);
        int born = rows.word(row, BORN);
        long beganNs = rows.beganNs(row);
        e.retransmits = born >>> 24;
        e.bornNs = beganNs - (born & LOW_24) * MS_NS;
        e.lastSynAckNs = (packed & SENT_ONCE) != 0 ? e.bornNs : beganNs + ((long) rows.word(row, LAST_SENT) << SENT_SHIFT);
    }

    void remove(Embryo e) {
        if (e.row == TupleRows.NONE) {
            return;
        }
        rows.remove(e.row);
        e.row = TupleRows.NONE;
        Listener listener = e.listener().listener;
        if (listener != null) {
            listener.embryos--;
        }
        rearm();
    }

    // ---- time -----------------------------------------------------------------------------------------------------------------------------

    private void rearm() {
        int earliest = rows.earliest();
        tcp.wheel().arm(this, earliest == TupleRows.NONE ? NEVER : rows.deadlineNs(earliest));
    }

    @Override
    protected void expire(long nowNs) {
        for (int row = rows.earliest(); row != TupleRows.NONE && rows.deadlineNs(row) <= nowNs; row = rows.earliest()) {
            load(row, present);
            if (present.expire()) {
                present.row = rows.restart(row, nowNs, present.delayNs());
                keep(present);
            } else {
                remove(present);
            }
        }
        rearm();
    }

    // ---- listeners ------------------------------------------------------------------------------------------------------------------------

    /// Embryos name their listener by a number.
    void enter(Tcb socket) {
        int number = 0;
        while (number < listenerCount && listeners[number] != null) {
            number++;
        }
        if (number == listeners.length) {
            listeners = Arrays.copyOf(listeners, number * 2);
        }
        listeners[number] = socket;
        listenerCount = Math.max(listenerCount, number + 1);
        socket.listenerState().number = number;
    }

    /// The listener goes, and its embryos with it, or to another listener of its group.
    void leave(Tcb socket, Listener state) {
        if (state.embryos > 0) {
            rows.merging(false);
            for (int row = rows.walk(0); row != TupleRows.NONE; row = rows.walk(row + 1)) {
                int listener = rows.word(row, LISTENER);
                if ((listener & LOW_24) == state.number) {
                    state.embryos--;
                    Tcb heir = tcp.heir(socket, rows.localHigh(row), rows.localLow(row), rows.remoteHigh(row), rows.remoteLow(row), rows.remotePort(row));
                    if (heir == null) {
                        rows.remove(row);
                    } else {
                        rows.word(row, LISTENER, listener & ~LOW_24 | heir.listenerState().number);
                        heir.listenerState().embryos++;
                    }
                }
            }
            rows.merging(true);
            rearm();
        }
        listeners[state.number] = null;
    }

    private static int numberOf(@Nullable Tcb socket) {
        Listener state = socket == null ? null : socket.listener;
        if (state == null) {
            throw new IllegalStateException("an embryo without a listener");
        }
        return state.number;
    }

    private Tcb listenerAt(int number) {
        Tcb socket = listeners[number];
        if (socket == null) {
            throw new IllegalStateException("an embryo of listener " + number + ", which is gone");
        }
        return socket;
    }

    /// Told of each embryo; the object is good until it returns.
    interface Visitor {
        void accept(Embryo e);
    }

    void forEach(Visitor visitor) {
        for (int row = rows.walk(0); row != TupleRows.NONE; row = rows.walk(row + 1)) {
            load(row, view);
            visitor.accept(view);
        }
    }
}
