package org.lastack.net.conformance;

import static org.lastack.net.conformance.Conformance.same;
import static org.lastack.net.conformance.Stage.at;
import static org.lastack.net.conformance.Stage.octets;

import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What `java.nio.channels.DatagramChannel` and its `DatagramSocket` specify.
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class DatagramChannelConformanceTest {
    private static final SocketAddress FOREIGN = new SocketAddress() { };
    private static final InetSocketAddress UNRESOLVED = InetSocketAddress.createUnresolved("nowhere.invalid", 1);
    private static final InetSocketAddress NOT_OURS = new InetSocketAddress("192.0.2.1", 0);

    private static DatagramChannel bound(Stage s) throws Exception {
        return s.datagram().bind(at(0));
    }

    private static void state(Stage s, DatagramChannel c) {
        s.see("isOpen", c::isOpen);
        s.see("isBlocking", c::isBlocking);
        s.see("isConnected", c::isConnected);
        s.see("validOps", c::validOps);
        s.see("local", c::getLocalAddress);
        s.see("remote", c::getRemoteAddress);
    }

    private static void everything(Stage s, DatagramChannel c) {
        s.see("read", () -> c.read(ByteBuffer.allocate(1)));
        s.see("read null", () -> c.read((ByteBuffer) null));
        s.see("read read-only", () -> c.read(ByteBuffer.allocate(1).asReadOnlyBuffer()));
        s.see("scatter", () -> c.read(new ByteBuffer[] {ByteBuffer.allocate(1)}));
        s.see("scatter beyond", () -> c.read(new ByteBuffer[1], 0, 2));
        s.see("scatter null", () -> c.read((ByteBuffer[]) null, 0, 0));
        s.see("scatter null element", () -> c.read(new ByteBuffer[1]));
        s.see("write", () -> c.write(octets(1)));
        s.see("write null", () -> c.write((ByteBuffer) null));
        s.see("gather", () -> c.write(new ByteBuffer[] {octets(1)}));
        s.see("gather beyond", () -> c.write(new ByteBuffer[1], 2, 0));
        s.see("gather null element", () -> c.write(new ByteBuffer[1]));
        s.see("receive null", () -> c.receive(null));
        s.see("receive read-only", () -> c.receive(ByteBuffer.allocate(1).asReadOnlyBuffer()));
        s.see("send null", () -> c.send(null, at(9)));
        s.see("send to null", () -> c.send(octets(1), null));
        s.see("send unresolved", () -> c.send(octets(1), UNRESOLVED));
        s.see("send foreign", () -> c.send(octets(1), FOREIGN));
        s.see("connect null", () -> c.connect(null));
        s.see("connect unresolved", () -> c.connect(UNRESOLVED));
        s.see("connect foreign", () -> c.connect(FOREIGN));
        s.see("bind unresolved", () -> c.bind(UNRESOLVED));
        s.see("bind foreign", () -> c.bind(FOREIGN));
        s.see("get null", () -> c.getOption(null));
        s.see("get unsupported", () -> c.getOption(StandardSocketOptions.TCP_NODELAY));
        s.see("set unsupported", () -> c.setOption(StandardSocketOptions.SO_KEEPALIVE, true));
        s.see("set null value", () -> c.setOption(StandardSocketOptions.SO_BROADCAST, null));
        s.see("get option", () -> c.getOption(StandardSocketOptions.SO_BROADCAST));
    }

    @Test
    void fresh() throws Exception {
        same(s -> {
            DatagramChannel c = s.datagram();
            state(s, c);
            c.configureBlocking(false);
            everything(s, c);
            state(s, c);
            s.see("disconnect", () -> c.disconnect() == c);
            s.see("socket", () -> c.socket() == c.socket() && c.socket().getChannel() == c);
        });
    }

    @Test
    void closed() throws Exception {
        same(s -> {
            DatagramChannel c = s.datagram();
            c.close();
            state(s, c);
            everything(s, c);
            s.see("receive", () -> c.receive(ByteBuffer.allocate(1)));
            s.see("send", () -> c.send(octets(1), at(9)));
            s.see("connect", () -> c.connect(at(9)));
            s.see("bind", () -> c.bind(null));
            s.see("disconnect", () -> c.disconnect() == c);
            DatagramChannel d = bound(s);
            d.connect(at(9));
            d.close();
            state(s, d);
            s.see("disconnect", () -> d.disconnect() == d);
        });
    }

    @Test
    void binding() throws Exception {
        same(s -> {
            DatagramChannel c = s.datagram();
            s.see("not ours", () -> c.bind(NOT_OURS));
            s.see("null", () -> c.bind(null) == c);
            state(s, c);
            s.see("again", () -> c.bind(null));
            DatagramChannel d = bound(s);
            s.see("specific", d::getLocalAddress);
            DatagramChannel e = s.datagram();
            s.see("in use", () -> e.bind(d.getLocalAddress()));
            s.see("open", e::isOpen);
            DatagramChannel v4 = s.datagram(StandardProtocolFamily.INET);
            s.see("v4 any", () -> v4.bind(null).getLocalAddress());
            s.see("v4 to v6", () -> v4.send(octets(1), new InetSocketAddress("::1", 9)));
            s.see("v4 connect v6", () -> v4.connect(new InetSocketAddress("::1", 9)));
            DatagramChannel v6 = s.datagram(StandardProtocolFamily.INET6);
            s.see("v6 any", () -> v6.bind(null).getLocalAddress());
            s.see("v6 to v4", () -> v6.send(octets(1), d.getLocalAddress()));
            s.see("from", () -> d.receive(ByteBuffer.allocate(1)));
        });
    }

    @Test
    void sendingAndReceiving() throws Exception {
        same(s -> {
            DatagramChannel a = bound(s);
            DatagramChannel b = bound(s);
            s.see("a", a::getLocalAddress);
            s.see("b", b::getLocalAddress);
            ByteBuffer out = octets(1, 2, 3);
            s.see("send", () -> a.send(out, b.getLocalAddress()) + " " + out.remaining());
            ByteBuffer small = ByteBuffer.allocate(2);
            s.see("truncated", () -> b.receive(small) + " " + small.position());
            s.see("send empty", () -> a.send(ByteBuffer.allocate(0), b.getLocalAddress()));
            ByteBuffer in = ByteBuffer.allocateDirect(9);
            s.see("receive empty", () -> b.receive(in) + " " + in.position());
            s.see("send direct", () -> a.send(ByteBuffer.allocateDirect(4), b.getLocalAddress()));
            s.see("receive into none", () -> b.receive(ByteBuffer.allocate(0)));
            b.configureBlocking(false);
            s.see("consumed", () -> b.receive(in));
            s.see("position", in::position);
            s.see("largest", () -> a.send(ByteBuffer.allocate(65_507), b.getLocalAddress()));
            s.see("too large", () -> a.send(ByteBuffer.allocate(65_508), b.getLocalAddress()));
            s.see("far too large", () -> a.send(ByteBuffer.allocate(100_000), b.getLocalAddress()));
            s.see("to port 0", () -> a.send(octets(1), at(0)));
            s.see("broadcast", () -> a.send(octets(1), new InetSocketAddress("255.255.255.255", 9)));
            s.see("write unconnected", () -> a.write(octets(1)));
            s.see("read unconnected", () -> a.read(ByteBuffer.allocate(1)));
            DatagramChannel fresh = s.datagram();
            fresh.configureBlocking(false);
            s.see("receive binds", () -> fresh.receive(ByteBuffer.allocate(1)));
            s.see("bound", () -> fresh.getLocalAddress() != null);
            DatagramChannel sender = s.datagram();
            s.see("send binds", () -> sender.send(octets(1), b.getLocalAddress()));
            s.see("local", sender::getLocalAddress);
            s.see("bind then", () -> sender.bind(null));
            s.see("to the wildcard", () -> sender.send(octets(1), new InetSocketAddress("0.0.0.0", Stage.port0(b))));
        });
    }

    @Test
    void connecting() throws Exception {
        same(s -> {
            DatagramChannel b = bound(s);
            s.see("b", b::getLocalAddress);
            DatagramChannel a = s.datagram();
            s.see("connect", () -> a.connect(b.getLocalAddress()) == a);
            state(s, a);
            s.see("again", () -> a.connect(b.getLocalAddress()));
            s.see("again null", () -> a.connect(null));
            s.see("bind", () -> a.bind(null));
            s.see("send other", () -> a.send(octets(1), at(9)));
            s.see("send same", () -> a.send(octets(1), b.getLocalAddress()));
            s.see("write", () -> a.write(octets(1, 2)));
            s.see("gather", () -> a.write(new ByteBuffer[] {octets(1), ByteBuffer.allocateDirect(2), octets(3)}));
            s.see("gather none", () -> a.write(new ByteBuffer[0]));
            s.see("receive", () -> b.receive(ByteBuffer.allocate(9)));
            s.see("receive", () -> b.receive(ByteBuffer.allocate(9)));
            ByteBuffer whole = ByteBuffer.allocate(9);
            s.see("receive gathered", () -> b.receive(whole) + " " + whole.position());
            s.see("answer", () -> b.send(octets(1, 2, 3, 4, 5), a.getLocalAddress()));
            ByteBuffer[] parts = {ByteBuffer.allocate(1), ByteBuffer.allocate(0), ByteBuffer.allocateDirect(2), ByteBuffer.allocate(1)};
            s.see("scatter", () -> a.read(parts));
            DatagramChannel c = bound(s);
            c.send(octets(9), a.getLocalAddress());
            a.configureBlocking(false);
            s.see("others are not heard", () -> a.read(ByteBuffer.allocate(1)));
            s.see("receive connected", () -> a.receive(ByteBuffer.allocate(1)));
            s.see("scatter no room", () -> a.read(new ByteBuffer[0]));
            s.see("read no room", () -> a.read(ByteBuffer.allocate(0)));
            s.see("disconnect", () -> a.disconnect() == a);
            state(s, a);
            s.see("disconnect again", () -> a.disconnect() == a);
            s.see("connect port 0", () -> a.connect(at(0)));
            s.see("connected to port 0", a::isConnected);
            s.see("read", () -> a.read(ByteBuffer.allocate(1)));
            s.see("connect", () -> a.connect(c.getLocalAddress()) == a);
            state(s, a);
        });
    }

    @Test
    void queuedBeforeConnect() throws Exception {
        same(s -> {
            DatagramChannel a = bound(s);
            DatagramChannel b = bound(s);
            DatagramChannel c = bound(s);
            c.send(octets(1), a.getLocalAddress());
            a.configureBlocking(false);
            Selector selector = s.selector();
            SelectionKey key = a.register(selector, SelectionKey.OP_READ);
            s.see("queued", selector::select);
            a.connect(b.getLocalAddress());
            s.see("not for us any more", () -> a.read(ByteBuffer.allocate(1)));
            s.see("not selected", () -> {
                selector.selectedKeys().clear();
                return selector.selectNow();
            });
            key.interestOps(SelectionKey.OP_WRITE);
            s.see("writable", () -> selector.selectNow() + " " + key.readyOps());
        });
    }

    @Test
    void unreachable() throws Exception {
        same(s -> {
            DatagramChannel dead = bound(s);
            InetSocketAddress nobody = (InetSocketAddress) dead.getLocalAddress();
            dead.close();
            DatagramChannel a = s.datagram();
            a.connect(nobody);
            a.write(octets(1));
            a.configureBlocking(false);
            Selector selector = s.selector();
            a.register(selector, SelectionKey.OP_READ);
            s.see("select", selector::select);
            s.see("read", () -> a.read(ByteBuffer.allocate(1)));
            s.see("cleared", () -> a.read(ByteBuffer.allocate(1)));
            s.see("open", a::isOpen);
            DatagramChannel unconnected = s.datagram();
            unconnected.send(octets(1), nobody);
            unconnected.configureBlocking(false);
            s.see("unconnected hears nothing", () -> unconnected.receive(ByteBuffer.allocate(1)));
        });
    }

    private static void socket(Stage s, DatagramSocket x) {
        s.see("bound", x::isBound);
        s.see("connected", x::isConnected);
        s.see("closed", x::isClosed);
        s.see("address", x::getInetAddress);
        s.see("port", () -> s.name(x.getPort()));
        s.see("remote", x::getRemoteSocketAddress);
        s.see("local address", x::getLocalAddress);
        s.see("local port", () -> s.name(x.getLocalPort()));
        s.see("local", x::getLocalSocketAddress);
        s.see("timeout", x::getSoTimeout);
        s.see("reuse", x::getReuseAddress);
        s.see("broadcast", x::getBroadcast);
        s.see("tos", x::getTrafficClass);
    }

    @Test
    void adaptor() throws Exception {
        same(s -> {
            DatagramChannel b = bound(s);
            s.see("b", b::getLocalAddress);
            DatagramChannel c = s.datagram();
            DatagramSocket x = c.socket();
            socket(s, x);
            s.run("bind unresolved", () -> x.bind(UNRESOLVED));
            s.run("bind foreign", () -> x.bind(FOREIGN));
            s.run("timeout -1", () -> x.setSoTimeout(-1));
            s.run("send buffer 0", () -> x.setSendBufferSize(0));
            s.run("receive buffer 0", () -> x.setReceiveBufferSize(0));
            s.run("tos -1", () -> x.setTrafficClass(-1));
            s.run("tos 256", () -> x.setTrafficClass(256));
            s.run("send without address", () -> x.send(new DatagramPacket(new byte[1], 1)));
            s.run("send null", () -> x.send(null));
            s.run("receive null", () -> x.receive(null));
            s.run("connect null", () -> x.connect(null));
            s.run("connect null address", () -> x.connect(null, 1));
            s.run("connect port -1", () -> x.connect(Stage.loopback(), -1));
            s.run("connect unresolved", () -> x.connect(UNRESOLVED));
            s.run("connect foreign", () -> x.connect(FOREIGN));
            s.run("bind", () -> x.bind(at(0)));
            s.run("bind again", () -> x.bind(at(0)));
            socket(s, x);
            s.run("timeout", () -> x.setSoTimeout(1));
            s.run("receive times out", () -> x.receive(new DatagramPacket(new byte[1], 1)));
            s.run("send", () -> x.send(new DatagramPacket(new byte[] {1, 2, 3}, 1, 2, b.getLocalAddress())));
            s.see("received", () -> b.receive(ByteBuffer.allocate(9)));
            b.send(octets(1, 2, 3, 4), c.getLocalAddress());
            DatagramPacket packet = new DatagramPacket(new byte[5], 1, 3);
            x.setSoTimeout(60_000);
            s.run("receive", () -> x.receive(packet));
            s.see("length", packet::getLength);
            s.see("offset", packet::getOffset);
            s.see("sender", packet::getSocketAddress);
            s.see("data", () -> java.util.Arrays.toString(packet.getData()));
            b.send(octets(7, 7, 7, 7, 7, 7), c.getLocalAddress());
            s.run("receive again", () -> x.receive(packet));
            s.see("length", packet::getLength);
            s.run("connect", () -> x.connect(b.getLocalAddress()));
            socket(s, x);
            s.run("send elsewhere", () -> x.send(new DatagramPacket(new byte[1], 1, at(9))));
            DatagramPacket open = new DatagramPacket(new byte[1], 1);
            s.run("send to the peer", () -> x.send(open));
            s.see("packet's address", open::getSocketAddress);
            s.run("connect elsewhere", () -> x.connect(at(9)));
            s.see("remote", x::getRemoteSocketAddress);
            s.run("disconnect", x::disconnect);
            s.see("connected", x::isConnected);
            s.see("port", x::getPort);
            c.configureBlocking(false);
            s.run("receive non-blocking", () -> x.receive(packet));
            s.run("send non-blocking", () -> x.send(new DatagramPacket(new byte[1], 1, b.getLocalAddress())));
            x.close();
            s.see("channel", c::isOpen);
            socket(s, x);
            s.run("receive closed", () -> x.receive(packet));
            s.run("send closed", () -> x.send(new DatagramPacket(new byte[1], 1, b.getLocalAddress())));
            s.run("bind closed", () -> x.bind(null));
            s.run("connect closed", () -> x.connect(b.getLocalAddress()));
            s.run("disconnect closed", x::disconnect);
            s.run("timeout closed", () -> x.setSoTimeout(1));
            s.see("option closed", () -> x.getOption(StandardSocketOptions.SO_BROADCAST));
        });
    }
}
