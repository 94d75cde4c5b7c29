package org.lastack.net;

import java.io.FileDescriptor;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketImpl;
import java.net.SocketOption;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.lastack.host.Host;

/// A [LastackSocketImpl] that [AddressRules] may send to the kernel when it is connected, or bound as a listener. On the kernel's side the work
/// is done by the adaptor of one of the kernel's channels.
final class RoutedSocketImpl extends SocketImpl {
    private static final String BROKEN = "Broken pipe";

    private final AddressRules rules;
    private final boolean server;
    private final LastackSocketImpl lastack;
    /// At most one of them is set, once, before it is used.
    private volatile @Nullable Socket kernel;
    private volatile @Nullable ServerSocket kernelServer;
    /// Options by their numbers, as they were set before the choice. Guarded by `this`.
    private final Map<Integer, Object> options = new LinkedHashMap<>();
    private @Nullable InetSocketAddress bound;

    /// @param host null: the [CurrentHost] at the time of creation
    RoutedSocketImpl(@Nullable Host host, AddressRules rules, boolean server) {
        this.rules = rules;
        this.server = server;
        this.lastack = new LastackSocketImpl(host, server);
    }

    @Override
    protected void create(boolean stream) throws IOException {
        fd = new FileDescriptor();
        lastack.create(stream);
    }

    @Override
    protected void connect(String name, int remotePort) throws IOException {
        connect(new InetSocketAddress(name, remotePort), 0);
    }

    @Override
    protected void connect(InetAddress remote, int remotePort) throws IOException {
        connect(new InetSocketAddress(remote, remotePort), 0);
    }

    @Override
    protected void connect(SocketAddress remote, int millis) throws IOException {
        if (!(remote instanceof InetSocketAddress peer) || peer.isUnresolved() || rules.destination(peer) == AddressRules.Side.LASTACK) {
            lastack.connect(remote, millis);
            copyNames();
            return;
        }
        Socket made = KernelProvider.required().openSocketChannel().socket();
        synchronized (this) {
            for (Map.Entry<Integer, Object> each : options.entrySet()) {
                set(made, each.getKey(), each.getValue());
            }
            if (bound != null) {
                made.bind(bound);
            }
            kernel = made;
        }
        lastack.close();
        try {
            made.connect(peer, millis);
        } catch (IOException e) {
            made.close();
            throw e;
        }
        kernelNames(made);
        address = peer.getAddress();
    }

    private void copyNames() {
        address = lastack.remoteAddress();
        port = lastack.remotePort();
        localport = lastack.ownPort();
    }

    private void kernelNames(Socket socket) {
        address = socket.getInetAddress();
        port = socket.getPort();
        localport = socket.getLocalPort();
    }

    @Override
    protected void bind(InetAddress local, int localPort) throws IOException {
        InetSocketAddress name = new InetSocketAddress(local, localPort);
        if (server && rules.binding(name) == AddressRules.Side.KERNEL) {
            ServerSocketChannel made = KernelProvider.required().openServerSocketChannel();
            synchronized (this) {
                for (Map.Entry<Integer, Object> each : options.entrySet()) {
                    set(made.socket(), each.getKey(), each.getValue());
                }
                bound = name; // listened on when the backlog is known
                kernelServer = made.socket();
            }
            lastack.close();
            return;
        }
        lastack.bind(local, localPort);
        localport = lastack.ownPort();
        address = local;
        synchronized (this) {
            bound = localPort == 0 ? new InetSocketAddress(local, localport) : name;
        }
    }

    @Override
    protected void listen(int backlog) throws IOException {
        ServerSocket listener = kernelServer;
        if (listener == null) {
            lastack.listen(backlog);
            return;
        }
        InetAddress given;
        synchronized (this) {
            listener.bind(bound, backlog);
            given = bound == null ? listener.getInetAddress() : bound.getAddress();
        }
        localport = listener.getLocalPort();
        address = given;
    }

    @Override
    protected void accept(SocketImpl accepted) throws IOException {
        if (!(accepted instanceof RoutedSocketImpl child)) {
            throw new SocketException("a Lastack listener accepts into Lastack sockets, not into " + accepted.getClass().getName());
        }
        ServerSocket listener = kernelServer;
        if (listener == null) {
            lastack.accept(child.lastack);
            child.copyNames();
        } else {
            Socket made;
            try {
                made = listener.accept();
            } catch (IOException e) {
                throw translated(e, false);
            }
            child.kernel = made;
            child.kernelNames(made);
        }
        child.fd = new FileDescriptor();
    }

    @Override
    protected InputStream getInputStream() throws IOException {
        Socket k = kernel;
        return k != null ? new Input(k) : lastack.getInputStream();
    }

    @Override
    protected OutputStream getOutputStream() throws IOException {
        Socket k = kernel;
        return k != null ? new Output(k) : lastack.getOutputStream();
    }

    @Override
    protected int available() throws IOException {
        Socket k = kernel;
        return k == null ? lastack.available() : new Input(k).available();
    }

    @Override
    protected boolean supportsUrgentData() {
        return true;
    }

    @Override
    protected void sendUrgentData(int octet) throws IOException {
        Socket k = kernel;
        if (k != null) {
            try {
                k.sendUrgentData(octet);
            } catch (ClosedChannelException e) {
                throw k.isClosed() ? translated(e, false) : new IOException(BROKEN);
            }
        } else {
            lastack.sendUrgentData(octet);
        }
    }

    @Override
    protected void close() throws IOException {
        Socket k = kernel;
        ServerSocket listener = kernelServer;
        if (k != null) {
            k.close();
        } else if (listener != null) {
            listener.close();
        } else {
            lastack.close();
        }
    }

    @Override
    protected void shutdownInput() throws IOException {
        Socket k = kernel;
        if (k != null) {
            k.shutdownInput();
        } else {
            lastack.shutdownInput();
        }
    }

    @Override
    protected void shutdownOutput() throws IOException {
        Socket k = kernel;
        if (k != null) {
            k.shutdownOutput();
        } else {
            lastack.shutdownOutput();
        }
    }

    /// A channel's exceptions in the words of `java.net.Socket`, which makes of an interruption what it must.
    private static IOException translated(IOException e, boolean outputShut) {
        IOException result = switch (e) {
            case ClosedByInterruptException _ -> new InterruptedIOException("interrupted");
            case ClosedChannelException _ -> new SocketException(outputShut ? BROKEN : "Socket closed");
            case SocketException same -> same;
            case SocketTimeoutException same -> same;
            default -> new SocketException(e.getMessage());
        };
        return result == e ? e : (IOException) result.initCause(e);
    }

    private static final class Input extends InputStream {
        private final Socket socket;
        private boolean ended;

        Input(Socket socket) {
            this.socket = socket;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) > 0 ? one[0] & 0xff : -1;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            Objects.checkFromIndexSize(offset, length, bytes.length);
            if (length == 0) {
                return 0;
            }
            if (ended || socket.isInputShutdown() && !socket.isClosed()) {
                ended = true;
                return -1;
            }
            try {
                int octets = socket.isClosed() ? closed() : socket.getInputStream().read(bytes, offset, length);
                ended = octets < 0;
                return octets;
            } catch (IOException e) {
                throw translated(e, false);
            }
        }

        private static int closed() throws SocketException {
            throw new SocketException("Socket closed");
        }

        @Override
        public int available() throws IOException {
            if (socket.isClosed()) {
                return closed();
            }
            return socket.isInputShutdown() ? 0 : socket.getInputStream().available();
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    private static final class Output extends OutputStream {
        private final Socket socket;

        Output(Socket socket) {
            this.socket = socket;
        }

        @Override
        public void write(int octet) throws IOException {
            write(new byte[] {(byte) octet}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            ByteBuffer whole = ByteBuffer.wrap(bytes, offset, length);
            try {
                while (whole.hasRemaining()) {
                    socket.getChannel().write(whole);
                }
            } catch (IOException e) {
                throw translated(e, socket.isOutputShutdown() && !socket.isClosed());
            }
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    // ---- options --------------------------------------------------------------------------------------------------------------------

    @Override
    public void setOption(int id, Object value) throws SocketException {
        Socket k = kernel;
        ServerSocket listener = kernelServer;
        if (k != null) {
            set(k, id, value);
        } else if (listener != null) {
            set(listener, id, value);
        } else {
            lastack.setOption(id, value);
            synchronized (this) {
                options.put(id, value);
            }
        }
    }

    @Override
    public Object getOption(int id) throws SocketException {
        Socket k = kernel;
        ServerSocket listener = kernelServer;
        return k != null ? get(k, id) : listener != null ? get(listener, id) : lastack.getOption(id);
    }

    private static void set(Socket socket, int id, Object value) throws SocketException {
        switch (id) {
            case java.net.SocketOptions.SO_TIMEOUT -> socket.setSoTimeout((Integer) value);
            case java.net.SocketOptions.SO_OOBINLINE -> socket.setOOBInline((Boolean) value);
            default -> setNamed(socket.getChannel(), id, value);
        }
    }

    private static void set(ServerSocket socket, int id, Object value) throws SocketException {
        if (id == java.net.SocketOptions.SO_TIMEOUT) {
            socket.setSoTimeout((Integer) value);
        } else {
            setNamed(socket.getChannel(), id, value);
        }
    }

    @SuppressWarnings("unchecked") // Socket gives values of the option's own type
    private static void setNamed(java.nio.channels.NetworkChannel channel, int id, Object value) throws SocketException {
        SocketOption<?> name = named(id);
        Object proper = name == java.net.StandardSocketOptions.SO_LINGER && value instanceof Boolean ? Integer.valueOf(-1) : value;
        if (channel.supportedOptions().contains(name)) {
            Adaptors.set(channel, (SocketOption<Object>) name, proper);
        }
    }

    private static SocketOption<?> named(int id) throws SocketException {
        SocketOption<?> name = LastackSocketImpl.name(id);
        if (name == null) {
            throw new SocketException("Unknown option " + id);
        }
        return name;
    }

    private static Object get(Socket socket, int id) throws SocketException {
        return switch (id) {
            case java.net.SocketOptions.SO_TIMEOUT -> socket.getSoTimeout();
            case java.net.SocketOptions.SO_OOBINLINE -> socket.getOOBInline();
            case java.net.SocketOptions.SO_BINDADDR -> socket.getLocalAddress();
            default -> Adaptors.get(socket.getChannel(), named(id));
        };
    }

    private static Object get(ServerSocket socket, int id) throws SocketException {
        try {
            return switch (id) {
                case java.net.SocketOptions.SO_TIMEOUT -> socket.getSoTimeout();
                case java.net.SocketOptions.SO_BINDADDR -> socket.getInetAddress();
                default -> Adaptors.get(socket.getChannel(), named(id));
            };
        } catch (IOException e) {
            throw Adaptors.socketException(e);
        }
    }

    @Override
    protected <T> void setOption(SocketOption<T> name, T value) throws IOException {
        Socket k = kernel;
        ServerSocket listener = kernelServer;
        if (k != null) {
            k.setOption(name, value);
        } else if (listener != null) {
            listener.setOption(name, value);
        } else {
            lastack.setOption(name, value);
        }
    }

    @Override
    protected <T> T getOption(SocketOption<T> name) throws IOException {
        Socket k = kernel;
        ServerSocket listener = kernelServer;
        return k != null ? k.getOption(name) : listener != null ? listener.getOption(name) : lastack.getOption(name);
    }

    @Override
    protected Set<SocketOption<?>> supportedOptions() {
        Socket k = kernel;
        ServerSocket listener = kernelServer;
        return k != null ? k.supportedOptions() : listener != null ? listener.supportedOptions() : lastack.supportedOptions();
    }
}
