package org.lastack.net;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.net.spi.InetAddressResolver;
import java.net.spi.InetAddressResolver.LookupPolicy;
import java.net.spi.InetAddressResolverProvider;
import java.util.List;
import java.util.stream.Stream;

/// Lets `InetAddress` know the names of [HostNames]; all others go on to the JDK's resolver. Registered as a service by module
/// `org.lastack.net.global` only.
///
/// The JDK keeps answers for 30 s and failures for 10 s: where names change meanwhile (tests), set the security properties
/// `networkaddress.cache.ttl` and `networkaddress.cache.negative.ttl` to 0 before the first look-up.
public final class LastackInetAddressResolverProvider extends InetAddressResolverProvider {
    /// For the JDK's look-up of services.
    public LastackInetAddressResolverProvider() {}

    @Override
    public InetAddressResolver get(Configuration configuration) {
        return new OverBuiltin(configuration.builtinResolver());
    }

    @Override
    public String name() {
        return "Lastack";
    }

    private record OverBuiltin(InetAddressResolver builtin) implements InetAddressResolver {
        @Override
        public Stream<InetAddress> lookupByName(String name, LookupPolicy policy) throws UnknownHostException {
            List<InetAddress> known = HostNames.addresses(name);
            if (known.isEmpty()) {
                return builtin.lookupByName(name, policy);
            }
            int wanted = policy.characteristics();
            List<InetAddress> fitting = known.stream().filter(each -> (wanted & familyOf(each)) != 0).toList();
            if (fitting.isEmpty()) {
                throw new UnknownHostException(name + ": no address of the family asked for");
            }
            return fitting.stream();
        }

        private static int familyOf(InetAddress address) {
            return address.getAddress().length == 4 ? LookupPolicy.IPV4 : LookupPolicy.IPV6;
        }

        @Override
        public String lookupByAddress(byte[] octets) throws UnknownHostException {
            String name = HostNames.nameOf(InetAddress.getByAddress(octets));
            return name.isEmpty() ? builtin.lookupByAddress(octets) : name;
        }
    }
}
