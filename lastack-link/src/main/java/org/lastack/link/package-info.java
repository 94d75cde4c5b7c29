/// Links: how frames get in and out. A link knows nothing of protocols above the frame; who drives it (threads, clocks, engines) is the host's matter.
@NullMarked
package org.lastack.link;

import org.jspecify.annotations.NullMarked;
