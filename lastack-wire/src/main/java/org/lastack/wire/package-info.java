/// Bytes to fields and back. Everything here works on `byte[]` with an offset, allocates nothing per packet, and knows no state.
@NullMarked
package org.lastack.wire;

import org.jspecify.annotations.NullMarked;
