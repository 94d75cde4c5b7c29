/// Links over Linux devices: TUN/TAP and packet sockets, with virtio-net offloads, through the Foreign Function and Memory API.
/// The only module that needs `--enable-native-access=org.lastack.link.linux`.
module org.lastack.link.linux {
    requires static transitive org.jspecify;
    requires transitive org.lastack.link;

    exports org.lastack.link.linux;
}
