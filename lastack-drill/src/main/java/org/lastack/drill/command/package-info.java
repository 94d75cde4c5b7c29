/// The commands `lastack drill` and `lastack serve-stack`, for the `lastack` tool to mount.
@NullMarked
package org.lastack.drill.command;

import org.jspecify.annotations.NullMarked;
