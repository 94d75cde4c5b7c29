package org.lastack.javalibs;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpChunkedInput;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.stream.ChunkedStream;
import io.netty.handler.stream.ChunkedWriteHandler;
import java.nio.channels.spi.SelectorProvider;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.alpn.server.ALPNServerConnectionFactory;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http2.server.HTTP2ServerConnectionFactory;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.SecureRequestCustomizer;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.lastack.net.LastackSelectorProvider;

/// Servers of HTTPS on Lastack, asked by the kernel's curl.
final class TlsServers {
    private TlsServers() {}

    /// `curl -k` fetches the body and `sha256sum` looks at it.
    ///
    /// @param httpVersion that must have been spoken, in curl's words
    private static void fetch(String curlOption, String httpVersion, int port, long octets) throws Exception {
        Programs.need("curl");
        Programs.need("sha256sum");
        String url = "https://" + KernelNet.LASTACK + ":" + port + "/";
        String printed = Programs.run("sh", "-c", "curl -k -sS " + curlOption + " --max-time 150 -o - -w '%{stderr}%{http_code} %{http_version} %{size_download}\\n' " + url + " | sha256sum");
        Stage.expect(printed.contains("200 " + httpVersion + " " + octets + "\n"), printed);
        Stage.expect(printed.contains(PatternStream.sha256(octets)), "the body has arrived changed: " + printed);
    }

    private static final class Body extends SimpleChannelInboundHandler<HttpRequest> {
        private final long octets;

        Body(long octets) {
            this.octets = octets;
        }

        @Override
        protected void channelRead0(ChannelHandlerContext context, HttpRequest request) {
            DefaultHttpResponse answer = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
            answer.headers().set(HttpHeaderNames.CONTENT_LENGTH, octets);
            context.write(answer);
            context.writeAndFlush(new HttpChunkedInput(new ChunkedStream(new PatternStream(octets), 1 << 16))).addListener(ChannelFutureListener.CLOSE);
        }
    }

    static void netty(KernelNet net, long octets) throws Exception {
        Tls tls = Tls.of(KernelNet.LASTACK);
        SslContext secure = SslContextBuilder.forServer(tls.key(), tls.certificate()).sslProvider(SslProvider.JDK).protocols("TLSv1.3").build();
        SelectorProvider provider = LastackSelectorProvider.of(net.host);
        EventLoopGroup loops = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory(provider));
        try {
            new ServerBootstrap().group(loops).channelFactory(() -> new NioServerSocketChannel(provider)).childHandler(new ChannelInitializer<Channel>() {
                @Override
                protected void initChannel(Channel channel) {
                    channel.pipeline().addLast(secure.newHandler(channel.alloc()), new HttpServerCodec(), new ChunkedWriteHandler(), new Body(octets));
                }
            }).bind(8443).sync();
            fetch("--tlsv1.3", "1.1", 8443, octets);
        } finally {
            loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).sync();
        }
    }

    static void jetty(long octets) throws Exception {
        Server server = new Server();
        HttpConfiguration https = new HttpConfiguration();
        // The certificate has an address for its name, and curl sends no name for an address.
        https.addCustomizer(new SecureRequestCustomizer(false));
        SslContextFactory.Server tls = new SslContextFactory.Server();
        tls.setKeyStore(Tls.of(KernelNet.LASTACK).keys());
        tls.setKeyStorePassword(Tls.PASSWORD);
        ALPNServerConnectionFactory alpn = new ALPNServerConnectionFactory();
        alpn.setDefaultProtocol("http/1.1");
        ServerConnector connector = new ServerConnector(server, new SslConnectionFactory(tls, alpn.getProtocol()), alpn, new HTTP2ServerConnectionFactory(https),
                new HttpConnectionFactory(https));
        connector.setPort(9443);
        server.addConnector(connector);
        server.setHandler(new Handler.Abstract() {
            @Override
            public boolean handle(Request request, Response response, Callback callback) {
                response.getHeaders().put(HttpHeader.CONTENT_LENGTH, octets);
                Content.copy(Content.Source.from(new PatternStream(octets)), response, callback);
                return true;
            }
        });
        server.start();
        try {
            fetch("--http2", "2", 9443, octets);
            fetch("--http1.1", "1.1", 9443, octets);
        } finally {
            server.stop();
        }
    }
}
