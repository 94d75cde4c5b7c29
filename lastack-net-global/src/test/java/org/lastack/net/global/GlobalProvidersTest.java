package org.lastack.net.global;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.SelectorProvider;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.lastack.net.CurrentHost;
import org.lastack.net.HostNames;
import org.lastack.net.LastackNetwork;

/// With the module on the path `XxxChannel.open()` and names of the JDK lead to Lastack. The tests run without the flag for hybrid mode.
@Timeout(value = 30, unit = TimeUnit.SECONDS)
class GlobalProvidersTest {
    @Test
    void openOfTheJdkOpensOnTheCurrentHost() throws Exception {
        assertThat(SelectorProvider.provider()).isInstanceOf(GlobalSelectorProvider.class);
        try (LastackNetwork network = LastackNetwork.inMemory("client-host", "server-host")) {
            CurrentHost.call(network.host("server-host"), () -> {
                ServerSocketChannel listener = ServerSocketChannel.open().bind(new InetSocketAddress(80));
                Thread.ofPlatform().start(() -> {
                    try (SocketChannel accepted = listener.accept()) {
                        accepted.write(ByteBuffer.wrap(new byte[] {42}));
                    } catch (java.io.IOException e) {
                        throw new java.io.UncheckedIOException(e);
                    }
                });
                return null;
            });
            byte received = CurrentHost.call(network.host("client-host"), () -> {
                try (SocketChannel channel = SocketChannel.open(new InetSocketAddress("server-host", 80)); Selector selector = Selector.open()) {
                    channel.configureBlocking(false);
                    channel.register(selector, java.nio.channels.SelectionKey.OP_READ);
                    selector.select();
                    ByteBuffer in = ByteBuffer.allocate(1);
                    channel.read(in);
                    return in.get(0);
                }
            });
            assertThat(received).isEqualTo((byte) 42);
        }
    }

    @Test
    void withoutHostAndWithoutTheFlagItSaysWhatIsMissing() {
        assertThatThrownBy(SocketChannel::open).isInstanceOf(SocketException.class).hasMessageContaining("CurrentHost").hasMessageContaining("--add-exports");
        assertThat(new GlobalSelectorProvider().hybrid()).isFalse();
    }

    @Test
    void namesForwardAndReverse() throws Exception {
        HostNames.add("Names.test", "10.9.8.7");
        HostNames.add("names.test", "fd00::77");
        try {
            assertThat(InetAddress.getAllByName("names.TEST")).extracting(InetAddress::getHostAddress).containsExactlyInAnyOrder("10.9.8.7", "fd00:0:0:0:0:0:0:77");
            assertThat(InetAddress.getByAddress(new byte[] {10, 9, 8, 7}).getHostName()).isEqualTo("names.test");
        } finally {
            HostNames.remove("names.test", "10.9.8.7");
            HostNames.remove("names.test", "fd00::77");
        }
        assertThat(HostNames.addresses("names.test")).isEmpty();
    }
}
