package org.lastack.tools.up;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.lastack.link.linux.Namespaces;
import org.lastack.tools.control.HostRecord;
import org.lastack.tools.control.RunDirectory;

/// Cleans up after hosts whose process died without doing so. Their devices are gone with their descriptors; namespaces, sockets and run
/// files are not.
public final class Leftovers {
    private Leftovers() {}

    /// Removes what dead hosts left; the names of those hosts.
    public static List<String> remove(RunDirectory directory) {
        List<String> removed = new ArrayList<>();
        for (HostRecord each : directory.records()) {
            if (!each.alive()) {
                try {
                    removeNamespace(each);
                    directory.remove(each.name());
                    removed.add(each.name());
                } catch (IOException e) {
                    // not ours to remove, or busy: the next start tries again
                }
            }
        }
        return removed;
    }

    private static void removeNamespace(HostRecord host) throws IOException {
        String netns = host.netns();
        if (netns != null && host.netnsCreated() && Files.exists(Path.of("/run/netns", netns))) {
            Namespaces.delete(netns);
        }
    }
}
