package org.lastack.bsd;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.BitSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.lastack.core.Errno;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.Msg;
import org.lastack.core.socket.Owner;
import org.lastack.core.socket.SocketOptions;

/// Descriptors, their descriptions and what Linux checks before it asks a protocol; with datagram sockets, because these need no connection.
@Timeout(value = 20, unit = TimeUnit.SECONDS)
class DescriptorTest {
    private static final int INET = InetSocket.AF_INET;
    private static final int INET6 = InetSocket.AF_INET6;
    private static final SockAddr ANY = SockAddr.of("0.0.0.0", 0);

    private static String errno(int result) {
        return result < 0 ? Errno.name(result) : "OK";
    }

    private static int udp(BsdSockets process, int port) {
        int fd = process.socket(INET, Linux.SOCK_DGRAM, 0);
        assertThat(process.bind(fd, SockAddr.of("0.0.0.0", port))).isZero();
        return fd;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(US_ASCII);
    }

    private static int send(BsdSockets from, int fd, String to, int port, String text) {
        return from.sendto(fd, ascii(text), 0, text.length(), 0, SockAddr.of(to, port));
    }

    private static String receive(BsdSockets process, int fd, int flags) {
        byte[] room = new byte[3000];
        int octets = process.recv(fd, room, 0, room.length, flags);
        return octets < 0 ? Errno.name(octets) : new String(room, 0, octets, US_ASCII);
    }

    @Test
    void socketChecksItsArguments() {
        try (Net net = Net.virtual()) {
            assertThat(errno(net.a.socket(1, Linux.SOCK_STREAM, 0))).isEqualTo("EAFNOSUPPORT");
            assertThat(errno(net.a.socket(INET, Linux.SOCK_STREAM, Linux.IPPROTO_UDP))).isEqualTo("EPROTONOSUPPORT");
            assertThat(errno(net.a.socket(INET, Linux.SOCK_DGRAM, Linux.IPPROTO_TCP))).isEqualTo("EPROTONOSUPPORT");
            assertThat(errno(net.a.socket(INET, 4, 0))).isEqualTo("ESOCKTNOSUPPORT");
            assertThat(errno(net.a.socket(INET, 14, 0))).isEqualTo("EINVAL");
            assertThat(errno(net.a.socket(INET, Linux.SOCK_STREAM | 0x100, 0))).isEqualTo("EINVAL");
            assertThat(errno(net.a.socket(INET, Linux.SOCK_DGRAM, -1))).isEqualTo("EINVAL");
            assertThat(net.a.socket(INET, Linux.SOCK_DGRAM | Linux.SOCK_NONBLOCK | Linux.SOCK_CLOEXEC, 0)).isZero();
            assertThat(net.a.fcntl(0, Linux.F_GETFL, 0) & Linux.O_NONBLOCK).isNotZero();
            assertThat(net.a.fcntl(0, Linux.F_GETFD, 0)).isEqualTo(Linux.FD_CLOEXEC);
        }
    }

    /// S1-23: what setsockopt answers to a bad descriptor, something that is no socket, an unknown option, a bad pointer, a bad length.
    @Test
    void s1_23_setsockoptErrors() {
        try (Net net = Net.virtual()) {
            int fd = udp(net.a, 0);
            int epoll = net.a.epollCreate1(0);
            assertThat(errno(net.a.setsockopt(77, SocketOptions.SOL_SOCKET, SocketOptions.SO_BROADCAST, 1))).isEqualTo("EBADF");
            assertThat(errno(net.a.setsockopt(epoll, SocketOptions.SOL_SOCKET, SocketOptions.SO_BROADCAST, 1))).isEqualTo("ENOTSOCK");
            assertThat(errno(net.a.setsockopt(fd, SocketOptions.SOL_SOCKET, 9999, 1))).isEqualTo("ENOPROTOOPT");
            assertThat(errno(net.a.setsockopt(fd, SocketOptions.SOL_SOCKET, SocketOptions.SO_BROADCAST, null, 4))).isEqualTo("EFAULT");
            assertThat(errno(net.a.setsockopt(fd, SocketOptions.SOL_SOCKET, SocketOptions.SO_BROADCAST, new byte[4], 3))).isEqualTo("EINVAL");
            assertThat(errno(net.a.setsockopt(fd, SocketOptions.SOL_SOCKET, SocketOptions.SO_BROADCAST, new byte[4], -1))).isEqualTo("EINVAL");
            byte[] negativeMicros = new byte[16];
            negativeMicros[15] = -1;
            assertThat(errno(net.a.setsockopt(fd, SocketOptions.SOL_SOCKET, SocketOptions.SO_RCVTIMEO, negativeMicros, 16))).isEqualTo("EDOM");
        }
    }

    /// S1-22: SO_TYPE and SO_ERROR can be read but not set.
    @Test
    void s1_22_typeAndErrorAreReadOnly() {
        try (Net net = Net.virtual()) {
            int fd = udp(net.a, 0);
            assertThat(errno(net.a.setsockopt(fd, SocketOptions.SOL_SOCKET, SocketOptions.SO_TYPE, 1))).isEqualTo("ENOPROTOOPT");
            assertThat(errno(net.a.setsockopt(fd, SocketOptions.SOL_SOCKET, SocketOptions.SO_ERROR, 1))).isEqualTo("ENOPROTOOPT");
            assertThat(net.a.getsockopt(fd, SocketOptions.SOL_SOCKET, SocketOptions.SO_TYPE)).isEqualTo(Linux.SOCK_DGRAM);
            assertThat(net.a.getsockopt(fd, SocketOptions.SOL_SOCKET, SocketOptions.SO_ERROR)).isZero();
            assertThat(errno(net.a.getsockopt(fd, SocketOptions.SOL_SOCKET, SocketOptions.SO_TYPE, null, 4))).isEqualTo("EFAULT");
        }
    }

    /// Rows P100 to P119 of the oracle that are about addresses and not about ports.
    @Test
    void bindErrorsAsRecorded() {
        try (Net net = Net.virtual()) {
            BsdSockets p = net.a;
            int twice = udp(p, 5000);
            assertThat(errno(p.bind(twice, ANY))).as("P100").isEqualTo("EINVAL");
            assertThat(bind4("192.0.2.1", p)).as("P104").isEqualTo("EADDRNOTAVAIL");
            assertThat(bind4("224.0.0.1", p)).as("P106").isEqualTo("OK");
            assertThat(bind4("255.255.255.255", p)).as("P108").isEqualTo("OK");
            assertThat(errno(p.bind(p.socket(INET, Linux.SOCK_DGRAM, 0), SockAddr.of("::1", 0)))).as("P110").isEqualTo("EAFNOSUPPORT");
            assertThat(errno(p.bind(p.socket(INET, Linux.SOCK_DGRAM, 0), SockAddr.UNSPEC))).as("P111").isEqualTo("OK");
            SockAddr unspecLoopback = new SockAddr(InetSocket.AF_UNSPEC, org.lastack.wire.IpAddress.LOOPBACK_V4, 0);
            assertThat(errno(p.bind(p.socket(INET, Linux.SOCK_DGRAM, 0), unspecLoopback))).as("P112").isEqualTo("EAFNOSUPPORT");
            assertThat(errno(p.bind(p.socket(INET, Linux.SOCK_DGRAM, 0), ANY.toBytes(), 8))).as("P113").isEqualTo("EINVAL");
            byte[] roomy = new byte[128];
            System.arraycopy(ANY.toBytes(), 0, roomy, 0, 16);
            assertThat(errno(p.bind(p.socket(INET, Linux.SOCK_DGRAM, 0), roomy, 128))).as("P114").isEqualTo("OK");
            assertThat(errno(p.bind(p.socket(INET6, Linux.SOCK_DGRAM, 0), ANY))).as("P115").isEqualTo("EINVAL");
            assertThat(errno(p.bind(p.socket(INET6, Linux.SOCK_DGRAM, 0), SockAddr.of("::1", 0).toBytes(), 20))).as("P116").isEqualTo("EINVAL");
            int v6only = p.socket(INET6, Linux.SOCK_DGRAM, 0);
            assertThat(p.setsockopt(v6only, SocketOptions.IPPROTO_IPV6, SocketOptions.IPV6_V6ONLY, 1)).isZero();
            assertThat(errno(p.bind(v6only, SockAddr.of("::ffff:127.0.0.1", 0)))).as("P117").isEqualTo("EINVAL");
            assertThat(errno(p.connect(v6only, SockAddr.of("::ffff:127.0.0.9", 9)))).as("P118").isEqualTo("ENETUNREACH");
            int bound6 = p.socket(INET6, Linux.SOCK_DGRAM, 0);
            assertThat(p.bind(bound6, SockAddr.of("::1", 0))).isZero();
            assertThat(errno(p.setsockopt(bound6, SocketOptions.IPPROTO_IPV6, SocketOptions.IPV6_V6ONLY, 1))).as("P119").isEqualTo("EINVAL");
            assertThat(errno(p.bind(p.socket(INET, Linux.SOCK_DGRAM, 0), null))).isEqualTo("EFAULT");
        }
    }

    private static String bind4(String address, BsdSockets p) {
        return errno(p.bind(p.socket(INET, Linux.SOCK_DGRAM, 0), SockAddr.of(address, 0)));
    }

    @Test
    void datagramsTravelWithTheirNames() {
        try (Net net = Net.virtual()) {
            int server = udp(net.b, 7);
            int client = udp(net.a, 4000);
            assertThat(send(net.a, client, "10.0.0.2", 7, "hello")).isEqualTo(5);
            @Nullable SockAddr[] from = new @Nullable SockAddr[1];
            byte[] room = new byte[100];
            assertThat(net.b.recvfrom(server, room, 0, 100, 0, from)).isEqualTo(5);
            assertThat(from[0]).isEqualTo(SockAddr.of("10.0.0.1", 4000));
            assertThat(errno(net.b.sendto(server, room, 0, 5, 0, SockAddr.of("10.0.0.1", 0)))).as("port 0").isEqualTo("EINVAL");
            assertThat(errno(net.b.sendto(server, room, 0, 5, 0, SockAddr.of("fd00::1", 9)))).isEqualTo("EAFNOSUPPORT");
            assertThat(errno(net.b.send(server, room, 0, 5, 0))).isEqualTo("EDESTADDRREQ");
            assertThat(errno(net.b.recv(server, room, 90, 20, 0))).isEqualTo("EFAULT");
        }
    }

    @Test
    void messagesHavePartsFlagsAndControlData() {
        try (Net net = Net.virtual()) {
            int server = udp(net.b, 7);
            assertThat(net.b.setsockopt(server, SocketOptions.IPPROTO_IP, SocketOptions.IP_PKTINFO, 1)).isZero();
            assertThat(net.b.setsockopt(server, SocketOptions.IPPROTO_IP, SocketOptions.IP_RECVTTL, 1)).isZero();
            int client = udp(net.a, 4000);
            MsgHdr out = new MsgHdr(ascii("abc"), ascii(""), ascii("defgh"));
            out.name = SockAddr.of("10.0.0.2", 7);
            assertThat(net.a.sendmsg(client, out, 0)).isEqualTo(8);
            MsgHdr in = new MsgHdr(new byte[2], new byte[5]);
            assertThat(net.b.recvmsg(server, in, 0)).isEqualTo(7);
            assertThat(new String(in.parts[0], US_ASCII) + new String(in.parts[1], US_ASCII)).isEqualTo("abcdefg");
            assertThat(in.flags).isEqualTo(Msg.TRUNC);
            assertThat(in.name).isEqualTo(SockAddr.of("10.0.0.1", 4000));
            assertThat(in.control).extracting(MsgHdr.Control::type).containsExactly(SocketOptions.IP_TTL, SocketOptions.IP_PKTINFO);
            assertThat(in.control.get(0).data()).containsExactly(64, 0, 0, 0);
            assertThat(in.control.get(1).data()).endsWith(10, 0, 0, 2);
            assertThat(errno(net.b.recvmsg(server, null, 0))).isEqualTo("EFAULT");
        }
    }

    /// IP_RECVERR: what an ICMP message said, with the datagram that it is about.
    @Test
    void theErrorQueueTellsWhatIcmpSaid() {
        try (Net net = Net.virtual()) {
            int client = udp(net.a, 4000);
            assertThat(net.a.setsockopt(client, SocketOptions.IPPROTO_IP, SocketOptions.IP_RECVERR, 1)).isZero();
            MsgHdr empty = new MsgHdr(new byte[10]);
            assertThat(errno(net.a.recvmsg(client, empty, Msg.ERRQUEUE))).isEqualTo("EAGAIN");
            send(net.a, client, "10.0.0.2", 9, "lost");
            net.time().settle();
            MsgHdr error = new MsgHdr(new byte[10]);
            assertThat(net.a.recvmsg(client, error, Msg.ERRQUEUE)).isEqualTo(4);
            assertThat(error.flags).isEqualTo(Msg.ERRQUEUE);
            assertThat(error.name).isEqualTo(SockAddr.of("10.0.0.2", 9));
            assertThat(error.control).singleElement().satisfies(each -> {
                assertThat(each.type()).isEqualTo(SocketOptions.IP_RECVERR);
                // ECONNREFUSED, from ICMP, type 3, code 3; the offender is 10.0.0.2.
                assertThat(each.data()).startsWith(111, 0, 0, 0, 2, 3, 3, 0);
                assertThat(each.data()).hasSize(32).containsSequence(10, 0, 0, 2);
            });
        }
    }

    /// SO_TIMESTAMPING and SO_ZEROCOPY: the error queue tells what became of a send, and poll that it does.
    @Test
    void theErrorQueueTellsWhatBecameOfASend() {
        try (Net net = Net.virtual()) {
            int client = udp(net.a, 4000);
            assertThat(net.a.connect(client, SockAddr.of("10.0.0.2", 7))).isZero();
            assertThat(udp(net.b, 7)).isNotNegative();
            // TX_SOFTWARE, SOFTWARE, OPT_ID, OPT_TSONLY.
            assertThat(net.a.setsockopt(client, SocketOptions.SOL_SOCKET, SocketOptions.SO_TIMESTAMPING, 2 | 16 | 128 | 2048)).isZero();
            assertThat(net.a.setsockopt(client, SocketOptions.SOL_SOCKET, SocketOptions.SO_ZEROCOPY, 1)).isZero();
            assertThat(net.a.send(client, ascii("abc"), 0, 3, Msg.ZEROCOPY)).isEqualTo(3);
            MsgHdr stamp = new MsgHdr(new byte[10]);
            assertThat(net.a.recvmsg(client, stamp, Msg.ERRQUEUE)).isZero();
            assertThat(stamp.name).isNull();
            assertThat(stamp.control).extracting(MsgHdr.Control::type).containsExactly(SocketOptions.SO_TIMESTAMPING, SocketOptions.IP_RECVERR);
            assertThat(stamp.control.get(0).data()).hasSize(48);
            // ENOMSG, SO_EE_ORIGIN_TIMESTAMPING.
            assertThat(stamp.control.get(1).data()).hasSize(32).startsWith(42, 0, 0, 0, 4, 0, 0, 0);
            MsgHdr notice = new MsgHdr(new byte[10]);
            assertThat(net.a.recvmsg(client, notice, Msg.ERRQUEUE)).isZero();
            assertThat(notice.control).singleElement().satisfies(each -> assertThat(each.data()).startsWith(0, 0, 0, 0, 5, 0, 1, 0));
            assertThat(errno(net.a.recvmsg(client, notice, Msg.ERRQUEUE))).isEqualTo("EAGAIN");
        }
    }

    @Test
    void theYear2038TimeoutsAreTheOldOnes() {
        try (Net net = Net.virtual()) {
            int fd = udp(net.a, 4000);
            byte[] timeval = new byte[16];
            timeval[0] = 3;
            assertThat(net.a.setsockopt(fd, SocketOptions.SOL_SOCKET, Linux.SO_RCVTIMEO_NEW, timeval, 16)).isZero();
            byte[] out = new byte[16];
            assertThat(net.a.getsockopt(fd, SocketOptions.SOL_SOCKET, SocketOptions.SO_RCVTIMEO, out, 16)).isEqualTo(16);
            assertThat(out).isEqualTo(timeval);
            assertThat(net.a.getsockopt(fd, SocketOptions.SOL_SOCKET, Linux.SO_RCVTIMEO_NEW, out, 16)).isEqualTo(16);
        }
    }

    /// S3-07, S3-09: a close counts; the socket ends with its last descriptor.
    @Test
    void s3_07_s3_09_theLastCloseCloses() {
        try (Net net = Net.virtual()) {
            int first = udp(net.b, 7);
            int second = net.b.dup(first);
            int third = net.b.dup2(first, 40);
            BsdSockets child = net.b.fork(new Owner(0, 201, "child"));
            assertThat(third).isEqualTo(40);
            assertThat(net.b.close(first)).isZero();
            assertThat(net.b.close(second)).isZero();
            assertThat(net.b.close(third)).isZero();
            assertThat(errno(net.b.close(third))).isEqualTo("EBADF");
            send(net.a, udp(net.a, 0), "10.0.0.2", 7, "still heard");
            assertThat(receive(child, first, 0)).isEqualTo("still heard");
            assertThat(net.hostB.openSockets()).hasSize(1);
            child.close();
            assertThat(net.hostB.openSockets()).isEmpty();
        }
    }

    @Test
    void theLowestFreeNumberIsUsedAndDup2ClosesItsTarget() {
        try (Net net = Net.virtual()) {
            assertThat(udp(net.a, 0)).isZero();
            assertThat(udp(net.a, 0)).isEqualTo(1);
            assertThat(udp(net.a, 0)).isEqualTo(2);
            net.a.close(1);
            assertThat(net.a.dup(0)).isEqualTo(1);
            assertThat(net.a.fcntl(0, Linux.F_DUPFD, 10)).isEqualTo(10);
            assertThat(net.a.dup2(0, 2)).isEqualTo(2);
            assertThat(net.hostA.openSockets()).hasSize(1);
            assertThat(errno(net.a.dup2(9, 2))).isEqualTo("EBADF");
            assertThat(net.a.dup2(0, 0)).isZero();
            assertThat(errno(net.a.dup(99))).isEqualTo("EBADF");
            assertThat(errno(net.a.fcntl(0, Linux.F_DUPFD, -1))).isEqualTo("EINVAL");
        }
    }

    @Test
    void theTableIsBoundedAndAFailedOpenLeaksNothing() {
        try (Net net = Net.virtual()) {
            BsdSockets small = new BsdSockets(net.hostA, Owner.ROOT, 2);
            assertThat(small.socket(INET, Linux.SOCK_DGRAM, 0)).isZero();
            assertThat(small.socket(INET, Linux.SOCK_DGRAM, 0)).isEqualTo(1);
            assertThat(errno(small.socket(INET, Linux.SOCK_DGRAM, 0))).isEqualTo("EMFILE");
            assertThat(errno(small.dup(0))).isEqualTo("EMFILE");
            assertThat(net.hostA.openSockets()).hasSize(2);
            small.close();
            assertThat(net.hostA.openSockets()).isEmpty();
        }
    }

    @Test
    void aDescriptorCanBeGivenToAnotherProcess() {
        try (Net net = Net.virtual()) {
            BsdSockets other = new BsdSockets(net.hostB, Owner.ROOT);
            int fd = udp(net.b, 7);
            int theirs = net.b.share(fd, other);
            net.b.close(fd);
            send(net.a, udp(net.a, 0), "10.0.0.2", 7, "x");
            assertThat(receive(other, theirs, 0)).isEqualTo("x");
            assertThat(errno(net.b.share(fd, other))).isEqualTo("EBADF");
            other.close();
        }
    }

    @Test
    void nonBlockingBelongsToTheDescription() {
        try (Net net = Net.virtual()) {
            int fd = udp(net.b, 7);
            int copy = net.b.dup(fd);
            assertThat(receive(net.b, fd, 0)).isEqualTo("EDEADLK");
            assertThat(receive(net.b, fd, Msg.DONTWAIT)).isEqualTo("EAGAIN");
            net.b.fcntl(copy, Linux.F_SETFL, Linux.O_NONBLOCK);
            assertThat(receive(net.b, fd, 0)).isEqualTo("EAGAIN");
            net.b.ioctl(fd, Linux.FIONBIO, 0);
            assertThat(net.b.fcntl(copy, Linux.F_GETFL, 0)).isEqualTo(Linux.O_RDWR);
        }
    }

    @Test
    void fionreadIsTheNextDatagram() {
        try (Net net = Net.virtual()) {
            int server = udp(net.b, 7);
            int client = udp(net.a, 0);
            assertThat(net.b.ioctl(server, Linux.FIONREAD, 0)).isZero();
            send(net.a, client, "10.0.0.2", 7, "four");
            send(net.a, client, "10.0.0.2", 7, "sixsix");
            net.time().settle();
            assertThat(net.b.ioctl(server, Linux.FIONREAD, 0)).isEqualTo(4);
            assertThat(errno(net.b.ioctl(server, 0x1234, 0))).isEqualTo("ENOTTY");
        }
    }

    @Test
    void receiveTimeoutOptionEndsAWait() {
        try (Net net = Net.virtual()) {
            int fd = udp(net.b, 7);
            byte[] timeval = new byte[16];
            timeval[8] = (byte) (200_000 & 0xff);
            timeval[9] = (byte) (200_000 >>> 8 & 0xff);
            timeval[10] = (byte) (200_000 >>> 16);
            assertThat(net.b.setsockopt(fd, SocketOptions.SOL_SOCKET, SocketOptions.SO_RCVTIMEO, timeval, 16)).isZero();
            assertThat(receive(net.b, fd, 0)).isEqualTo("EAGAIN");
            assertThat(net.time().nowNs()).isEqualTo(200 * Net.MILLISECOND);
        }
    }

    @Test
    void pollSeesReadinessTimeoutsAndBadDescriptors() {
        try (Net net = Net.virtual()) {
            int server = udp(net.b, 7);
            int client = udp(net.a, 0);
            PollFd[] set = {new PollFd(server, InetSocket.POLLIN | Linux.POLLRDNORM), new PollFd(-1, InetSocket.POLLIN)};
            assertThat(net.b.poll(set, 50)).isZero();
            assertThat(net.time().nowNs()).isEqualTo(50 * Net.MILLISECOND);
            net.time().after(Net.MILLISECOND, () -> send(net.a, client, "10.0.0.2", 7, "x"));
            assertThat(net.b.poll(set, -1)).isEqualTo(1);
            assertThat(set[0].revents).isEqualTo(InetSocket.POLLIN | Linux.POLLRDNORM);
            assertThat(set[1].revents).isZero();
            PollFd bad = new PollFd(99, InetSocket.POLLIN);
            assertThat(net.b.poll(new PollFd[] {bad}, 0)).isEqualTo(1);
            assertThat(bad.revents).isEqualTo(Linux.POLLNVAL);
        }
    }

    @Test
    void selectAnswersInItsSets() {
        try (Net net = Net.virtual()) {
            int server = udp(net.b, 7);
            int idle = udp(net.b, 8);
            send(net.a, udp(net.a, 0), "10.0.0.2", 7, "x");
            BitSet readable = BitSet.valueOf(new long[] {1L << server | 1L << idle});
            BitSet writable = BitSet.valueOf(new long[] {1L << idle});
            assertThat(net.b.select(idle + 1, readable, null, null, -1)).isEqualTo(1);
            assertThat(readable.stream().toArray()).containsExactly(server);
            assertThat(net.b.select(idle + 1, readable, writable, null, 0)).isEqualTo(2);
            assertThat(errno(net.b.select(100, BitSet.valueOf(new long[] {0, 1L << 20}), null, null, 0))).isEqualTo("EBADF");
            assertThat(errno(net.b.select(-1, null, null, null, 0))).isEqualTo("EINVAL");
        }
    }

    @Test
    void epollLevelEdgeAndOneShot() {
        try (Net net = Net.virtual()) {
            int client = udp(net.a, 0);
            int level = udp(net.b, 7);
            int edge = udp(net.b, 8);
            int once = udp(net.b, 9);
            int epoll = net.b.epollCreate1(Linux.EPOLL_CLOEXEC);
            net.b.epollCtl(epoll, Linux.EPOLL_CTL_ADD, level, new EpollEvent(InetSocket.POLLIN, 1));
            net.b.epollCtl(epoll, Linux.EPOLL_CTL_ADD, edge, new EpollEvent(InetSocket.POLLIN | Linux.EPOLLET, 2));
            net.b.epollCtl(epoll, Linux.EPOLL_CTL_ADD, once, new EpollEvent(InetSocket.POLLIN | Linux.EPOLLONESHOT, 3));
            for (int port = 7; port <= 9; port++) {
                send(net.a, client, "10.0.0.2", port, "x");
            }
            assertThat(waitData(net.b, epoll)).isEqualTo("1 2 3");
            assertThat(waitData(net.b, epoll)).isEqualTo("1");
            for (int port = 7; port <= 9; port++) {
                send(net.a, client, "10.0.0.2", port, "y");
            }
            assertThat(waitData(net.b, epoll)).isEqualTo("1 2");
            net.b.epollCtl(epoll, Linux.EPOLL_CTL_MOD, once, new EpollEvent(InetSocket.POLLIN | Linux.EPOLLONESHOT, 33));
            assertThat(waitData(net.b, epoll)).isEqualTo("1 33");
        }
    }

    private static String waitData(BsdSockets process, int epoll) {
        VirtualSettle.settle(process);
        EpollEvent[] out = {new EpollEvent(), new EpollEvent(), new EpollEvent(), new EpollEvent()};
        int count = process.epollWait(epoll, out, 0);
        return java.util.Arrays.stream(out, 0, count).mapToLong(e -> e.data).sorted().mapToObj(Long::toString).collect(java.util.stream.Collectors.joining(" "));
    }

    @Test
    void epollControlErrorsAndLifeOfItsEntries() {
        try (Net net = Net.virtual()) {
            int fd = udp(net.b, 7);
            int epoll = net.b.epollCreate1(0);
            EpollEvent in = new EpollEvent(InetSocket.POLLIN, 5);
            assertThat(errno(net.b.epollCtl(epoll, Linux.EPOLL_CTL_MOD, fd, in))).isEqualTo("ENOENT");
            assertThat(errno(net.b.epollCtl(epoll, Linux.EPOLL_CTL_ADD, 99, in))).isEqualTo("EBADF");
            assertThat(errno(net.b.epollCtl(epoll, Linux.EPOLL_CTL_ADD, fd, null))).isEqualTo("EFAULT");
            assertThat(errno(net.b.epollCtl(epoll, Linux.EPOLL_CTL_ADD, epoll, in))).isEqualTo("EINVAL");
            assertThat(errno(net.b.epollCtl(fd, Linux.EPOLL_CTL_ADD, fd, in))).isEqualTo("EINVAL");
            assertThat(net.b.epollCtl(epoll, Linux.EPOLL_CTL_ADD, fd, in)).isZero();
            assertThat(errno(net.b.epollCtl(epoll, Linux.EPOLL_CTL_ADD, fd, in))).isEqualTo("EEXIST");
            assertThat(errno(net.b.epollWait(epoll, new EpollEvent[0], 0))).isEqualTo("EINVAL");
            assertThat(errno(net.b.epollCreate1(1))).isEqualTo("EINVAL");
            int copy = net.b.dup(fd);
            net.b.close(fd);
            send(net.a, udp(net.a, 0), "10.0.0.2", 7, "x");
            assertThat(waitData(net.b, epoll)).as("the entry outlives its number while a duplicate is open").isEqualTo("5");
            net.b.close(copy);
            assertThat(waitData(net.b, epoll)).isEmpty();
        }
    }

    /// The Linux trap: a reader that waits holds the description, so that closing the descriptor does not end it.
    @Test
    void closeDoesNotWakeABlockedReader() throws InterruptedException {
        try (Net net = Net.real()) {
            int fd = udp(net.b, 7);
            BlockingQueue<String> result = new LinkedBlockingQueue<>();
            Thread reader = Thread.ofPlatform().start(() -> result.add(receive(net.b, fd, 0)));
            while (reader.getState() != Thread.State.WAITING) {
                Thread.onSpinWait();
            }
            assertThat(net.b.close(fd)).isZero();
            assertThat(reader.isAlive()).isTrue();
            assertThat(receive(net.b, fd, Msg.DONTWAIT)).isEqualTo("EBADF");
            send(net.a, udp(net.a, 0), "10.0.0.2", 7, "last words");
            assertThat(result.take()).isEqualTo("last words");
            reader.join();
            assertThat(net.hostB.openSockets()).isEmpty();
        }
    }

    @Test
    void addressStructuresSurviveTheRoundTrip() {
        for (SockAddr each : new SockAddr[] {SockAddr.of("10.1.2.3", 65_535), SockAddr.of("fd00::1", 80), SockAddr.of("::ffff:1.2.3.4", 1)}) {
            assertThat(SockAddr.fromBytes(each.toBytes(), each.length())).isEqualTo(each);
        }
        assertThat(SockAddr.fromBytes(new byte[1], 1)).isNull();
    }
}
