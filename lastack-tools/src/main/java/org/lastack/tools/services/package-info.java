/// The programs that run on a host of Lastack: echo, discard, chargen, daytime, HTTP, iperf3 and the demonstration servers. They see the
/// network through [org.lastack.tools.services.Network] only, and block; run them on virtual threads.
@NullMarked
package org.lastack.tools.services;

import org.jspecify.annotations.NullMarked;
