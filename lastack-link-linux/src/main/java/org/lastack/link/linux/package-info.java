/// TUN/TAP devices and packet sockets of Linux as links, and what is needed around them: interface set-up through rtnetlink, network namespaces.
/// All system calls are in one class; every error becomes a [NativeException] that names the call, the errno and what to do about it.
@NullMarked
package org.lastack.link.linux;

import org.jspecify.annotations.NullMarked;
