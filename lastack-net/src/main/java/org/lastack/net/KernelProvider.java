package org.lastack.net;

import java.lang.reflect.InvocationTargetException;
import java.net.SocketException;
import java.nio.channels.spi.SelectorProvider;
import org.jspecify.annotations.Nullable;

/// The JDK's own provider. While it is the JVM's default it can be had from the JDK; there is no public way to it once another one is, so it can
/// then be had only with `--add-exports java.base/sun.nio.ch=` to this module (`ALL-UNNAMED` on the class path).
final class KernelProvider {
    private static final String FACTORY = "sun.nio.ch.DefaultSelectorProvider";
    private static final String EXPORT = "--add-exports java.base/sun.nio.ch="
            + (KernelProvider.class.getModule().isNamed() ? KernelProvider.class.getModule().getName() : "ALL-UNNAMED");
    private static volatile @Nullable SelectorProvider found;

    private KernelProvider() {}

    /// Null if there is no way to it. Not to be called while the JVM looks for its provider.
    static @Nullable SelectorProvider orNull() {
        SelectorProvider present = found;
        if (present == null) {
            SelectorProvider ofJvm = SelectorProvider.provider();
            present = ofJvm.getClass().getModule() == Object.class.getModule() ? ofJvm : byName();
            found = present;
        }
        return present;
    }

    /// @throws SocketException if there is no way to it; the message says what is missing
    static SelectorProvider required() throws SocketException {
        SelectorProvider present = orNull();
        if (present == null) {
            throw new SocketException("the kernel's sockets need " + EXPORT + " when Lastack is the JVM's provider");
        }
        return present;
    }

    private static @Nullable SelectorProvider byName() {
        try {
            return (SelectorProvider) Class.forName(FACTORY).getMethod("get").invoke(null);
        } catch (IllegalAccessException | ClassNotFoundException | NoSuchMethodException | InvocationTargetException e) {
            return null; // not exported to us, or another JDK
        }
    }
}
