package org.lastack.tools.oracle;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What our stack answered to a row.
///
/// @param results result columns to what we got; compared with the row's cells by [OracleKind#same]
/// @param rule why, in words: shown beside a difference; empty if there is nothing to say
/// @param skipped why the row was not replayed at all, or null
public record OracleAnswer(Map<String, String> results, String rule, @Nullable String skipped) {
    public OracleAnswer(Map<String, String> results, String rule) {
        this(results, rule, null);
    }

    /// The row says nothing that can be asked of our stack.
    public static OracleAnswer skipped(String reason) {
        return new OracleAnswer(Map.of(), "", reason);
    }
}
