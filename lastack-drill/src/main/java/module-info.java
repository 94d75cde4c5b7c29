/// Runs packet scripts in the packetdrill language against the engine, in virtual time.
module org.lastack.drill {
    requires transitive org.lastack.wire;
    requires transitive org.lastack.core;
    requires static transitive org.jspecify;

    exports org.lastack.drill;
}
