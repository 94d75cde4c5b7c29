/// One host: an engine, its links, and a driver with a clock and threads.
@NullMarked
package org.lastack.host;

import org.jspecify.annotations.NullMarked;
