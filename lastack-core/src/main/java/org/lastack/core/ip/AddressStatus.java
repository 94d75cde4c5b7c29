package org.lastack.core.ip;

import java.util.HashMap;
import java.util.Map;
import org.lastack.core.Interface;
import org.lastack.wire.IpAddress;

/// What is known about this host's addresses beyond their bits: the states of RFC 4862 §5.4 and §5.5.4. An address that is not listed is
/// preferred.
final class AddressStatus implements SourceSelection.Status, AddressTable.Usable {
    enum State {
        /// Duplicate address detection runs.
        TENTATIVE,
        PREFERRED,
        /// The preferred lifetime is over: not for new communication.
        DEPRECATED,
        /// Somebody else has it: never used.
        DUPLICATE
    }

    private record Key(int interfaceIndex, IpAddress address) {}

    private final Map<Key, State> states = new HashMap<>();
    private int deprecatedCount;

    void set(Interface in, IpAddress address, State state) {
        State before = state == State.PREFERRED ? states.remove(new Key(in.index(), address)) : states.put(new Key(in.index(), address), state);
        deprecatedCount += (state == State.DEPRECATED ? 1 : 0) - (before == State.DEPRECATED ? 1 : 0);
    }

    State get(Interface in, IpAddress address) {
        return states.isEmpty() ? State.PREFERRED : states.getOrDefault(new Key(in.index(), address), State.PREFERRED);
    }

    @Override
    public boolean usable(Interface in, IpAddress address) {
        State state = get(in, address);
        return state == State.PREFERRED || state == State.DEPRECATED;
    }

    @Override
    public boolean deprecated(IpAddress address) {
        if (deprecatedCount == 0) {
            return false;
        }
        for (Map.Entry<Key, State> each : states.entrySet()) {
            if (each.getValue() == State.DEPRECATED && each.getKey().address().equals(address)) {
                return true;
            }
        }
        return false;
    }
}
