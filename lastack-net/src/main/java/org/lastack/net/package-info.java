/// `java.nio.channels` and `java.net` on a [org.lastack.host.Host]: unchanged Java programs run on the stack.
///
/// Begin with [org.lastack.net.LastackNetwork] (two or more hosts in this process), [org.lastack.net.LastackSelectorProvider] (channels and
/// selectors) or [org.lastack.net.LastackSocketFactory] (plain sockets). Nothing here captures the JVM: the module `org.lastack.net.global`
/// does that, for those who want it.
@NullMarked
package org.lastack.net;

import org.jspecify.annotations.NullMarked;
