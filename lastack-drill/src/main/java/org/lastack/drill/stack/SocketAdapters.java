package org.lastack.drill.stack;

import org.lastack.core.Engine;

final class SocketAdapters {
    private SocketAdapters() {}

    static HostSocket socket(Engine engine, int domain, boolean tcp) {
        throw new IllegalStateException("not there yet " + engine + domain + tcp);
    }
}
