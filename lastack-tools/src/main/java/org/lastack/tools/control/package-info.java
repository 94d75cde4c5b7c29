/// How the commands talk to a running host: a directory of run files, and a Unix-domain socket with one JSON object per line.
@NullMarked
package org.lastack.tools.control;

import org.jspecify.annotations.NullMarked;
