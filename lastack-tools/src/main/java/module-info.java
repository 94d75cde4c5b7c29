/// The `lastack` command.
module org.lastack.tools {
    requires static org.jspecify;
    requires com.fasterxml.jackson.jr.ob;
    requires info.picocli;
    requires org.lastack.bench;
    requires org.lastack.bsd;
    requires org.lastack.core;
    requires org.lastack.drill;
    requires org.lastack.host;
    requires org.lastack.link;
    requires org.lastack.link.linux;
    requires org.lastack.net;
    requires org.lastack.sim;

    exports org.lastack.tools;

    // picocli reads the annotations of the commands by reflection.
    opens org.lastack.tools to
            info.picocli;
    opens org.lastack.tools.drill to
            info.picocli;
    opens org.lastack.tools.lab to
            info.picocli;
    opens org.lastack.tools.oracle to
            info.picocli;
    opens org.lastack.tools.validate to
            info.picocli;
    opens org.lastack.tools.why to
            info.picocli;
}
