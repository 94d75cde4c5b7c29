/// The remote stack protocol, version 1: a host in virtual time behind a Unix-domain socket, and a client of it.
@NullMarked
package org.lastack.drill.remote;

import org.jspecify.annotations.NullMarked;
