/// One host: an engine, its links, and a driver with a clock and threads.
module org.lastack.host {
    requires transitive org.lastack.core;
    requires transitive org.lastack.link;
    requires static transitive org.jspecify;

    exports org.lastack.host;
}
