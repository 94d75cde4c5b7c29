package org.lastack.tools.services;

/// Told what the services do; called from their threads. Implementations must be quick and must not throw.
public interface ServiceLog {
    /// Says nothing.
    ServiceLog SILENT = new ServiceLog() {
        @Override
        public void opened(String service, Network.Endpoint remote, Network.Endpoint local) {}

        @Override
        public void closed(String service, Network.Endpoint remote, Traffic traffic, String outcome) {}

        @Override
        public void note(String service, String text) {}
    };

    /// What went through one connection, in octets, and how long it lasted.
    record Traffic(long octetsIn, long octetsOut, long durationNs) {}

    /// A client has connected.
    void opened(String service, Network.Endpoint remote, Network.Endpoint local);

    /// A connection has ended.
    ///
    /// @param outcome "closed", or what went wrong
    void closed(String service, Network.Endpoint remote, Traffic traffic, String outcome);

    /// Something else worth a line.
    void note(String service, String text);
}
