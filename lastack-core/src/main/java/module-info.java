/// The sans-IO engine of one host: IP, ICMP, neighbours, UDP, TCP, ports.
module org.lastack.core {
    requires transitive org.lastack.wire;
    requires static transitive org.jspecify;

    exports org.lastack.core;
    exports org.lastack.core.ip;
    exports org.lastack.core.socket;
    exports org.lastack.core.tcp;
    exports org.lastack.core.udp;
}
