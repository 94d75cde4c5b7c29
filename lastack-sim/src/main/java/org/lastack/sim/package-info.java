/// Discrete-event simulation of networks of Lastack engines. Everything happens in the thread that calls [Simulation#run]; equal seeds give
/// equal packets at equal times.
@NullMarked
package org.lastack.sim;

import org.jspecify.annotations.NullMarked;
