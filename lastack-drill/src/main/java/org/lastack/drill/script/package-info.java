/// The packetdrill language: tokens, parser, and the syntax tree of a script.
@NullMarked
package org.lastack.drill.script;

import org.jspecify.annotations.NullMarked;
