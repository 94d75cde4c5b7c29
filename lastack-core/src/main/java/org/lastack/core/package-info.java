/// The engine of one host and the values that it exchanges with its surroundings.
@NullMarked
package org.lastack.core;

import org.jspecify.annotations.NullMarked;
