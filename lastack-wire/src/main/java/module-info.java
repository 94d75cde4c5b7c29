/// Bytes to fields and back: addresses, frames, checksums, headers, options, and a printer that writes a segment as tcpdump would.
module org.lastack.wire {
    requires static transitive org.jspecify;

    exports org.lastack.wire;
}
