/// Benchmarks of the whole stack and the command that runs them. Nothing here asserts a speed: machines differ, ratios of one run do less.
@NullMarked
package org.lastack.bench;

import org.jspecify.annotations.NullMarked;
