/// The BSD socket calls on a host.
module org.lastack.bsd {
    requires transitive org.lastack.host;
    requires static transitive org.jspecify;

    exports org.lastack.bsd;
}
