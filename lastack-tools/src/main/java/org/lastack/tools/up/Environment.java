package org.lastack.tools.up;

import java.io.Closeable;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.lastack.host.HostBuilder;
import org.lastack.link.Link;
import org.lastack.tools.services.ServiceSet;

/// What surrounds a host, made for it and removed with it.
public interface Environment extends Closeable {
    /// The link for the host. The host closes it.
    Link link();

    /// Further queues of the same device, one for each host beside the first, which closes it.
    default List<Link> moreLinks() {
        return List.of();
    }

    /// Settings that the host needs here; called before it is made.
    default void configure(HostBuilder builder) {}

    /// What goes into the run file: `mode`, `netns`, `netnsCreated`, `namespacePid`, `device`.
    Map<String, Object> record();

    /// One sentence for the user about what was made.
    String description();

    /// Called once the services run.
    default void publish(List<ServiceSet.Entry> services) throws IOException {}

    /// Lines for the user: where the host is reached, and what to type next.
    ///
    /// @param command how the user called us
    /// @param services in words
    default List<String> help(Plan plan, String command, String services) {
        String address = Plan.bare(plan.ourAddresses().getFirst());
        String exec = record().containsKey("netns") || record().containsKey("namespacePid") ? command + " exec -- " : "";
        return List.of(
                "kernel    " + String.join("  ", plan.kernelAddresses()),
                "Lastack   " + String.join("  ", plan.ourAddresses()),
                "services  " + services,
                "Try in another terminal:",
                "  " + exec + "ping -c 3 " + address,
                "  " + exec + "nc " + address + " 9000",
                "  " + exec + "curl -sD - -o body http://" + address + "/bytes/100000000 && sha256sum body",
                "  " + exec + "iperf3 -c " + address,
                "  " + command + " netstat -anp");
    }

    /// Removes what was made, except the link.
    @Override
    void close();
}
