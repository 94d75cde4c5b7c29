package org.lastack.tools.services;

import java.io.IOException;

/// Serves one TCP connection; returns when the conversation is over. The caller closes the stream.
@FunctionalInterface
public interface StreamService {
    void serve(CountedStream stream) throws IOException;
}
