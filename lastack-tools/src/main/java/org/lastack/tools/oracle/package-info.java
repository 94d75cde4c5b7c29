/// Recordings of what Linux answers, replayed against our own sockets.
@NullMarked
package org.lastack.tools.oracle;

import org.jspecify.annotations.NullMarked;
