/// A network of many hosts in one thread: virtual time, one seed, topologies, faults, invariants.
module org.lastack.sim {
    requires transitive org.lastack.core;
    requires static transitive org.jspecify;

    exports org.lastack.sim;
}
