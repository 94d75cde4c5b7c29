package org.lastack.drill.run;

import org.jspecify.annotations.Nullable;
import org.lastack.drill.stack.Reply;
import org.lastack.drill.stack.Request;

/// A call of the script, translated: what to ask, and how to judge what comes back besides result and errno.
///
/// @param makesDescriptor the result is a new descriptor, which gets the number that the script writes
/// @param judge judges the reply's body of a successful call
record PreparedCall(Request request, boolean makesDescriptor, Judge judge) {
    @FunctionalInterface
    interface Judge {
        /// Null if the body is as the script says, else what is different.
        @Nullable String difference(Reply reply);
    }

    static final Judge ANYTHING = reply -> null;

    PreparedCall(Request request) {
        this(request, false, ANYTHING);
    }

    PreparedCall(Request request, Judge judge) {
        this(request, false, judge);
    }
}
