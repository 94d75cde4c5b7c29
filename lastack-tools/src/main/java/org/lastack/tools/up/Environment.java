package org.lastack.tools.up;

import java.io.Closeable;
import java.util.Map;
import org.lastack.link.Link;

/// What surrounds a host, made for it and removed with it.
public interface Environment extends Closeable {
    /// The link for the host. The host closes it.
    Link link();

    /// What goes into the run file: `mode`, `netns`, `netnsCreated`, `namespacePid`, `device`.
    Map<String, Object> record();

    /// One sentence for the user about what was made.
    String description();

    /// Removes what was made, except the link.
    @Override
    void close();
}
