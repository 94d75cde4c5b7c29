package org.lastack.tools.oracle;

import java.io.BufferedReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/// Replays the recorded table "socket calls per TCP state": each row brings a socket into a state, makes calls, and compares their results,
/// the state before and after, and the segments that left because of them.
public final class CallsOracle {
    /// Segments that leave within this time after the call count as caused by it.
    private static final long AFTERWARDS_NS = 30_000_000;
    private static final int COLUMNS = 7;

    /// One recorded row; the columns are the file's.
    public record Row(int line, String state, String setup, String operation, String result, String before, String after, String wire) { }

    /// What a call gave.
    public record Outcome(String result, String before, String after, String wire) { }

    private CallsOracle() {}

    /// Reads the table: comment lines begin with `#`, the first other line has the column names.
    ///
    /// @throws IOException if it cannot be read, or if a line has not seven columns
    public static List<Row> read(BufferedReader in) throws IOException {
        List<Row> rows = new ArrayList<>();
        boolean named = false;
        int line = 0;
        for (String text = in.readLine(); text != null; text = in.readLine()) {
            line++;
            if (text.isEmpty() || text.startsWith("#")) {
                continue;
            }
            String[] cells = text.split("\t", -1);
            if (cells.length != COLUMNS) {
                throw new IOException("line " + line + ": " + cells.length + " columns in place of " + COLUMNS);
            }
            if (named) {
                rows.add(new Row(line, cells[0], cells[1], cells[2], cells[3], cells[4], cells[5], cells[6]));
            }
            named = true;
        }
        return rows;
    }

    /// Makes the calls of one operation in one state.
    ///
    /// @throws IllegalArgumentException if the name of the state or of the operation is not known
    public static Outcome replay(String state, String operation) {
        try (CallsScene scene = new CallsScene(state.hashCode() * 31L + operation.hashCode())) {
            scene.reach(state);
            String before = scene.state();
            int mark = scene.peer.count();
            String result = new CallsOperation(scene).run(operation);
            scene.time.runFor(AFTERWARDS_NS);
            String after = operation.startsWith("close") ? scene.residual() : scene.state();
            return new Outcome(result, before, after, scene.peer.wire(mark));
        }
    }

    /// The columns in which an outcome differs from a row, as `result: ours X, recorded Y`; empty if none.
    public static List<String> differences(Row row, Outcome ours) {
        List<String> all = new ArrayList<>();
        compare(all, "result", ours.result, row.result.replace("after 1.1s", "after 1.0s"));
        compare(all, "before", ours.before, row.before);
        compare(all, "after", ours.after, row.after);
        compare(all, "wire", ours.wire, row.wire);
        return all;
    }

    private static void compare(List<String> all, String column, String ours, String recorded) {
        if (!ours.equals(recorded)) {
            all.add(column + ": ours " + ours + ", recorded " + recorded);
        }
    }
}
