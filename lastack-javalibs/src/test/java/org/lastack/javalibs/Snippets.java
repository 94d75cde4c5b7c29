package org.lastack.javalibs;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.SelectorProvider;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.Properties;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import okhttp3.OkHttpClient;
import org.lastack.host.Host;
import org.lastack.net.CurrentHost;
import org.lastack.net.LastackNetwork;
import org.lastack.net.LastackSelectorProvider;
import org.lastack.net.LastackSocketFactory;

/// The Java of docs/java.md, so that it compiles: what stands between `snippet` and `end` stands there too (SnippetsTest).
final class Snippets {
    private Snippets() {}

    static void twoHosts() throws Exception {
        // snippet
        try (LastackNetwork network = LastackNetwork.inMemory("client", "server")) {       // 10.0.0.1 and 10.0.0.2
            ServerSocketChannel listener = LastackSelectorProvider.of(network.host("server")).openServerSocketChannel();
            listener.bind(new InetSocketAddress(7));
            SocketChannel channel = LastackSelectorProvider.of(network.host("client")).openSocketChannel();
            channel.connect(new InetSocketAddress("10.0.0.2", 7));
        }
        // end
    }

    static ServerBootstrap netty(Host host) {
        // snippet
        SelectorProvider provider = LastackSelectorProvider.of(host);
        EventLoopGroup loops = new MultiThreadIoEventLoopGroup(NioIoHandler.newFactory(provider));
        ServerBootstrap server = new ServerBootstrap().group(loops).channelFactory(() -> new NioServerSocketChannel(provider));
        Bootstrap client = new Bootstrap().group(loops).channelFactory(() -> new NioSocketChannel(provider));
        // end
        return client.config().group() == server.config().group() ? server : null;
    }

    static Connection postgres(Host host) throws Exception {
        // snippet
        Properties settings = new Properties();
        settings.put("user", "postgres");
        settings.put("socketFactory", "org.lastack.net.LastackSocketFactory");             // on the current host
        Connection connection = CurrentHost.call(host, () -> DriverManager.getConnection("jdbc:postgresql://10.0.0.1/postgres", settings));
        // end
        return connection;
    }

    static SSLSocket factories(Host host) throws IOException {
        // snippet
        OkHttpClient client = new OkHttpClient.Builder().socketFactory(LastackSocketFactory.of(host)).build();
        Socket plain = LastackSocketFactory.of(host).createSocket("10.0.0.1", 443);
        SSLSocket secure = (SSLSocket) ((SSLSocketFactory) SSLSocketFactory.getDefault()).createSocket(plain, "10.0.0.1", 443, true);
        // end
        return client.pingIntervalMillis() == 0 ? secure : null;
    }
}
