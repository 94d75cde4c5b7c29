package org.lastack.core.socket;

import java.util.List;

/// The answer to "may this socket have that name?", with its reason.
///
/// @param rule the rule that decided; of several blocking holders that of a listener, else of the last
/// @param blocking the holders that stand against it, alike ones counted; empty unless the errno is EADDRINUSE
public record BindDecision(BindRule rule, List<PortHolder> blocking) {
    /// The positive errno that `bind` gives, 0 for success.
    public int errno() {
        return rule.errno();
    }

    public boolean refused() {
        return rule.refuses();
    }
}
