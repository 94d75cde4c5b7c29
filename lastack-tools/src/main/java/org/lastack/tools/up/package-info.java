/// What `lastack up` puts around a host: a TUN device in a network namespace, a veth pair in a user namespace, or a relay.
@NullMarked
package org.lastack.tools.up;

import org.jspecify.annotations.NullMarked;
