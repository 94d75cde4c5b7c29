package org.lastack.net;

import java.lang.reflect.InvocationTargetException;
import java.nio.channels.spi.SelectorProvider;
import org.jspecify.annotations.Nullable;

/// The JDK's own provider. There is no public way to it once another one is the JVM's, so it can be had only with
/// `--add-exports java.base/sun.nio.ch=` to this module (`ALL-UNNAMED` on the class path).
final class KernelProvider {
    private static final String FACTORY = "sun.nio.ch.DefaultSelectorProvider";
    static final @Nullable SelectorProvider INSTANCE = find();

    private KernelProvider() {}

    private static @Nullable SelectorProvider find() {
        try {
            return (SelectorProvider) Class.forName(FACTORY).getMethod("get").invoke(null);
        } catch (IllegalAccessException | ClassNotFoundException | NoSuchMethodException | InvocationTargetException e) {
            return null; // not exported to us, or another JDK
        }
    }
}
