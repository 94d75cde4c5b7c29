package org.lastack.tools.why;

import org.jspecify.annotations.Nullable;
import org.lastack.tools.CommandFailure;
import org.lastack.tools.ExitCode;
import org.lastack.wire.IpAddress;

/// An address and a port as users write them: `9000`, `10.0.0.1:9000`, `[::]:9000`, `*:9000`.
record Endpoint(IpAddress address, int port) {
    /// @throws CommandFailure if it is neither
    static Endpoint of(String text) {
        int colon = text.lastIndexOf(':');
        String name = colon < 0 ? "*" : text.substring(0, colon);
        boolean bracketed = name.startsWith("[") && name.endsWith("]");
        if (bracketed) {
            name = name.substring(1, name.length() - 1);
        }
        @Nullable IpAddress address = name.equals("*") || name.isEmpty() ? IpAddress.ANY_V4 : name.contains(":") && !bracketed ? null : IpAddress.parse(name);
        int port = port(text.substring(colon + 1));
        if (address == null || port < 0) {
            throw new CommandFailure(ExitCode.USAGE, "'" + text + "' is no address with a port", "write 9000, 10.0.0.1:9000 or [::1]:9000");
        }
        return new Endpoint(address, port);
    }

    /// A local name, of which the port may be left out: 0.
    ///
    /// @throws CommandFailure if it is none
    static Endpoint local(String text) {
        @Nullable IpAddress alone = IpAddress.parse(text);
        return alone == null ? of(text) : new Endpoint(alone, 0);
    }

    private static int port(String text) {
        if (!text.matches("[0-9]{1,5}")) {
            return -1;
        }
        int port = Integer.parseInt(text);
        return port > 65_535 ? -1 : port;
    }
}
