package org.lastack.bsd;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.lastack.core.Errno;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.Msg;
import org.lastack.core.socket.OptionBytes;
import org.lastack.core.socket.SocketOptions;
import org.lastack.core.tcp.TcpOptionCalls;

/// Options that change what calls do, between two hosts in virtual time. What is expected of SO_PEEK_OFF was seen on Linux 6.18.
class OptionCallsTest {
    private static final int PORT = 9000;
    private static final int IPPROTO_UDP = 17;
    private static final int UDP_CORK = 1;
    private static final int UDP_NO_CHECK6_TX = 101;
    private static final int UDP_NO_CHECK6_RX = 102;
    private static final int UDP_SEGMENT = 103;

    private final Net net = Net.virtual();

    @AfterEach
    void end() {
        net.close();
    }

    private int udpServer(int domain) {
        int fd = net.b.socket(domain, Linux.SOCK_DGRAM | Linux.SOCK_NONBLOCK, 0);
        assertThat(net.b.bind(fd, SockAddr.of(domain == InetSocket.AF_INET ? "10.0.0.2" : "fd00::2", PORT))).isZero();
        return fd;
    }

    private int udpClient(int domain) {
        int fd = net.a.socket(domain, Linux.SOCK_DGRAM, 0);
        assertThat(net.a.connect(fd, SockAddr.of(domain == InetSocket.AF_INET ? "10.0.0.2" : "fd00::2", PORT))).isZero();
        return fd;
    }

    private String send(int fd, String text, int flags) {
        int sent = net.a.send(fd, text.getBytes(US_ASCII), 0, text.length(), flags);
        net.time().settle();
        return sent < 0 ? Errno.name(-sent) : Integer.toString(sent);
    }

    private String receive(int fd, int length, int flags) {
        byte[] room = new byte[length];
        int octets = net.b.recv(fd, room, 0, length, flags);
        return octets < 0 ? Errno.name(-octets) : new String(room, 0, Math.min(octets, length), US_ASCII);
    }

    private int peekOffset(int fd) {
        return net.b.getsockopt(fd, SocketOptions.SOL_SOCKET, SocketOptions.SO_PEEK_OFF);
    }

    @Test
    void udpCorkMakesOneDatagramOfPieces() {
        int server = udpServer(InetSocket.AF_INET);
        int fd = udpClient(InetSocket.AF_INET);
        assertThat(net.a.setsockopt(fd, IPPROTO_UDP, UDP_CORK, 1)).isZero();
        assertThat(send(fd, "one ", 0)).isEqualTo("4");
        assertThat(send(fd, "two", 0)).isEqualTo("3");
        assertThat(receive(server, 100, 0)).isEqualTo("EAGAIN");
        assertThat(net.a.setsockopt(fd, IPPROTO_UDP, UDP_CORK, 0)).isZero();
        net.time().settle();
        assertThat(receive(server, 100, 0)).isEqualTo("one two");
        assertThat(send(fd, "three ", Msg.MORE)).isEqualTo("6");
        assertThat(receive(server, 100, 0)).isEqualTo("EAGAIN");
        assertThat(send(fd, "four", 0)).isEqualTo("4");
        assertThat(receive(server, 100, 0)).isEqualTo("three four");
        assertThat(send(fd, "x".repeat(60_000), Msg.MORE)).isEqualTo("60000");
        assertThat(send(fd, "x".repeat(5_508), Msg.MORE)).isEqualTo("EMSGSIZE");
        assertThat(send(fd, "after", 0)).as("what was too long is forgotten").isEqualTo("5");
        assertThat(receive(server, 100, 0)).isEqualTo("after");
    }

    @Test
    void udpSegmentMakesManyDatagramsOfOneCall() {
        int server = udpServer(InetSocket.AF_INET);
        int fd = udpClient(InetSocket.AF_INET);
        assertThat(net.a.setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, 4)).isZero();
        assertThat(send(fd, "abcdefghij", 0)).isEqualTo("10");
        assertThat(receive(server, 100, 0)).isEqualTo("abcd");
        assertThat(receive(server, 100, 0)).isEqualTo("efgh");
        assertThat(receive(server, 100, 0)).isEqualTo("ij");
        assertThat(send(fd, "abc", 0)).as("less than a segment").isEqualTo("3");
        assertThat(receive(server, 100, 0)).isEqualTo("abc");
        assertThat(send(fd, "x".repeat(4 * 128), 0)).isEqualTo("512");
        assertThat(send(fd, "x".repeat(4 * 128 + 1), 0)).as("UDP_MAX_SEGMENTS").isEqualTo("EINVAL");
        assertThat(net.a.setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, 1473)).isZero();
        assertThat(send(fd, "x".repeat(3000), 0)).as("segments larger than the path's MTU").isEqualTo("EINVAL");
        assertThat(net.a.setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, 0x1_0000)).isEqualTo(-Errno.EINVAL);
    }

    /// RFC 6936: both ends have to agree to do without.
    @Test
    void udpWithoutChecksumOverIpv6() {
        int server = udpServer(InetSocket.AF_INET6);
        int fd = udpClient(InetSocket.AF_INET6);
        assertThat(net.a.setsockopt(fd, IPPROTO_UDP, UDP_NO_CHECK6_TX, 1)).isZero();
        send(fd, "lost", 0);
        assertThat(receive(server, 100, 0)).isEqualTo("EAGAIN");
        assertThat(net.b.setsockopt(server, IPPROTO_UDP, UDP_NO_CHECK6_RX, 1)).isZero();
        send(fd, "taken", 0);
        assertThat(receive(server, 100, 0)).isEqualTo("taken");
    }

    @Test
    void peekOffsetOverDatagrams() {
        int server = udpServer(InetSocket.AF_INET);
        int fd = udpClient(InetSocket.AF_INET);
        assertThat(peekOffset(server)).isEqualTo(-1);
        net.b.setsockopt(server, SocketOptions.SOL_SOCKET, SocketOptions.SO_PEEK_OFF, 0);
        send(fd, "abcdef", 0);
        send(fd, "ghi", 0);
        assertThat(receive(server, 4, Msg.PEEK)).isEqualTo("abcd");
        assertThat(receive(server, 4, Msg.PEEK)).isEqualTo("ef");
        assertThat(receive(server, 4, Msg.PEEK)).isEqualTo("ghi");
        assertThat(receive(server, 4, Msg.PEEK)).isEqualTo("EAGAIN");
        assertThat(peekOffset(server)).isEqualTo(9);
        assertThat(receive(server, 3, 0)).isEqualTo("abc");
        assertThat(peekOffset(server)).isEqualTo(6);
        net.b.setsockopt(server, SocketOptions.SOL_SOCKET, SocketOptions.SO_PEEK_OFF, 1);
        assertThat(receive(server, 10, Msg.PEEK)).isEqualTo("hi");
        net.b.setsockopt(server, SocketOptions.SOL_SOCKET, SocketOptions.SO_PEEK_OFF, -1);
        assertThat(receive(server, 10, Msg.PEEK)).isEqualTo("ghi");
        assertThat(receive(server, 10, 0)).isEqualTo("ghi");
    }

    @Test
    void peekOffsetInAStreamAndWhatIsLeft() {
        int listener = net.b.socket(InetSocket.AF_INET, Linux.SOCK_STREAM, 0);
        net.b.bind(listener, SockAddr.of("10.0.0.2", PORT));
        net.b.listen(listener, 5);
        net.b.setsockopt(listener, SocketOptions.SOL_SOCKET, SocketOptions.SO_PEEK_OFF, 0);
        net.b.setsockopt(listener, TcpOptionCalls.IPPROTO_TCP, TcpOptionCalls.TCP_INQ, 1);
        int fd = net.a.socket(InetSocket.AF_INET, Linux.SOCK_STREAM, 0);
        net.a.connect(fd, SockAddr.of("10.0.0.2", PORT));
        int child = net.b.accept(listener, null);
        net.b.fcntl(child, Linux.F_SETFL, Linux.O_NONBLOCK);
        send(fd, "abcdefgh", 0);
        assertThat(receive(child, 3, Msg.PEEK)).as("the connection has the listener's option").isEqualTo("abc");
        assertThat(receive(child, 3, Msg.PEEK)).isEqualTo("def");
        assertThat(receive(child, 4, 0)).isEqualTo("abcd");
        assertThat(peekOffset(child)).isEqualTo(2);
        assertThat(receive(child, 9, Msg.PEEK)).isEqualTo("gh");
        assertThat(receive(child, 9, Msg.PEEK)).isEqualTo("EAGAIN");
        MsgHdr message = new MsgHdr(new byte[3]);
        assertThat(net.b.recvmsg(child, message, 0)).isEqualTo(3);
        assertThat(message.control).singleElement().satisfies(each -> {
            assertThat(each.level()).isEqualTo(TcpOptionCalls.IPPROTO_TCP);
            assertThat(OptionBytes.int32(each.data(), 0)).isEqualTo(1);
        });
    }

    @Test
    void lostDatagramsAreTold() {
        int server = udpServer(InetSocket.AF_INET);
        int fd = udpClient(InetSocket.AF_INET);
        net.b.setsockopt(server, SocketOptions.SOL_SOCKET, SocketOptions.SO_RCVBUF, 4096);
        net.b.setsockopt(server, SocketOptions.SOL_SOCKET, SocketOptions.SO_RXQ_OVFL, 1);
        for (int i = 0; i < 10; i++) {
            send(fd, "x".repeat(1000), 0);
        }
        for (int i = 0; i < 3; i++) {
            MsgHdr message = new MsgHdr(new byte[1000]);
            assertThat(net.b.recvmsg(server, message, 0)).isEqualTo(1000);
            assertThat(message.control).isEmpty();
        }
        send(fd, "next", 0);
        MsgHdr message = new MsgHdr(new byte[1000]);
        assertThat(net.b.recvmsg(server, message, 0)).isEqualTo(4);
        assertThat(message.control).singleElement().satisfies(each -> {
            assertThat(each.type()).isEqualTo(SocketOptions.SO_RXQ_OVFL);
            assertThat(OptionBytes.int32(each.data(), 0)).isEqualTo(7);
        });
    }

    @Test
    void theSavedSynIsGivenOnce() {
        int listener = net.b.socket(InetSocket.AF_INET, Linux.SOCK_STREAM, 0);
        net.b.bind(listener, SockAddr.of("10.0.0.2", PORT));
        net.b.setsockopt(listener, TcpOptionCalls.IPPROTO_TCP, TcpOptionCalls.TCP_SAVE_SYN, 1);
        net.b.listen(listener, 5);
        int fd = net.a.socket(InetSocket.AF_INET, Linux.SOCK_STREAM, 0);
        net.a.connect(fd, SockAddr.of("10.0.0.2", PORT));
        int child = net.b.accept(listener, null);
        byte[] syn = new byte[200];
        assertThat(net.b.getsockopt(child, TcpOptionCalls.IPPROTO_TCP, TcpOptionCalls.TCP_SAVED_SYN, syn, 20)).isEqualTo(-Errno.EINVAL);
        int length = net.b.getsockopt(child, TcpOptionCalls.IPPROTO_TCP, TcpOptionCalls.TCP_SAVED_SYN, syn, syn.length);
        assertThat(length).isEqualTo(60);
        assertThat(syn[0]).isEqualTo((byte) 0x45);
        assertThat(syn[9]).isEqualTo((byte) 6);
        assertThat(syn[20 + 13]).as("SYN").isEqualTo((byte) 2);
        assertThat(net.b.getsockopt(child, TcpOptionCalls.IPPROTO_TCP, TcpOptionCalls.TCP_SAVED_SYN, syn, syn.length)).isZero();
    }
}
