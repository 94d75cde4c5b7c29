package org.lastack.core.socket;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// The groups of holders of one port.
final class PortBucket {
    private @Nullable ClaimGroup[] groups = new @Nullable ClaimGroup[2];
    private int size;
    /// Claims that are not autobound connections; while there are any, `connect` does not choose this port.
    int explicitClaims;

    int size() {
        return size;
    }

    ClaimGroup at(int index) {
        ClaimGroup group = groups[index];
        if (group == null) {
            throw new IndexOutOfBoundsException(index);
        }
        return group;
    }

    @Nullable ClaimGroup like(Claim claim) {
        for (int i = 0; i < size; i++) {
            ClaimGroup group = at(i);
            if (group.same(claim)) {
                return group;
            }
        }
        return null;
    }

    void add(ClaimGroup group) {
        if (size == groups.length) {
            groups = Arrays.copyOf(groups, size * 2);
        }
        groups[size++] = group;
    }

    void remove(ClaimGroup group) {
        for (int i = 0; i < size; i++) {
            if (groups[i] == group) {
                groups[i] = groups[--size];
                groups[size] = null;
                return;
            }
        }
        throw new IllegalStateException("group " + group.id + " is not on its port");
    }
}
