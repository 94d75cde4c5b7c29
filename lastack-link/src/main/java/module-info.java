/// What carries frames between an engine and something else: the `Link` interface, links in memory, impairments, and captures in pcapng.
module org.lastack.link {
    requires static transitive org.jspecify;
    requires transitive org.lastack.wire;

    exports org.lastack.link;
}
