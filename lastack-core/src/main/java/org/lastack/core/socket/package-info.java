/// What TCP and UDP sockets have in common: addresses, options, errors, owners, and the port table that decides who may have which port.
@NullMarked
package org.lastack.core.socket;

import org.jspecify.annotations.NullMarked;
