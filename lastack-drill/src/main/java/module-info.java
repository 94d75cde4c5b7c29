/// Runs packet scripts in the packetdrill language against the engine, in virtual time.
module org.lastack.drill {
    requires transitive org.lastack.wire;
    requires transitive org.lastack.core;
    requires static transitive org.jspecify;
    requires org.lastack.link;

    exports org.lastack.drill;
    exports org.lastack.drill.remote;
    exports org.lastack.drill.run;
    exports org.lastack.drill.script;
    exports org.lastack.drill.stack;
}
