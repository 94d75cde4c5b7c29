package org.lastack.bsd;

import org.lastack.host.VirtualDriver;

/// Lets the network do what it can without time passing.
final class VirtualSettle {
    private VirtualSettle() {}

    static void settle(BsdSockets process) {
        ((VirtualDriver) process.host().driver()).settle();
    }
}
