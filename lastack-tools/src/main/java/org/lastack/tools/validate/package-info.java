/// `lastack validate`: published curves and numbers of TCP, reproduced by the simulator.
@NullMarked
package org.lastack.tools.validate;

import org.jspecify.annotations.NullMarked;
