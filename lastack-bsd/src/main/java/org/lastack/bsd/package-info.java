/// The BSD socket calls on a host: descriptors, dup and fork, errno values of Linux.
@NullMarked
package org.lastack.bsd;

import org.jspecify.annotations.NullMarked;
