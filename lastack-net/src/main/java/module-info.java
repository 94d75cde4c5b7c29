/// The JDK's faces of a host: channels, selectors, sockets and factories.
module org.lastack.net {
    requires transitive org.lastack.host;
    requires static transitive org.jspecify;
    requires jdk.net;

    exports org.lastack.net;
}
