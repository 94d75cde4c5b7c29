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
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.lastack.core.socket.InetSocket;
import org.lastack.host.ReadySource;

/// A [ServerSocketChannel] whose stack is chosen when it is bound, by the `bind` rules of [AddressRules]. See [RoutedChannel].
final class RoutedServerChannel extends ServerSocketChannel implements SelectableSource, ListenerFace {
    private final LastackSelectorProvider ours;
    private final @Nullable AddressRules rules;
    private final @Nullable ProtocolFamily family;
    private final Routed<ServerSocketChannel> routed;
    /// Guarded by `blockingLock`.
    private @Nullable ServerSocketAdaptor adaptor;

    RoutedServerChannel(LastackSelectorProvider provider, TcpServerChannel begin, AddressRules rules, @Nullable ProtocolFamily family) {
        super(provider);
        this.ours = provider;
        this.rules = rules;
        this.family = family;
        this.routed = new Routed<>(begin, begin.source());
    }

    /// A channel of the kernel for good.
    RoutedServerChannel(LastackSelectorProvider provider, ServerSocketChannel ofKernel) {
        super(provider);
        this.ours = provider;
        this.rules = null;
        this.family = null;
        this.routed = new Routed<>(ofKernel);
    }

    @Override
    public ServerSocketChannel bind(@Nullable SocketAddress local, int backlog) throws IOException {
        synchronized (blockingLock()) {
            InetSocketAddress name = local == null ? new InetSocketAddress(0) : local instanceof InetSocketAddress given ? given : null;
            if (!routed.ofKernel() && rules != null && name != null && isOpen() && routed.behind().getLocalAddress() == null && !name.isUnresolved()
                    && rules.binding(name) == AddressRules.Side.KERNEL) {
                ServerSocketChannel next = family == null ? KernelProvider.required().openServerSocketChannel()
                        : KernelProvider.required().openServerSocketChannel(family);
                routed.becomeKernel(next, this, null);
            }
            routed.behind().bind(local, backlog);
            routed.stateChanged();
        }
        return this;
    }

    @Override
    public @Nullable SocketChannel accept() throws IOException {
        ServerSocketChannel now = routed.behind();
        try {
            SocketChannel accepted = now.accept();
            return accepted == null || accepted instanceof TcpChannel ? accepted : new RoutedChannel(ours, accepted);
        } finally {
            routed.used(InetSocket.POLLIN);
            if (routed.gone(now)) {
                close();
            }
        }
    }

    @Override
    public SocketChannel acceptTimed(long timeoutNs) throws IOException {
        ServerSocketChannel now = routed.behind();
        try {
            if (now instanceof ListenerFace lastack) {
                return lastack.acceptTimed(timeoutNs);
            }
            now.socket().setSoTimeout(Adaptors.milliseconds(timeoutNs));
            return new RoutedChannel(ours, now.socket().accept().getChannel());
        } finally {
            if (routed.gone(now)) {
                close();
            }
        }
    }

    @Override
    public ServerSocket socket() {
        if (routed.ofKernel()) {
            routed.behind().socket(); // refuses UNIX domain sockets
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
        ServerSocketChannel now = routed.behind();
        return (InetSocketAddress) (now instanceof ListenerFace lastack ? lastack.localName() : now.socket().getLocalSocketAddress());
    }

    @Override
    public @Nullable SocketAddress getLocalAddress() throws IOException {
        return routed.behind().getLocalAddress();
    }

    @Override
    public Set<SocketOption<?>> supportedOptions() {
        return routed.behind().supportedOptions();
    }

    @Override
    public <T> T getOption(SocketOption<T> name) throws IOException {
        return routed.behind().getOption(name);
    }

    @Override
    public <T> ServerSocketChannel setOption(SocketOption<T> name, T value) throws IOException {
        synchronized (blockingLock()) {
            routed.setOption(name, value);
        }
        return this;
    }

    @Override
    protected void implCloseSelectableChannel() throws IOException {
        routed.behind().close();
    }

    @Override
    protected void implConfigureBlocking(boolean block) throws IOException {
        routed.configureBlocking(block);
    }

    @Override
    public ReadySource source() {
        return routed.source();
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
        return routed.behind().toString();
    }
}
