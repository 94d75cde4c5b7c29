/// The JVM-wide door: having this module is enough to make Lastack the JVM's provider of channels, see
/// [org.lastack.net.global.GlobalSelectorProvider].
@NullMarked
package org.lastack.net.global;

import org.jspecify.annotations.NullMarked;
