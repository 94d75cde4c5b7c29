package org.lastack.net.global;

import java.net.spi.InetAddressResolver;
import java.net.spi.InetAddressResolverProvider;
import org.lastack.net.LastackInetAddressResolverProvider;

/// Names of hosts on the stack for the whole JVM, see [LastackInetAddressResolverProvider].
public final class GlobalResolverProvider extends InetAddressResolverProvider {
    private final LastackInetAddressResolverProvider real = new LastackInetAddressResolverProvider();

    /// For the JDK's look-up of services.
    public GlobalResolverProvider() {}

    @Override
    public InetAddressResolver get(Configuration configuration) {
        return real.get(configuration);
    }

    @Override
    public String name() {
        return real.name();
    }
}
