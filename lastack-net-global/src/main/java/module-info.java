/// Makes Lastack the JVM's default for channels and for names of its hosts, as soon as this module or its jar is there.
module org.lastack.net.global {
    requires transitive org.lastack.net;
    requires static transitive org.jspecify;

    exports org.lastack.net.global;

    provides java.nio.channels.spi.SelectorProvider with
            org.lastack.net.global.GlobalSelectorProvider;
    provides java.net.spi.InetAddressResolverProvider with
            org.lastack.net.global.GlobalResolverProvider;
}
