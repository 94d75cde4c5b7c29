package org.lastack.tools.oracle;

/// Replays "socket calls per TCP state": brings a socket into a state, makes calls, and tells their results, the state before and after, and
/// the segments that left because of them, in the words of the recorded table.
final class CallsOracle {
    /// Segments that leave within this time after the call count as caused by it.
    private static final long AFTERWARDS_NS = 30_000_000;

    /// What a call gave.
    record Outcome(String result, String before, String after, String wire) { }

    private CallsOracle() {}

    /// Makes the calls of one operation in one state.
    ///
    /// @throws IllegalArgumentException if the name of the state or of the operation is not known
    static Outcome replay(String state, String operation) {
        try (CallsScene scene = new CallsScene(state.hashCode() * 31L + operation.hashCode())) {
            scene.reach(state);
            String before = scene.state();
            int mark = scene.peer.count();
            String result = new CallsOperation(scene).run(operation);
            scene.time.runFor(AFTERWARDS_NS);
            String after = operation.substring(operation.lastIndexOf(';') + 1).startsWith("close") ? scene.residual() : scene.state();
            return new Outcome(result, before, after, scene.peer.wire(mark));
        }
    }
}
