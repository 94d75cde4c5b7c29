package org.lastack.tools.oracle;

import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// The kinds of tables that can be replayed.
final class OracleKinds {
    private OracleKinds() {}

    /// All kinds, fresh.
    static List<OracleKind> all() {
        return List.of(new BindKind(), new Bind3Kind(), new CallsKind(), new WireKind(), new PortsKind());
    }

    static @Nullable OracleKind named(String name) {
        for (OracleKind each : all()) {
            if (each.name().equals(name)) {
                return each;
            }
        }
        return null;
    }

    static String names() {
        return all().stream().map(OracleKind::name).collect(Collectors.joining(", "));
    }
}
