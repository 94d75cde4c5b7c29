package org.lastack.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.SelectorProvider;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import javax.net.SocketFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.lastack.core.tcp.TcpInfo;
import org.lastack.host.Host;

/// The pieces of code in the module's Javadoc stand here too, letter by letter, and run.
@Timeout(value = 30, unit = TimeUnit.SECONDS)
class SnippetsTest {
    private static final List<String> ENTRY_POINTS = List.of("AddressRules", "CurrentHost", "HostNames", "LastackNetwork", "LastackSelectorProvider",
            "LastackServerSocketFactory", "LastackSocketFactory", "LastackSocketOptions", "LastackSockets");

    private final AtomicReference<Host> startedOn = new AtomicReference<>();

    private static Path module() {
        Path here = Path.of("").toAbsolutePath();
        return here.endsWith("lastack-net") ? here : here.resolve("lastack-net");
    }

    private static String stripped(Stream<String> lines) {
        return String.join("\n", lines.map(String::strip).toList());
    }

    @Test
    void everyEntryPointHasASnippetAndItStandsHere() throws Exception {
        String here = stripped(Files.readAllLines(module().resolve("src/test/java/org/lastack/net/SnippetsTest.java")).stream());
        for (String each : ENTRY_POINTS) {
            List<String> snippet = new ArrayList<>();
            boolean inside = false;
            for (String line : Files.readAllLines(module().resolve("src/main/java/org/lastack/net/" + each + ".java"))) {
                if (line.strip().startsWith("/// ```")) {
                    inside = line.strip().equals("/// ```java");
                } else if (inside) {
                    snippet.add(line.strip().substring("///".length()));
                }
            }
            assertThat(snippet).as(each).isNotEmpty();
            assertThat(here).as(each).contains(stripped(snippet.stream()));
        }
    }

    private void startServer() {
        startedOn.set(CurrentHost.get());
    }

    @Test
    void networkAndHosts() throws Exception {
        try (LastackNetwork network = LastackNetwork.inMemory("client", "server")) {
            Host server = network.host("server");                                    // 10.0.0.2 and fd00::2
            ServerSocketChannel listener = LastackSelectorProvider.of(server).openServerSocketChannel().bind(new InetSocketAddress(80));
            SocketChannel channel = LastackSelectorProvider.of(network.host("client")).openSocketChannel();
            channel.connect(new InetSocketAddress(network.address("server"), 80));
        }
        HostNames.add("db.test", "10.0.0.2");
        List<InetAddress> known = HostNames.addresses("db.test");
        assertThat(known).extracting(InetAddress::getHostAddress).containsExactly("10.0.0.2");
        HostNames.remove("db.test", "10.0.0.2");
    }

    @Test
    void providersAndFactories() throws Exception {
        try (Host host = Host.builder().build()) {
            providers(host);
            ServerSocket listener = LastackServerSocketFactory.of(host).createServerSocket(7);
            int port = listener.getLocalPort();
            SocketFactory factory = LastackSocketFactory.of(host);   // OkHttp: new OkHttpClient.Builder().socketFactory(factory)
            Socket socket = factory.createSocket("127.0.0.1", port);
            assertThat(listener.accept().getPort()).isEqualTo(socket.getLocalPort());
            CurrentHost.run(host, () -> startServer());     // its event loops are on `host` too
            assertThat(startedOn.get()).isSameAs(host);
        }
    }

    private static void providers(Host host) throws IOException {
        SelectorProvider provider = LastackSelectorProvider.of(host);
        ServerSocketChannel server = provider.openServerSocketChannel().bind(new InetSocketAddress(8080));
        // Netty 4.2: new MultiThreadIoEventLoopGroup(NioIoHandler.newFactory(provider)), () -> new NioServerSocketChannel(provider)
        SocketChannel channel = provider.openSocketChannel();
        channel.connect(server.getLocalAddress());
        TcpInfo info = channel.getOption(LastackSocketOptions.TCP_INFO);
        assertThat(info).isNotNull();
        withRules(host);
    }

    private static void withRules(Host host) throws IOException {
        AddressRules rules = AddressRules.parse("kernel 192.0.2.10:5432; bind kernel 127.0.0.0/8");
        SelectorProvider provider = LastackSelectorProvider.of(host, rules);
        ServerSocketChannel ofKernel = provider.openServerSocketChannel().bind(new InetSocketAddress("127.0.0.1", 0));
        try (Socket client = new Socket(InetAddress.getLoopbackAddress(), Net.port(ofKernel))) {
            assertThat(client.isConnected()).isTrue();
        }
        ofKernel.close();
    }

    /// Compiled only: it is for good, for the whole JVM.
    static void install(Host host) throws IOException {
        CurrentHost.setDefault(host);
        LastackSockets.install();
    }
}
