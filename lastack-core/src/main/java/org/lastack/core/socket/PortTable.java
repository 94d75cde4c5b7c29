package org.lastack.core.socket;

/// Placeholder until the port table lands.
public final class PortTable {
    public void optionsChanged(InetSocket socket) {}
}
