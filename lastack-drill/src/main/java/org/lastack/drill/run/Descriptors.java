package org.lastack.drill.run;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The script's descriptor numbers and the handles of the stack that they stand for.
final class Descriptors {
    private final Map<Integer, Integer> handles = new HashMap<>();

    /// A handle that no stack gives out: the answer is EBADF.
    private static final int NO_HANDLE = -1;

    int handle(long scriptNumber) {
        Integer handle = handles.get((int) scriptNumber);
        return handle == null ? NO_HANDLE : handle;
    }

    void open(int scriptNumber, int handle) {
        if (handles.containsKey(scriptNumber)) {
            throw new Failure("descriptor " + scriptNumber + " is in use already");
        }
        handles.put(scriptNumber, handle);
    }

    void close(int scriptNumber) {
        handles.remove(scriptNumber);
    }

    /// The script's number of a handle, or null.
    @Nullable Integer scriptNumber(int handle) {
        for (Map.Entry<Integer, Integer> each : handles.entrySet()) {
            if (each.getValue() == handle) {
                return each.getKey();
            }
        }
        return null;
    }

    List<Integer> open() {
        List<Integer> numbers = new ArrayList<>(handles.keySet());
        numbers.sort(null);
        return numbers;
    }
}
