package org.lastack.net.global;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.net.ProtocolFamily;
import java.net.SocketException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.Pipe;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.AbstractSelector;
import java.nio.channels.spi.SelectorProvider;
import org.jspecify.annotations.Nullable;
import org.lastack.net.CurrentHost;
import org.lastack.net.LastackSelectorProvider;

/// The JVM's provider of channels and selectors, for every thread by where the thread is ([CurrentHost]): with a host, Lastack; without one,
/// the kernel, or nothing.
///
/// The kernel's provider of the JDK can be had only if the JVM was started with `--add-exports java.base/sun.nio.ch=org.lastack.net.global` (or
/// `=ALL-UNNAMED` on the class path): *hybrid* mode. Without that flag it is *exclusive* mode: opening a channel on a thread without a host
/// throws a `SocketException` that says so. Selectors and channels of the two worlds do not mix (`IllegalSelectorException`): a library's
/// threads belong to one of them.
public final class GlobalSelectorProvider extends SelectorProvider {
    private static final String KERNEL = "sun.nio.ch.DefaultSelectorProvider";

    private final LastackSelectorProvider lastack = new LastackSelectorProvider();
    private final @Nullable SelectorProvider kernel = kernel();

    /// For the JDK's look-up of services.
    public GlobalSelectorProvider() {}

    private static @Nullable SelectorProvider kernel() {
        try {
            return (SelectorProvider) Class.forName(KERNEL).getMethod("get").invoke(null);
        } catch (IllegalAccessException e) {
            return null; // not exported to us: exclusive mode
        } catch (ClassNotFoundException | NoSuchMethodException | InvocationTargetException e) {
            return null; // another JDK: there is no way to its provider
        }
    }

    /// True if threads without a host reach the kernel.
    public boolean hybrid() {
        return kernel != null;
    }

    private SelectorProvider here() throws SocketException {
        if (CurrentHost.get() != null) {
            return lastack;
        }
        SelectorProvider other = kernel;
        if (other == null) {
            throw new SocketException("no Lastack host for this thread (CurrentHost.run, CurrentHost.setDefault), and the kernel's sockets need"
                    + " --add-exports java.base/sun.nio.ch=" + (GlobalSelectorProvider.class.getModule().isNamed() ? "org.lastack.net.global" : "ALL-UNNAMED"));
        }
        return other;
    }

    @Override
    public DatagramChannel openDatagramChannel() throws IOException {
        return here().openDatagramChannel();
    }

    @Override
    public DatagramChannel openDatagramChannel(ProtocolFamily family) throws IOException {
        return here().openDatagramChannel(family);
    }

    /// Pipes are in memory, except for threads in the kernel's world.
    @Override
    public Pipe openPipe() throws IOException {
        return CurrentHost.get() == null && kernel != null ? kernel.openPipe() : lastack.openPipe();
    }

    @Override
    public AbstractSelector openSelector() throws IOException {
        return CurrentHost.get() == null && kernel != null ? kernel.openSelector() : lastack.openSelector();
    }

    @Override
    public ServerSocketChannel openServerSocketChannel() throws IOException {
        return here().openServerSocketChannel();
    }

    @Override
    public ServerSocketChannel openServerSocketChannel(ProtocolFamily family) throws IOException {
        return here().openServerSocketChannel(family);
    }

    @Override
    public SocketChannel openSocketChannel() throws IOException {
        return here().openSocketChannel();
    }

    @Override
    public SocketChannel openSocketChannel(ProtocolFamily family) throws IOException {
        return here().openSocketChannel(family);
    }
}
