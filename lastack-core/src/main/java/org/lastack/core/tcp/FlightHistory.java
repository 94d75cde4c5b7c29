package org.lastack.core.tcp;

import java.util.Arrays;
import org.lastack.core.socket.FieldStream;

/// What was in flight and what was lost so far when a segment was sent, looked up by the number of segments delivered then. Kept per ACK, coarsely, and not
/// per segment: only one algorithm asks.
final class FlightHistory {
    private static final int SIZE = 128;
    /// Entries for one window of segments: half of what there is, for what is looked up was sent a round trip ago.
    private static final int PER_WINDOW = SIZE / 2;

    private final int[] delivered = new int[SIZE];
    private final int[] lost = new int[SIZE];
    private final int[] inFlight = new int[SIZE];
    private int next;
    private int found;

    /// After an ACK: what is sent from now on is sent at these counts.
    void record(int deliveredNow, int lostNow, int inFlightNow, int cwnd) {
        int last = (next + SIZE - 1) % SIZE;
        if (next == 0 && delivered[last] == 0 || deliveredNow - delivered[last] > cwnd / PER_WINDOW) {
            delivered[next] = deliveredNow;
            lost[next] = lostNow;
            inFlight[next] = inFlightNow;
            next = (next + 1) % SIZE;
        }
    }

    /// Before an ACK is digested: so much was in flight at last.
    void sentUpTo(int inFlightBefore) {
        int last = (next + SIZE - 1) % SIZE;
        inFlight[last] = Math.max(inFlight[last], inFlightBefore);
    }

    /// Finds the state in which a segment was sent that saw `priorDelivered`; the oldest known if it is forgotten.
    void find(int priorDelivered) {
        found = (next + SIZE - 1) % SIZE;
        for (int i = 1; i < SIZE; i++) {
            int before = (found + SIZE - 1) % SIZE;
            if (delivered[found] - priorDelivered <= 0 || delivered[before] - delivered[found] >= 0) {
                return;
            }
            found = before;
        }
    }

    int lost() {
        return lost[found];
    }

    int inFlight() {
        return inFlight[found];
    }

    /// The state of now, in both directions: a connection at rest has nothing in flight that could ask for an earlier one.
    void fold(FieldStream f) {
        int last = (next + SIZE - 1) % SIZE;
        int deliveredLast = f.number(delivered[last], 0);
        int lostLast = f.number(lost[last], 0);
        int inFlightLast = f.number(inFlight[last], 0);
        if (f.reading()) {
            // The object may have served another connection.
            Arrays.fill(delivered, 0);
            Arrays.fill(lost, 0);
            Arrays.fill(inFlight, 0);
            found = 0;
            delivered[0] = deliveredLast;
            lost[0] = lostLast;
            inFlight[0] = inFlightLast;
            next = 1;
        }
    }
}
