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
import java.util.LinkedHashMap;
import java.util.Map;
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
    private final SwitchSource source;
    /// Written under `blockingLock`.
    private volatile SocketChannel behind;
    /// Null while Lastack is behind. Written before `behind`.
    private volatile @Nullable KernelSource kernel;
    /// What the user has set, for the change of stacks; both guarded by `blockingLock`.
    private final Map<SocketOption<?>, Object> options = new LinkedHashMap<>(0);
    private @Nullable SocketAddress bound;
    /// Guarded by `blockingLock`.
    private @Nullable SocketAdaptor adaptor;

    /// A channel that may become either.
    RoutedChannel(LastackSelectorProvider provider, TcpChannel begin, AddressRules rules, @Nullable ProtocolFamily family) {
        super(provider);
        this.rules = rules;
        this.family = family;
        this.behind = begin;
        this.source = new SwitchSource(begin.source());
    }

    /// A channel of the kernel for good.
    RoutedChannel(LastackSelectorProvider provider, SocketChannel ofKernel) {
        super(provider);
        this.rules = null;
        this.family = null;
        KernelSource here = new KernelSource(ofKernel);
        this.kernel = here;
        this.behind = ofKernel;
        this.source = new SwitchSource(here);
    }

    // ---- the choice -----------------------------------------------------------------------------------------------------------------

    private void choose(@Nullable SocketAddress destination) throws IOException {
        AddressRules chooser = rules;
        SocketChannel now = behind;
        boolean open = kernel == null && isOpen() && !now.isConnected() && !now.isConnectionPending();
        if (open && chooser != null && destination instanceof InetSocketAddress address && !address.isUnresolved()
                && chooser.destination(address) == AddressRules.Side.KERNEL) {
            synchronized (blockingLock()) {
                if (behind == now) {
                    becomeKernel();
                }
            }
        }
    }

    /// Under `blockingLock`.
    private void becomeKernel() throws IOException {
        SocketChannel before = behind;
        SocketChannel next = family == null ? KernelProvider.required().openSocketChannel() : KernelProvider.required().openSocketChannel(family);
        try {
            for (Map.Entry<SocketOption<?>, Object> each : options.entrySet()) {
                if (next.supportedOptions().contains(each.getKey())) {
                    copy(next, each.getKey(), each.getValue());
                }
            }
            if (bound != null) {
                next.bind(bound);
            }
            next.configureBlocking(isBlocking());
        } catch (IOException e) {
            next.close();
            throw e;
        }
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
    private static <T> void copy(SocketChannel to, SocketOption<T> name, Object value) throws IOException {
        to.setOption(name, (T) value);
    }

    /// After each call that may have closed the channel behind.
    private void follow(SocketChannel used) throws IOException {
        if (!used.isOpen() && used == behind) {
            close();
        }
    }

    private void used(int pollBits) {
        KernelSource here = kernel;
        if (here != null) {
            here.used(pollBits);
        }
    }

    private void stateChanged() {
        KernelSource here = kernel;
        if (here != null) {
            here.stateChanged();
        }
    }

    // ---- as SocketChannel says ------------------------------------------------------------------------------------------------------

    @Override
    public SocketChannel bind(@Nullable SocketAddress local) throws IOException {
        synchronized (blockingLock()) {
            behind.bind(local);
            bound = local == null ? new InetSocketAddress(0) : local;
            if (bound instanceof InetSocketAddress name && name.getPort() == 0 && behind.getLocalAddress() instanceof InetSocketAddress got) {
                // The port that was promised is asked for again if the stack changes.
                bound = name.getAddress() == null ? got : new InetSocketAddress(name.getAddress(), got.getPort());
            }
        }
        return this;
    }

    @Override
    public boolean connect(SocketAddress remote) throws IOException {
        choose(remote);
        SocketChannel now = behind;
        try {
            return now.connect(remote);
        } finally {
            stateChanged();
            follow(now);
        }
    }

    @Override
    public void connect(SocketAddress remote, long timeoutNs) throws IOException {
        choose(remote);
        SocketChannel now = behind;
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
        SocketChannel now = behind;
        try {
            return now.finishConnect();
        } finally {
            stateChanged();
            follow(now);
        }
    }

    @Override
    public int read(ByteBuffer target) throws IOException {
        SocketChannel now = behind;
        try {
            return now.read(target);
        } finally {
            used(InetSocket.POLLIN);
            follow(now);
        }
    }

    @Override
    public long read(ByteBuffer[] targets, int offset, int length) throws IOException {
        SocketChannel now = behind;
        try {
            return now.read(targets, offset, length);
        } finally {
            used(InetSocket.POLLIN);
            follow(now);
        }
    }

    @Override
    public int write(ByteBuffer from) throws IOException {
        SocketChannel now = behind;
        try {
            return now.write(from);
        } finally {
            used(InetSocket.POLLOUT);
            follow(now);
        }
    }

    @Override
    public long write(ByteBuffer[] from, int offset, int length) throws IOException {
        SocketChannel now = behind;
        try {
            return now.write(from, offset, length);
        } finally {
            used(InetSocket.POLLOUT);
            follow(now);
        }
    }

    @Override
    public SocketChannel shutdownInput() throws IOException {
        behind.shutdownInput();
        stateChanged();
        return this;
    }

    @Override
    public SocketChannel shutdownOutput() throws IOException {
        behind.shutdownOutput();
        stateChanged();
        return this;
    }

    @Override
    public Socket socket() {
        if (kernel != null) {
            behind.socket(); // refuses UNIX domain sockets
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
        return behind.isConnected();
    }

    @Override
    public boolean isConnectionPending() {
        return behind.isConnectionPending();
    }

    @Override
    public @Nullable SocketAddress getLocalAddress() throws IOException {
        return behind.getLocalAddress();
    }

    @Override
    public @Nullable SocketAddress getRemoteAddress() throws IOException {
        return behind.getRemoteAddress();
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
    public <T> SocketChannel setOption(SocketOption<T> name, T value) throws IOException {
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

    // ---- for selectors and the adaptor ----------------------------------------------------------------------------------------------

    @Override
    public ReadySource source() {
        return source;
    }

    /// The same for both stacks, so that it stays right when the stack changes.
    @Override
    public int pollBits(int interestOps) {
        return ((interestOps & SelectionKey.OP_READ) != 0 ? InetSocket.POLLIN : 0)
                | ((interestOps & (SelectionKey.OP_WRITE | SelectionKey.OP_CONNECT)) != 0 ? InetSocket.POLLOUT : 0);
    }

    @Override
    public int readyOps(int mask, int interestOps) {
        SocketChannel now = behind;
        if (now instanceof SelectableSource lastack) {
            return lastack.readyOps(mask, interestOps);
        }
        int out = now.isConnectionPending() ? SelectionKey.OP_CONNECT : SelectionKey.OP_WRITE;
        return interestOps & (((mask & InetSocket.POLLIN) != 0 ? SelectionKey.OP_READ : 0) | ((mask & InetSocket.POLLOUT) != 0 ? out : 0));
    }

    @Override
    public @Nullable InetSocketAddress localName() {
        SocketChannel now = behind;
        return (InetSocketAddress) (now instanceof StreamFace lastack ? lastack.localName() : now.socket().getLocalSocketAddress());
    }

    @Override
    public @Nullable InetSocketAddress remoteName() {
        SocketChannel now = behind;
        return (InetSocketAddress) (now instanceof StreamFace lastack ? lastack.remoteName() : now.socket().getRemoteSocketAddress());
    }

    @Override
    public boolean inputShut() {
        SocketChannel now = behind;
        return now instanceof StreamFace lastack ? lastack.inputShut() : now.socket().isInputShutdown();
    }

    @Override
    public boolean outputShut() {
        SocketChannel now = behind;
        return now instanceof StreamFace lastack ? lastack.outputShut() : now.socket().isOutputShutdown();
    }

    @Override
    public int readTimed(byte[] bytes, int offset, int length, long timeoutNs) throws IOException {
        SocketChannel now = behind;
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
        SocketChannel now = behind;
        return now instanceof StreamFace lastack ? lastack.available() : inputShut() ? 0 : input(now).available();
    }

    @Override
    public void writeFully(byte[] bytes, int offset, int length) throws IOException {
        SocketChannel now = behind;
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
        SocketChannel now = behind;
        if (now instanceof StreamFace lastack) {
            return lastack.sendUrgent(octet);
        }
        now.socket().sendUrgentData(octet);
        return true;
    }

    @Override
    public void outOfBandInline(boolean on) throws SocketException {
        SocketChannel now = behind;
        if (now instanceof StreamFace lastack) {
            lastack.outOfBandInline(on);
        } else {
            now.socket().setOOBInline(on);
        }
    }

    @Override
    public boolean outOfBandInline() throws SocketException {
        SocketChannel now = behind;
        return now instanceof StreamFace lastack ? lastack.outOfBandInline() : now.socket().getOOBInline();
    }

    @Override
    public String toString() {
        return behind.toString();
    }
}
