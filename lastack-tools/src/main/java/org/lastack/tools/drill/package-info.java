/// The commands `lastack drill` and `lastack serve-stack`, for the `lastack` tool to mount.
@NullMarked
package org.lastack.tools.drill;

import org.jspecify.annotations.NullMarked;
