/// The packet script interpreter: give it a script, it answers whether the stack behaved as the script says.
@NullMarked
package org.lastack.drill;

import org.jspecify.annotations.NullMarked;
