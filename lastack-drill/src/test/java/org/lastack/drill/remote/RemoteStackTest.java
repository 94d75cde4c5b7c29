package org.lastack.drill.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lastack.core.Errno;
import org.lastack.drill.DrillOptions;
import org.lastack.drill.DrillResult;
import org.lastack.drill.DrillRunner;
import org.lastack.drill.IpMode;
import org.lastack.drill.ScriptFiles;
import org.lastack.drill.stack.Endpoint;
import org.lastack.drill.stack.Reply;
import org.lastack.drill.stack.Request;
import org.lastack.drill.stack.VirtualHost;
import org.lastack.wire.IpAddress;
import org.lastack.wire.Packets;

class RemoteStackTest {
    @TempDir
    Path directory;

    private Path socket;
    private RemoteServer server;
    private Thread thread;
    private final List<String> log = new CopyOnWriteArrayList<>();

    @BeforeEach
    void serve() throws IOException {
        socket = directory.resolve("stack");
        server = RemoteServer.bind(socket, log::add);
        thread = Thread.ofPlatform().start(() -> {
            try {
                server.run();
            } catch (IOException e) {
                log.add("server: " + e);
            }
        });
    }

    @AfterEach
    void stop() throws Exception {
        server.close();
        thread.join();
    }

    @Test
    void everyScriptRunsOverTheSocketAsItRunsInThisProcess() throws IOException {
        List<String> differences = new ArrayList<>();
        int compared = 0;
        for (Path each : ScriptFiles.all()) {
            String text = ScriptFiles.text(each);
            String name = ScriptFiles.name(each);
            IpMode mode = DrillRunner.modes(name, text).getFirst();
            DrillOptions options = DrillOptions.DEFAULT.withMode(mode);
            DrillResult local = DrillRunner.run(name, text, options, DrillRunner.inProcess(options));
            DrillResult remote = DrillRunner.run(name, text, options,
                    settings -> RemoteStack.connect(socket, "local=" + settings.local() + ",mtu=" + settings.mtu() + ",seed=" + options.seed()));
            if (remote.outcome() == DrillResult.Outcome.SKIPPED) {
                // Route metrics are not part of the protocol.
                assertThat(text).containsPattern("ip (route|link)");
                continue;
            }
            compared++;
            if (!remote.message().equals(local.message()) || !masked(remote).equals(masked(local))) {
                differences.add(local.report() + "\nREMOTE\n" + remote.report());
            }
        }
        assertThat(differences).isEmpty();
        assertThat(compared).isGreaterThan(200);
        assertThat(log).isEmpty();
    }

    /// Timestamps are raw in a trace, and the protocol's clock moves with each NOW.
    private static String masked(DrillResult result) {
        return String.join("\n", result.trace()).replaceAll("(TS val|ecr) \\d+", "$1 N");
    }

    @Test
    void aBlockedCallIsAnsweredBeforeTheRequestThatEndsIt() throws IOException {
        try (RemoteStack stack = RemoteStack.connect(socket, "local=192.168.0.1")) {
            int handle = stack.call(new Request.Socket(2, 2, 17)).result();
            assertThat(stack.call(new Request.Bind(handle, new Endpoint(4, 8080, IpAddress.of("192.168.0.1")))).result()).isZero();
            List<String> order = new ArrayList<>();
            stack.submit(2, new Request.Receive(handle, 100, 0, Request.How.PLAIN, false, 0), reply -> order.add("received " + reply.result()));
            byte[] datagram = Packets.udp(IpAddress.of("192.0.2.1"), 9, IpAddress.of("192.168.0.1"), 8080).payload(7).build();
            stack.submit(1, new Request.PacketIn(datagram, 0), reply -> order.add("injected"));
            assertThat(order).containsExactly("received 7", "injected");
        }
    }

    @Test
    void timeMovesOnlyWhenToldAndAMicrosecondPerNow() throws IOException {
        try (RemoteStack stack = RemoteStack.connect(socket, "")) {
            long first = stack.call(new Request.Now()).timeUs();
            assertThat(stack.call(new Request.Now()).timeUs()).isEqualTo(first + 1);
            assertThat(stack.call(new Request.Sleep(1_000_000)).timeUs()).isEqualTo(first + 1_000_001);
            assertThat(stack.call(new Request.PacketOut(100, Long.MAX_VALUE)).result()).isZero();
            assertThat(stack.call(new Request.Now()).timeUs()).isEqualTo(first + 1_000_002);
        }
    }

    @Test
    void aCallOfTheMainThreadThatNothingCanWakeIsADeadlock() throws IOException {
        try (RemoteStack stack = RemoteStack.connect(socket, "")) {
            int handle = stack.call(new Request.Socket(2, 2, 17)).result();
            Reply reply = stack.call(new Request.Receive(handle, 100, 0, Request.How.PLAIN, false, 0));
            assertThat(reply.errno()).isEqualTo(Errno.EDEADLK);
        }
    }

    @Test
    void aSilentClientWithABlockedCallLetsTimePass() throws Exception {
        try (RemoteStack stack = RemoteStack.connect(socket, "")) {
            long before = stack.call(new Request.Now()).timeUs();
            int handle = stack.call(new Request.Socket(2, 2, 17)).result();
            long[] returned = new long[1];
            stack.submit(2, new Request.Poll(5_000, new int[] {handle}, new int[] {1}), reply -> returned[0] = reply.timeUs());
            // The reply comes without any further request: the server notices the silence.
            stack.awaitReply();
            assertThat(returned[0]).isEqualTo(before + 5_000_000);
        }
    }

    @Test
    void configurationAndUnknownNames() throws IOException {
        try (RemoteStack stack = RemoteStack.connect(socket, "")) {
            Reply reply = stack.call(new Request.Config(List.of(new Request.Setting("net.ipv4.tcp_sack", "0"), new Request.Setting("net.ipv4.tcp_no_such_thing", "1"))));
            assertThat(reply.result()).isZero();
        }
    }

    @Test
    void operationsOnWhatIsNoDescriptor() throws IOException {
        try (RemoteStack stack = RemoteStack.connect(socket, "")) {
            assertThat(stack.call(new Request.Listen(-1, 1)).errno()).isEqualTo(Errno.EBADF);
            assertThat(stack.call(new Request.Close(77)).errno()).isEqualTo(Errno.EBADF);
            assertThat(stack.call(new Request.Socket(1, 1, 0)).errno()).isEqualTo(Errno.EAFNOSUPPORT);
            assertThat(stack.call(new Request.Socket(2, 3, 0)).errno()).isEqualTo(Errno.ESOCKTNOSUPPORT);
            assertThat(stack.call(new Request.Route(1000, 0, 0)).errno()).isEqualTo(Errno.EOPNOTSUPP);
        }
    }

    @Test
    void aClientWithoutHelloOrWithBadFlagsIsDropped() throws Exception {
        assertThatThrownBy(() -> RemoteStack.connect(socket, "local=nonsense")).isInstanceOf(IOException.class);
        try (SocketChannel raw = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            raw.connect(UnixDomainSocketAddress.of(socket));
            raw.write(ByteBuffer.wrap(new byte[] {0, 0, 0, 8, 0, 0, 0, 1, 41, 0, 0, 1}));
            assertThat(raw.read(ByteBuffer.allocate(10))).isEqualTo(-1);
        }
    }

    @Test
    void garbageCostsOneConnectionOnly() throws Exception {
        Random random = new Random(3);
        for (int i = 0; i < 60; i++) {
            try (SocketChannel raw = SocketChannel.open(StandardProtocolFamily.UNIX)) {
                raw.connect(UnixDomainSocketAddress.of(socket));
                ByteBuffer hello = new Wire.Writer().i32(1).u8(Operation.HELLO).u8(0).u16(1).u16(1).str("").message();
                raw.write(hello);
                byte[] garbage = new byte[8 + random.nextInt(60)];
                random.nextBytes(garbage);
                garbage[4] = (byte) (1 + random.nextInt(52));
                ByteBuffer message = ByteBuffer.allocate(4 + garbage.length).putInt(garbage.length).put(garbage).flip();
                raw.write(message);
            }
        }
        try (RemoteStack stack = RemoteStack.connect(socket, "")) {
            assertThat(stack.call(new Request.Now()).result()).isZero();
        }
        assertThat(log).noneMatch(each -> each.startsWith("fault"));
    }

    @Test
    void aHostInThisProcessAnswersTheSame() throws IOException {
        try (VirtualHost host = new VirtualHost(IpAddress.of("192.168.0.1"), 1500, 1)) {
            assertThat(host.call(new Request.Socket(2, 1, 6)).result()).isEqualTo(3);
            assertThat(host.call(new Request.Listen(3, 1)).result()).isZero();
            assertThat(host.call(new Request.Accept(3)).errno()).isEqualTo(Errno.EDEADLK);
        }
    }
}
