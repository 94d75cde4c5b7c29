package org.lastack.bsd;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.lastack.core.Counter;
import org.lastack.core.Sysctl;
import org.lastack.core.socket.Msg;
import org.lastack.core.tcp.TcpOptionCalls;

/// Fast Open (RFC 7413) through descriptors, between two hosts.
@Timeout(value = 20, unit = TimeUnit.SECONDS)
class FastOpenCallsTest {
    private static final SockAddr SERVER = SockAddr.of(Lab.SERVER, Lab.PORT);

    private static Lab lab(int mode) {
        return new Lab(builder -> builder.sysctl(Sysctl.TCP_FASTOPEN, mode));
    }

    private static int listen(Lab lab) {
        int listener = lab.listen(true);
        assertThat(lab.server.setsockopt(listener, TcpOptionCalls.IPPROTO_TCP, TcpOptionCalls.TCP_FASTOPEN, 16)).isZero();
        return listener;
    }

    private static String sendto(Lab lab, int fd, String text, int flags) {
        int sent = lab.client.sendto(fd, text.getBytes(US_ASCII), 0, text.length(), Msg.FASTOPEN | flags, SERVER);
        return sent < 0 ? Lab.name(sent) : Integer.toString(sent);
    }

    private static long counted(org.lastack.host.Host host, Counter counter) {
        return host.call(() -> host.engine().counters().get(counter));
    }

    /// The first call gets the cookie, the second sends its text with the SYN; both deliver.
    @Test
    void aBlockingSendtoConnectsAndSends() {
        try (Lab lab = lab(3)) {
            int listener = listen(lab);
            for (int i = 0; i < 2; i++) {
                int fd = Lab.tcp(lab.client);
                assertThat(sendto(lab, fd, "hello", 0)).isEqualTo("5");
                int child = lab.accept(listener);
                assertThat(Lab.read(lab.server, child)).isEqualTo("hello");
                assertThat(counted(lab.clientHost, Counter.TcpExtTCPFastOpenActive)).isEqualTo(i);
                assertThat(counted(lab.serverHost, Counter.TcpExtTCPFastOpenPassive)).isEqualTo(i);
                assertThat(sendto(lab, fd, "again", 0)).isEqualTo("EISCONN");
            }
        }
    }

    @Test
    void aNonBlockingSendtoTellsWhetherItsTextIsUnderWay() {
        try (Lab lab = lab(3)) {
            int listener = listen(lab);
            assertThat(sendto(lab, Lab.tcp(lab.client), "hello", Msg.DONTWAIT)).isEqualTo("EINPROGRESS");
            lab.time.settle();
            assertThat(sendto(lab, Lab.tcp(lab.client), "hello", Msg.DONTWAIT)).isEqualTo("5");
            lab.accept(listener);
            assertThat(Lab.read(lab.server, lab.accept(listener))).isEqualTo("hello");
        }
    }

    @Test
    void aRefusalIsTheResultOfTheCall() {
        try (Lab lab = lab(5)) {
            assertThat(sendto(lab, Lab.tcp(lab.client), "hello", 0)).isEqualTo("ECONNREFUSED");
        }
    }

    /// TCP_FASTOPEN_CONNECT: an unchanged program that connects and writes.
    @Test
    void connectAndWriteUseItToo() {
        try (Lab lab = lab(7)) {
            int listener = listen(lab);
            lab.serverHost.run(() -> lab.serverHost.engine().sysctls().set(Sysctl.TCP_FASTOPEN, 0x202));
            int fd = Lab.tcp(lab.client);
            assertThat(lab.client.setsockopt(fd, TcpOptionCalls.IPPROTO_TCP, TcpOptionCalls.TCP_FASTOPEN_CONNECT, 1)).isZero();
            assertThat(Lab.name(lab.client.connect(fd, SERVER))).isEqualTo("OK");
            Lab.write(lab.client, fd, "x".repeat(5000));
            int child = lab.accept(listener);
            int octets = 0;
            while (octets < 5000) {
                octets += Lab.read(lab.server, child).length();
            }
            assertThat(octets).isEqualTo(5000);
            assertThat(counted(lab.clientHost, Counter.TcpExtTCPFastOpenActive)).isOne();
        }
    }

    @Test
    void itIsOffUnlessSomebodySwitchesItOn() {
        try (Lab lab = new Lab()) {
            listen(lab);
            assertThat(sendto(lab, Lab.tcp(lab.client), "hello", 0)).isEqualTo("EOPNOTSUPP");
        }
    }

    @Test
    void withoutAnAddressThereIsNothingToConnectTo() {
        try (Lab lab = lab(1)) {
            assertThat(Lab.name(lab.client.sendto(Lab.tcp(lab.client), new byte[5], 0, 5, Msg.FASTOPEN, null))).isEqualTo("EINVAL");
            assertThat(Lab.name(lab.client.sendto(Lab.tcp(lab.client), new byte[5], 0, 5, Msg.FASTOPEN, SockAddr.UNSPEC))).isEqualTo("EOPNOTSUPP");
        }
    }
}
