/// UDP (RFC 768, RFC 1122 §4.1, RFC 8200 §8.1): the protocol and its sockets.
@NullMarked
package org.lastack.core.udp;

import org.jspecify.annotations.NullMarked;
