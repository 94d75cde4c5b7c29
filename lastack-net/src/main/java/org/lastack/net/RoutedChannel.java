package org.lastack.net;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.ProtocolFamily;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketOption;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.lastack.core.socket.InetSocket;
import org.lastack.host.ReadySource;

/// A [SocketChannel] whose stack is chosen when its destination is known ([AddressRules]). It begins as a channel of Lastack; if the rules send it
/// to the kernel it becomes one of the kernel's, with the options and the local name that it was given, and stays in its selectors.
///
/// Every call is made on the channel behind; when that one closes itself (a failed connect, an interrupt) this one closes too.
final class RoutedChannel extends SocketChannel implements SelectableSource, StreamFace {
    private final @Nullable AddressRules rules;
    private final @Nullable ProtocolFamily family;
    private final Routed<SocketChannel> routed;
    /// Guarded by `blockingLock`.
    private @Nullable SocketAddress bound;
    /// Guarded by `blockingLock`.
    private @Nullable SocketAdaptor adaptor;

    /// A channel that may become either.
    RoutedChannel(LastackSelectorProvider provider, TcpChannel begin, AddressRules rules, @Nullable ProtocolFamily family) {
        super(provider);
        this.rules = rules;
        this.family = family;
        this.routed = new Routed<>(begin, begin.source());
    }

    /// A channel of the kernel for good.
    RoutedChannel(LastackSelectorProvider provider, SocketChannel ofKernel) {
        super(provider);
        this.rules = null;
        this.family = null;
        this.routed = new Routed<>(ofKernel);
    }

    // ---- the choice -----------------------------------------------------------------------------------------------------------------

    private void choose(@Nullable SocketAddress destination) throws IOException {
        AddressRules chooser = rules;
        SocketChannel now = routed.behind();
        boolean open = !routed.ofKernel() && isOpen() && !now.isConnected() && !now.isConnectionPending();
        if (open && chooser != null && destination instanceof InetSocketAddress address && !address.isUnresolved()
                && chooser.destination(address) == AddressRules.Side.KERNEL) {
            synchronized (blockingLock()) {
                if (routed.behind() == now) {
                    SocketChannel next = family == null ? KernelProvider.required().openSocketChannel() : KernelProvider.required().openSocketChannel(family);
                    routed.becomeKernel(next, this, bound);
                }
            }
        }
    }

    /// After each call that may have closed the channel behind.
    private void follow(SocketChannel used) throws IOException {
        if (routed.gone(used)) {
            close();
        }
    }

    // ---- as SocketChannel says ------------------------------------------------------------------------------------------------------

    @Override
    public SocketChannel bind(@Nullable SocketAddress local) throws IOException {
        synchronized (blockingLock()) {
            routed.behind().bind(local);
            bound = local == null ? new InetSocketAddress(0) : local;
            if (bound instanceof InetSocketAddress name && name.getPort() == 0 && routed.behind().getLocalAddress() instanceof InetSocketAddress got) {
                // The port that was promised is asked for again if the stack changes.
                bound = name.getAddress() == null ? got : new InetSocketAddress(name.getAddress(), got.getPort());
            }
        }
        return this;
    }

    @Override
    public boolean connect(SocketAddress remote) throws IOException {
        choose(remote);
        SocketChannel now = routed.behind();
        try {
            return now.connect(remote);
        } finally {
            routed.stateChanged();
            follow(now);
        }
    }

    @Override
    public void connect(SocketAddress remote, long timeoutNs) throws IOException {
        choose(remote);
        SocketChannel now = routed.behind();
        try {
            if (now instanceof StreamFace lastack) {
                lastack.connect(remote, timeoutNs);
            } else {
                now.socket().connect(remote, Adaptors.milliseconds(timeoutNs));
            }
        } finally {
            follow(now);
        }
    }

    @Override
    public boolean finishConnect() throws IOException {
        SocketChannel now = routed.behind();
        try {
            return now.finishConnect();
        } finally {
            routed.stateChanged();
            follow(now);
        }
    }

    @Override
    public int read(ByteBuffer target) throws IOException {
        SocketChannel now = routed.behind();
        try {
            return now.read(target);
        } finally {
            routed.used(InetSocket.POLLIN);
            follow(now);
        }
    }

    @Override
    public long read(ByteBuffer[] targets, int offset, int length) throws IOException {
        SocketChannel now = routed.behind();
        try {
            return now.read(targets, offset, length);
        } finally {
            routed.used(InetSocket.POLLIN);
            follow(now);
        }
    }

    @Override
    public int write(ByteBuffer from) throws IOException {
        SocketChannel now = routed.behind();
        try {
            return now.write(from);
        } finally {
            routed.used(InetSocket.POLLOUT);
            follow(now);
        }
    }

    @Override
    public long write(ByteBuffer[] from, int offset, int length) throws IOException {
        SocketChannel now = routed.behind();
        try {
            return now.write(from, offset, length);
        } finally {
            routed.used(InetSocket.POLLOUT);
            follow(now);
        }
    }

    @Override
    public SocketChannel shutdownInput() throws IOException {
        routed.behind().shutdownInput();
        routed.stateChanged();
        return this;
    }

    @Override
    public SocketChannel shutdownOutput() throws IOException {
        routed.behind().shutdownOutput();
        routed.stateChanged();
        return this;
    }

    @Override
    public Socket socket() {
        if (routed.ofKernel()) {
            routed.behind().socket(); // refuses UNIX domain sockets
        }
        synchronized (blockingLock()) {
            SocketAdaptor present = adaptor;
            if (present == null) {
                present = SocketAdaptor.of(this, this);
                adaptor = present;
            }
            return present;
        }
    }

    @Override
    public boolean isConnected() {
        return routed.behind().isConnected();
    }

    @Override
    public boolean isConnectionPending() {
        return routed.behind().isConnectionPending();
    }

    @Override
    public @Nullable SocketAddress getLocalAddress() throws IOException {
        return routed.behind().getLocalAddress();
    }

    @Override
    public @Nullable SocketAddress getRemoteAddress() throws IOException {
        return routed.behind().getRemoteAddress();
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
    public <T> SocketChannel setOption(SocketOption<T> name, T value) throws IOException {
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

    // ---- for selectors and the adaptor ----------------------------------------------------------------------------------------------

    @Override
    public ReadySource source() {
        return routed.source();
    }

    /// The same for both stacks, so that it stays right when the stack changes.
    @Override
    public int pollBits(int interestOps) {
        return ((interestOps & SelectionKey.OP_READ) != 0 ? InetSocket.POLLIN : 0)
                | ((interestOps & (SelectionKey.OP_WRITE | SelectionKey.OP_CONNECT)) != 0 ? InetSocket.POLLOUT : 0);
    }

    @Override
    public int readyOps(int mask, int interestOps) {
        SocketChannel now = routed.behind();
        if (now instanceof SelectableSource lastack) {
            return lastack.readyOps(mask, interestOps);
        }
        int out = now.isConnectionPending() ? SelectionKey.OP_CONNECT : SelectionKey.OP_WRITE;
        return interestOps & (((mask & InetSocket.POLLIN) != 0 ? SelectionKey.OP_READ : 0) | ((mask & InetSocket.POLLOUT) != 0 ? out : 0));
    }

    @Override
    public @Nullable InetSocketAddress localName() {
        SocketChannel now = routed.behind();
        return (InetSocketAddress) (now instanceof StreamFace lastack ? lastack.localName() : now.socket().getLocalSocketAddress());
    }

    @Override
    public @Nullable InetSocketAddress remoteName() {
        SocketChannel now = routed.behind();
        return (InetSocketAddress) (now instanceof StreamFace lastack ? lastack.remoteName() : now.socket().getRemoteSocketAddress());
    }

    @Override
    public boolean inputShut() {
        SocketChannel now = routed.behind();
        return now instanceof StreamFace lastack ? lastack.inputShut() : now.socket().isInputShutdown();
    }

    @Override
    public boolean outputShut() {
        SocketChannel now = routed.behind();
        return now instanceof StreamFace lastack ? lastack.outputShut() : now.socket().isOutputShutdown();
    }

    @Override
    public int readTimed(byte[] bytes, int offset, int length, long timeoutNs) throws IOException {
        SocketChannel now = routed.behind();
        try {
            if (now instanceof StreamFace lastack) {
                return lastack.readTimed(bytes, offset, length, timeoutNs);
            }
            if (!now.isOpen()) {
                throw new ClosedChannelException();
            }
            now.socket().setSoTimeout(Adaptors.milliseconds(timeoutNs));
            // Asked of the adaptor at each call: it refuses once input is shut, where a stream that was got before tells the end.
            return inputShut() ? -1 : input(now).read(bytes, offset, length);
        } finally {
            follow(now);
        }
    }

    private static InputStream input(SocketChannel ofKernel) throws IOException {
        return ofKernel.socket().getInputStream();
    }

    @Override
    public int available() throws IOException {
        SocketChannel now = routed.behind();
        return now instanceof StreamFace lastack ? lastack.available() : inputShut() ? 0 : input(now).available();
    }

    @Override
    public void writeFully(byte[] bytes, int offset, int length) throws IOException {
        SocketChannel now = routed.behind();
        try {
            if (now instanceof StreamFace lastack) {
                lastack.writeFully(bytes, offset, length);
            } else if (outputShut()) {
                throw new ClosedChannelException();
            } else {
                ByteBuffer whole = ByteBuffer.wrap(bytes, offset, length);
                while (whole.hasRemaining()) {
                    writeSome(now, whole, whole.position() > offset);
                }
            }
        } finally {
            follow(now);
        }
    }

    /// @param begun closing is "meanwhile" then, also between two writes
    private static void writeSome(SocketChannel now, ByteBuffer whole, boolean begun) throws IOException {
        try {
            now.write(whole);
        } catch (ClosedChannelException e) {
            throw begun && e.getClass() == ClosedChannelException.class ? new AsynchronousCloseException() : e;
        }
    }

    @Override
    public boolean sendUrgent(byte octet) throws IOException {
        SocketChannel now = routed.behind();
        if (now instanceof StreamFace lastack) {
            return lastack.sendUrgent(octet);
        }
        now.socket().sendUrgentData(octet);
        return true;
    }

    @Override
    public void outOfBandInline(boolean on) throws SocketException {
        SocketChannel now = routed.behind();
        if (now instanceof StreamFace lastack) {
            lastack.outOfBandInline(on);
        } else {
            now.socket().setOOBInline(on);
        }
    }

    @Override
    public boolean outOfBandInline() throws SocketException {
        SocketChannel now = routed.behind();
        return now instanceof StreamFace lastack ? lastack.outOfBandInline() : now.socket().getOOBInline();
    }

    @Override
    public String toString() {
        return routed.behind().toString();
    }
}
