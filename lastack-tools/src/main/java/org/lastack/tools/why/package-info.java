/// Answers to the questions that operators ask about sockets: `lastack why`, `timewait`, `closewait`, `listeners`, `explain-demux`, `limits`.
@NullMarked
package org.lastack.tools.why;

import org.jspecify.annotations.NullMarked;
