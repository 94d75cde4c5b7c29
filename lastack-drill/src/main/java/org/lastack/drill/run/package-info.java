/// The run-time of scripts: events in order, in virtual time, against a [org.lastack.drill.stack.StackUnderTest].
@NullMarked
package org.lastack.drill.run;

import org.jspecify.annotations.NullMarked;
