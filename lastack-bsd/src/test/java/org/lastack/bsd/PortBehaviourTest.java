package org.lastack.bsd;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.lastack.bsd.Lab.PORT;
import static org.lastack.bsd.Lab.bind;
import static org.lastack.bsd.Lab.localPort;
import static org.lastack.bsd.Lab.name;
import static org.lastack.bsd.Lab.read;
import static org.lastack.bsd.Lab.readNow;
import static org.lastack.bsd.Lab.tcp;

import org.junit.jupiter.api.Test;
import org.lastack.core.Sysctl;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.Owner;
import org.lastack.core.socket.SocketOptions;

/// Ports and who has them: behaviours S4 through socket calls.
class PortBehaviourTest {
    private static int udp(BsdSockets process) {
        return process.socket(InetSocket.AF_INET, Linux.SOCK_DGRAM, 0);
    }

    private static int send(BsdSockets process, int fd, String address, String text) {
        return process.sendto(fd, text.getBytes(US_ASCII), 0, text.length(), 0, SockAddr.of(address, PORT));
    }

    /// S4-04: well-known ports need privilege, unless the limit was lowered (row P120).
    @Test
    void s4_04_wellKnownPortsNeedPrivilege() {
        try (Lab lab = new Lab()) {
            BsdSockets user = new BsdSockets(lab.serverHost, new Owner(1001, 5, "user"));
            assertThat(name(bind(user, tcp(user), "0.0.0.0", 80))).isEqualTo("EACCES");
            assertThat(name(bind(user, udp(user), "0.0.0.0", 80))).isEqualTo("EACCES");
            assertThat(name(bind(user, tcp(user), "0.0.0.0", 1024))).isEqualTo("OK");
            assertThat(name(bind(lab.server, tcp(lab.server), "0.0.0.0", 80))).isEqualTo("OK");
            lab.serverHost.sysctl(Sysctl.IP_UNPRIVILEGED_PORT_START, 0);
            assertThat(name(bind(user, tcp(user), "0.0.0.0", 81))).isEqualTo("OK");
            user.close();
        }
    }

    /// S4-06: a client gets its port at connect (TCP), or at connect or the first sendto (UDP), not at send.
    @Test
    void s4_06_whenAClientGetsItsPort() {
        try (Lab lab = new Lab()) {
            int listener = lab.listen(true);
            int stream = tcp(lab.client);
            assertThat(localPort(lab.client, stream)).isZero();
            assertThat(lab.client.connect(stream, SockAddr.of("10.0.0.2", PORT))).isZero();
            assertThat(localPort(lab.client, stream)).isBetween(32_768, 60_999);
            lab.accept(listener);
            int connected = udp(lab.client);
            assertThat(localPort(lab.client, connected)).isZero();
            lab.client.connect(connected, SockAddr.of("10.0.0.2", PORT));
            assertThat(localPort(lab.client, connected)).isPositive();
            int sending = udp(lab.client);
            assertThat(localPort(lab.client, sending)).isZero();
            send(lab.client, sending, "10.0.0.2", "x");
            assertThat(localPort(lab.client, sending)).isPositive();
        }
    }

    /// S4-07: one port can belong to several processes and sockets: by fork, by SO_REUSEPORT, by different addresses, by protocol.
    @Test
    void s4_07_onePortSeveralOwners() {
        try (Lab lab = new Lab()) {
            int first = tcp(lab.server);
            lab.server.setsockopt(first, SocketOptions.SOL_SOCKET, SocketOptions.SO_REUSEPORT, 1);
            assertThat(bind(lab.server, first, "0.0.0.0", PORT)).isZero();
            assertThat(lab.server.listen(first, 1)).isZero();
            BsdSockets other = new BsdSockets(lab.serverHost, lab.server.owner());
            int second = tcp(other);
            other.setsockopt(second, SocketOptions.SOL_SOCKET, SocketOptions.SO_REUSEPORT, 1);
            assertThat(name(bind(other, second, "0.0.0.0", PORT))).isEqualTo("OK");
            assertThat(name(other.listen(second, 1))).isEqualTo("OK");
            assertThat(name(bind(other, udp(other), "0.0.0.0", PORT))).isEqualTo("OK");
            BsdSockets child = lab.server.fork(new Owner(0, 300, "child"));
            int connection = lab.connect();
            lab.server.close(first);
            other.close();
            int accepted = child.socket(InetSocket.AF_INET, Linux.SOCK_STREAM, 0);
            assertThat(accepted).isNotEqualTo(first);
            assertThat(name(lab.connect())).as("the child's copy of the descriptor still listens").isEqualTo("OK");
            assertThat(connection).isNotNegative();
            child.close();
        }
    }

    /// S4-14: of several datagram sockets the one that fits best gets it: connected, then specific address, then wildcard.
    @Test
    void s4_14_whichSocketGetsADatagram() {
        try (Lab lab = new Lab()) {
            int wild = shared(lab, "0.0.0.0");
            int specific = shared(lab, "10.0.0.2");
            int connected = shared(lab, "10.0.0.2");
            int friend = udp(lab.client);
            bind(lab.client, friend, "10.0.0.1", 5000);
            assertThat(lab.server.connect(connected, SockAddr.of("10.0.0.1", 5000))).isZero();
            int stranger = udp(lab.client);
            send(lab.client, friend, "10.0.0.2", "from a friend");
            send(lab.client, stranger, "10.0.0.2", "to the address");
            send(lab.client, stranger, "10.0.0.3", "to the wildcard");
            assertThat(read(lab.server, connected)).isEqualTo("from a friend");
            assertThat(read(lab.server, specific)).isEqualTo("to the address");
            assertThat(read(lab.server, wild)).isEqualTo("to the wildcard");
            assertThat(readNow(lab.server, connected) + readNow(lab.server, specific) + readNow(lab.server, wild)).isEqualTo("EAGAINEAGAINEAGAIN");
        }
    }

    private static int shared(Lab lab, String address) {
        int fd = udp(lab.server);
        Lab.reuse(lab.server, fd);
        assertThat(name(bind(lab.server, fd, address, PORT))).isEqualTo("OK");
        return fd;
    }

    /// S4-21: a datagram of more than 64 KiB is refused; the application has to split it.
    @Test
    void s4_21_largeMessagesAreTheApplicationsBusiness() {
        try (Lab lab = new Lab()) {
            int receiver = udp(lab.server);
            bind(lab.server, receiver, "10.0.0.2", PORT);
            int sender = udp(lab.client);
            byte[] large = new byte[100_000];
            assertThat(name(lab.client.sendto(sender, large, 0, 65_508, 0, SockAddr.of("10.0.0.2", PORT)))).isEqualTo("EMSGSIZE");
            int sent = 0;
            for (int part = 0; part < 2; part++) {
                sent += lab.client.sendto(sender, large, 0, 50_000, 0, SockAddr.of("10.0.0.2", PORT));
            }
            assertThat(sent).isEqualTo(large.length);
            assertThat(lab.server.recv(receiver, large, 0, large.length, 0)).isEqualTo(50_000);
            assertThat(lab.server.recv(receiver, large, 0, large.length, 0)).isEqualTo(50_000);
        }
    }
}
