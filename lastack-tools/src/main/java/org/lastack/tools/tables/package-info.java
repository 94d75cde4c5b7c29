/// Tables of sockets and counters in the words and columns of netstat, ss, sysctl and nstat.
@NullMarked
package org.lastack.tools.tables;

import org.jspecify.annotations.NullMarked;
