/// `lastack oracle`: tables recorded from a real kernel, replayed against our stack in virtual time.
@NullMarked
package org.lastack.tools.oracle;

import org.jspecify.annotations.NullMarked;
