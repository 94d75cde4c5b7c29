package org.lastack.net;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ProtocolFamily;
import java.net.ServerSocket;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.nio.channels.SelectionKey;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.lastack.core.socket.InetSocket;
import org.lastack.host.ReadySource;

/// A [ServerSocketChannel] whose stack is chosen when it is bound, by the `bind` rules of [AddressRules]. See [RoutedChannel].
final class RoutedServerChannel extends ServerSocketChannel implements SelectableSource, ListenerFace {
    private final LastackSelectorProvider ours;
    private final @Nullable AddressRules rules;
    private final @Nullable ProtocolFamily family;
    private final SwitchSource source;
    /// Written under `blockingLock`.
    private volatile ServerSocketChannel behind;
    private volatile @Nullable KernelSource kernel;
    /// Both guarded by `blockingLock`.
    private final Map<SocketOption<?>, Object> options = new LinkedHashMap<>(0);
    private @Nullable ServerSocketAdaptor adaptor;

    RoutedServerChannel(LastackSelectorProvider provider, TcpServerChannel begin, AddressRules rules, @Nullable ProtocolFamily family) {
        super(provider);
        this.ours = provider;
        this.rules = rules;
        this.family = family;
        this.behind = begin;
        this.source = new SwitchSource(begin.source());
    }

    /// A channel of the kernel for good.
    RoutedServerChannel(LastackSelectorProvider provider, ServerSocketChannel ofKernel) {
        super(provider);
        this.ours = provider;
        this.rules = null;
        this.family = null;
        KernelSource here = new KernelSource(ofKernel);
        this.kernel = here;
        this.behind = ofKernel;
        this.source = new SwitchSource(here);
    }

    private void becomeKernel() throws IOException {
        ServerSocketChannel before = behind;
        ServerSocketChannel next = family == null ? KernelProvider.required().openServerSocketChannel()
                : KernelProvider.required().openServerSocketChannel(family);
        for (Map.Entry<SocketOption<?>, Object> each : options.entrySet()) {
            if (next.supportedOptions().contains(each.getKey())) {
                copy(next, each.getKey(), each.getValue());
            }
        }
        next.configureBlocking(isBlocking());
        KernelSource here = new KernelSource(next);
        kernel = here;
        behind = next;
        source.switchTo(here);
        before.close();
        if (!isOpen()) {
            next.close();
        }
    }

    @SuppressWarnings("unchecked") // a value that the option has taken before
    private static <T> void copy(ServerSocketChannel to, SocketOption<T> name, Object value) throws IOException {
        to.setOption(name, (T) value);
    }

    @Override
    public ServerSocketChannel bind(@Nullable SocketAddress local, int backlog) throws IOException {
        synchronized (blockingLock()) {
            InetSocketAddress name = local == null ? new InetSocketAddress(0) : local instanceof InetSocketAddress given ? given : null;
            if (kernel == null && rules != null && name != null && isOpen() && behind.getLocalAddress() == null && !name.isUnresolved()
                    && rules.binding(name) == AddressRules.Side.KERNEL) {
                becomeKernel();
            }
            behind.bind(local, backlog);
            stateChanged();
        }
        return this;
    }

    private void stateChanged() {
        KernelSource here = kernel;
        if (here != null) {
            here.stateChanged();
        }
    }

    @Override
    public @Nullable SocketChannel accept() throws IOException {
        ServerSocketChannel now = behind;
        try {
            SocketChannel accepted = now.accept();
            return accepted == null || accepted instanceof TcpChannel ? accepted : new RoutedChannel(ours, accepted);
        } finally {
            KernelSource here = kernel;
            if (here != null) {
                here.used(InetSocket.POLLIN);
            }
            if (!now.isOpen() && now == behind) {
                close();
            }
        }
    }

    @Override
    public SocketChannel acceptTimed(long timeoutNs) throws IOException {
        ServerSocketChannel now = behind;
        try {
            if (now instanceof ListenerFace lastack) {
                return lastack.acceptTimed(timeoutNs);
            }
            now.socket().setSoTimeout(Adaptors.milliseconds(timeoutNs));
            return new RoutedChannel(ours, now.socket().accept().getChannel());
        } finally {
            if (!now.isOpen() && now == behind) {
                close();
            }
        }
    }

    @Override
    public ServerSocket socket() {
        if (kernel != null) {
            behind.socket(); // refuses UNIX domain sockets
        }
        synchronized (blockingLock()) {
            ServerSocketAdaptor present = adaptor;
            if (present == null) {
                present = ServerSocketAdaptor.of(this, this);
                adaptor = present;
            }
            return present;
        }
    }

    @Override
    public @Nullable InetSocketAddress localName() {
        ServerSocketChannel now = behind;
        return (InetSocketAddress) (now instanceof ListenerFace lastack ? lastack.localName() : now.socket().getLocalSocketAddress());
    }

    @Override
    public @Nullable SocketAddress getLocalAddress() throws IOException {
        return behind.getLocalAddress();
    }

    @Override
    public Set<SocketOption<?>> supportedOptions() {
        return behind.supportedOptions();
    }

    @Override
    public <T> T getOption(SocketOption<T> name) throws IOException {
        return behind.getOption(name);
    }

    @Override
    public <T> ServerSocketChannel setOption(SocketOption<T> name, T value) throws IOException {
        synchronized (blockingLock()) {
            behind.setOption(name, value);
            if (kernel == null) {
                options.put(name, value);
            }
        }
        return this;
    }

    @Override
    protected void implCloseSelectableChannel() throws IOException {
        behind.close();
    }

    @Override
    protected void implConfigureBlocking(boolean block) throws IOException {
        KernelSource here = kernel;
        if (block && here != null) {
            here.release();
        }
        behind.configureBlocking(block);
    }

    @Override
    public ReadySource source() {
        return source;
    }

    @Override
    public int pollBits(int interestOps) {
        return (interestOps & SelectionKey.OP_ACCEPT) != 0 ? InetSocket.POLLIN : 0;
    }

    @Override
    public int readyOps(int mask, int interestOps) {
        return mask != 0 ? interestOps & SelectionKey.OP_ACCEPT : 0;
    }

    @Override
    public String toString() {
        return behind.toString();
    }
}
