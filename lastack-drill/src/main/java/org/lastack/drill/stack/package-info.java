/// A host in virtual time as a script sees it: socket calls, packets in, packets out, clock. In this process or behind a Unix-domain socket.
@NullMarked
package org.lastack.drill.stack;

import org.jspecify.annotations.NullMarked;
