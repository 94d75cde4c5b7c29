/// Packets of scripts and packets of the wire: rendering, comparing, and writing in the script's notation.
@NullMarked
package org.lastack.drill.packet;

import org.jspecify.annotations.NullMarked;
