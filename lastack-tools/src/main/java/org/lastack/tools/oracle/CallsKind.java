package org.lastack.tools.oracle;

import java.util.LinkedHashMap;
import java.util.Map;

/// Socket calls in each state of a connection: results, states before and after, and the segments that leave.
final class CallsKind implements OracleKind {
    @Override
    public String name() {
        return "calls";
    }

    @Override
    public String description() {
        return "socket calls per TCP state";
    }

    @Override
    public OracleAnswer replay(OracleRow row) {
        CallsOracle.Outcome outcome;
        try {
            outcome = CallsOracle.replay(row.get("state"), row.get("op"));
        } catch (IllegalArgumentException e) {
            throw new OracleException("line " + row.line() + ": " + e.getMessage(), e);
        }
        Map<String, String> results = new LinkedHashMap<>();
        results.put("result", outcome.result());
        results.put("before", outcome.before());
        results.put("after", outcome.after());
        results.put("wire", outcome.wire());
        return new OracleAnswer(results, "");
    }

    /// A kernel that measures its own waiting is late by up to a tenth of a second; virtual time is not.
    @Override
    public boolean same(OracleRow row, String column, String recorded, String ours) {
        return recorded.replace("after 1.1s", "after 1.0s").equals(ours);
    }
}
