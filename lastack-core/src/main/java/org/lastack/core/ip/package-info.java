/// The Internet layer of one host: input, output, routes, fragments, path MTU, ICMP, neighbours.
@NullMarked
package org.lastack.core.ip;

import org.jspecify.annotations.NullMarked;
