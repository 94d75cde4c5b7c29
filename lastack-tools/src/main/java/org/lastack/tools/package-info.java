/// The `lastack` command and its subcommands.
@NullMarked
package org.lastack.tools;

import org.jspecify.annotations.NullMarked;
