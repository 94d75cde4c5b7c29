/// Benchmarks of the whole stack, each beside a peer measured in the same run: the `lastack bench` command.
module org.lastack.bench {
    requires static org.jspecify;
    requires com.fasterxml.jackson.jr.ob;
    requires info.picocli;
    requires jdk.management;
    requires org.lastack.core;
    requires org.lastack.host;
    requires org.lastack.link;
    requires org.lastack.link.linux;
    requires org.lastack.sim;

    exports org.lastack.bench;

    // picocli reads the annotations of the command by reflection.
    opens org.lastack.bench to
            info.picocli;
}
