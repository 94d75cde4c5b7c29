package org.lastack.net;

import java.io.IOException;
import java.net.ProtocolFamily;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.nio.channels.DatagramChannel;
import java.nio.channels.Pipe;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.AbstractSelector;
import java.nio.channels.spi.SelectorProvider;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.Owner;
import org.lastack.host.Driver;
import org.lastack.host.Host;
import org.lastack.host.RealDriver;

/// Channels and selectors on Lastack, for everything that takes a [SelectorProvider].
///
/// ```java
/// SelectorProvider provider = LastackSelectorProvider.of(host);
/// ServerSocketChannel server = provider.openServerSocketChannel().bind(new InetSocketAddress(8080));
/// // Netty 4.2: new MultiThreadIoEventLoopGroup(NioIoHandler.newFactory(provider)), () -> new NioServerSocketChannel(provider)
/// ```
///
/// [#of] binds to one host. The public constructor makes the provider for `-Djava.nio.channels.spi.SelectorProvider=` and for the service
/// registration of module `org.lastack.net.global`: its channels belong to the [CurrentHost] of the thread that opens them. A selector takes
/// channels of every host and every provider of this class, and refuses foreign ones with `IllegalSelectorException`.
///
/// The channels do what `java.nio.channels` specifies. A blocking call runs the stack in the calling thread and parks it when it must wait;
/// virtual threads do not pin their carrier. Multicast groups cannot be joined (`UnsupportedOperationException`). Channels of both families
/// speak IPv4 too, as the JDK's do. UNIX domain channels are the kernel's. Where this provider is the JVM's own, the kernel's sockets can be had
/// only if the JVM was started with `--add-exports java.base/sun.nio.ch=org.lastack.net` (`ALL-UNNAMED` on the class path). Thread-safe.
public final class LastackSelectorProvider extends SelectorProvider {
    private static final String PROGRAM = "java";
    private static final Owner OWNER = new Owner(0, ProcessHandle.current().pid(), PROGRAM);

    private final @Nullable Host host;
    private final @Nullable AddressRules rules;

    /// For the JVM's look-up: channels belong to the [CurrentHost], or to the kernel if [AddressRules#configured] say so of their destination.
    ///
    /// @throws IllegalArgumentException if there are such rules and they cannot be understood
    public LastackSelectorProvider() {
        this(null, AddressRules.configured());
    }

    private LastackSelectorProvider(@Nullable Host host, @Nullable AddressRules rules) {
        this.host = host;
        this.rules = rules;
    }

    /// A provider whose channels belong to this host.
    public static LastackSelectorProvider of(Host host) {
        return new LastackSelectorProvider(Objects.requireNonNull(host), null);
    }

    /// A provider whose channels belong to this host or to the kernel, each as the rules say of its destination. A channel is one of the host
    /// until it is connected or bound; both kinds work with one selector. The kernel's side of selectors is served by one thread of the JVM.
    public static LastackSelectorProvider of(Host host, AddressRules rules) {
        return new LastackSelectorProvider(Objects.requireNonNull(host), Objects.requireNonNull(rules));
    }

    static Owner owner() {
        return OWNER;
    }

    /// @throws SocketException if the thread has no host, or its host is closed
    Host hostForChannel() throws SocketException {
        Host here = host != null ? host : CurrentHost.get();
        if (here == null) {
            throw new SocketException("no Lastack host for this thread: see CurrentHost.run and CurrentHost.setDefault");
        }
        if (here.closed()) {
            throw new SocketException("host " + here.name() + " is closed");
        }
        return here;
    }

    private Driver driver() {
        Host here = host != null ? host : CurrentHost.get();
        return here != null ? here.driver() : new RealDriver();
    }

    static int domain(ProtocolFamily family) {
        Objects.requireNonNull(family, "family");
        if (family == StandardProtocolFamily.INET) {
            return InetSocket.AF_INET;
        }
        if (family == StandardProtocolFamily.INET6) {
            return InetSocket.AF_INET6;
        }
        throw new UnsupportedOperationException("Protocol family not supported");
    }

    @Override
    public DatagramChannel openDatagramChannel() throws IOException {
        return new UdpChannel(this, hostForChannel(), InetSocket.AF_INET6);
    }

    @Override
    public DatagramChannel openDatagramChannel(ProtocolFamily family) throws IOException {
        int domain = domain(family);
        return new UdpChannel(this, hostForChannel(), domain);
    }

    /// A pipe between threads of this process; it belongs to no host and works with selectors of this class.
    @Override
    public Pipe openPipe() throws IOException {
        return new MemoryPipe(this);
    }

    @Override
    public AbstractSelector openSelector() throws IOException {
        return new ReadySelector(this, driver());
    }

    @Override
    public ServerSocketChannel openServerSocketChannel() throws IOException {
        return server(InetSocket.AF_INET6, null);
    }

    @Override
    public ServerSocketChannel openServerSocketChannel(ProtocolFamily family) throws IOException {
        if (family == StandardProtocolFamily.UNIX && KernelProvider.orNull() != null) {
            return new RoutedServerChannel(this, KernelProvider.required().openServerSocketChannel(family));
        }
        return server(domain(family), family);
    }

    private ServerSocketChannel server(int domain, @Nullable ProtocolFamily family) throws IOException {
        TcpServerChannel made = new TcpServerChannel(this, hostForChannel(), domain);
        return rules == null ? made : new RoutedServerChannel(this, made, rules, family);
    }

    @Override
    public SocketChannel openSocketChannel() throws IOException {
        return stream(InetSocket.AF_INET6, null);
    }

    @Override
    public SocketChannel openSocketChannel(ProtocolFamily family) throws IOException {
        if (family == StandardProtocolFamily.UNIX && KernelProvider.orNull() != null) {
            return new RoutedChannel(this, KernelProvider.required().openSocketChannel(family));
        }
        return stream(domain(family), family);
    }

    private SocketChannel stream(int domain, @Nullable ProtocolFamily family) throws IOException {
        TcpChannel made = new TcpChannel(this, hostForChannel(), domain);
        return rules == null ? made : new RoutedChannel(this, made, rules, family);
    }

    @Override
    public String toString() {
        return "LastackSelectorProvider[" + (host == null ? "current host" : host.name()) + "]";
    }
}
