package org.lastack.core.socket;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.lastack.core.EngineFixture;
import org.lastack.core.Errno;
import org.lastack.core.Sysctl;
import org.lastack.core.udp.UdpSocket;

class SocketOptionsTest extends EngineFixture {
    private final UdpSocket s = engine.udpSocket(InetSocket.AF_INET6, Owner.ROOT);
    private final UdpSocket user = engine.udpSocket(InetSocket.AF_INET, new Owner(1000, 1, "user"));
    private final byte[] b = new byte[64];

    @ParameterizedTest
    @CsvSource({"1,2", "1,5", "1,6", "1,9", "1,10", "1,11", "1,15", "0,8", "0,11", "0,12", "0,13", "0,15", "0,19", "0,24", "41,25", "41,26", "41,49",
        "41,51", "41,66", "41,75", "41,78"})
    void booleansReadBackAsZeroAndOne(int level, int name) {
        assertThat(s.setInt(level, name, 77)).isZero();
        assertThat(s.getInt(level, name)).isEqualTo(1);
        assertThat(s.setInt(level, name, 0)).isZero();
        assertThat(s.getInt(level, name)).isZero();
    }

    @ParameterizedTest
    @CsvSource({
        // level, name, value, result of set, value of get
        "1, 7,  10000,      0,   20000",
        "1, 7,  1,          0,   4608",
        "1, 7,  -1,         0,   8388608",
        "1, 8,  10000,      0,   20000",
        "1, 8,  0,          0,   2304",
        "1, 8,  2147483647, 0,   8388608",
        "1, 18, 0,          0,   1",
        "1, 18, -5,         0,   2147483647",
        "1, 12, 7,          0,   7",
        "0, 1,  255,        0,   255",
        "0, 2,  255,        0,   255",
        "0, 2,  0,          -22, 64",
        "0, 2,  256,        -22, 64",
        "0, 2,  -1,         0,   64",
        "0, 10, 5,          0,   5",
        "0, 10, 6,          -22, 1",
        "0, 21, 256,        -22, 0",
        "41, 16, 0,         0,   0",
        "41, 16, -2,        -22, 64",
        "41, 67, 255,       0,   255",
        "41, 67, 256,       -22, 0",
        "41, 23, 3,         0,   3"})
    void valuesLimitsAndErrors(int level, int name, int value, int set, int get) {
        assertThat(s.setInt(level, name, value)).isEqualTo(set);
        assertThat(s.getInt(level, name)).isEqualTo(get);
    }

    @ParameterizedTest
    @CsvSource({"0,3,0", "0,22,0", "1,3,2", "1,38,17", "1,39,10", "1,30,0", "1,4,0", "1,19,1"})
    void readOnlyOptions(int level, int name, int value) {
        assertThat(s.getInt(level, name)).isEqualTo(value);
        assertThat(name == 4 || s.setInt(level, name, 1) == -Errno.ENOPROTOOPT).isTrue();
    }

    @ParameterizedTest
    @CsvSource({"1,999", "1,49", "0,7", "0,4", "0,999", "41,999", "6,1", "17,999"})
    void unknownOrRefusedOptionsAreEnoprotoopt(int level, int name) {
        assertThat(s.setInt(level, name, 1)).isEqualTo(-Errno.ENOPROTOOPT);
        assertThat(s.getInt(level, name)).isEqualTo(-Errno.ENOPROTOOPT);
    }

    @Test
    void anIpv4SocketKnowsNothingOfIpv6() {
        assertThat(user.setInt(41, SocketOptions.IPV6_V6ONLY, 1)).isEqualTo(-Errno.ENOPROTOOPT);
    }

    @Test
    void lengths() {
        assertThat(s.setOption(1, SocketOptions.SO_REUSEADDR, b, 0, 3)).isEqualTo(-Errno.EINVAL);
        assertThat(s.setOption(1, SocketOptions.SO_LINGER, b, 0, 4)).isEqualTo(-Errno.EINVAL);
        assertThat(s.setOption(1, SocketOptions.SO_RCVTIMEO, b, 0, 8)).isEqualTo(-Errno.EINVAL);
        assertThat(s.setOption(1, SocketOptions.SO_REUSEADDR, b, 0, -1)).isEqualTo(-Errno.EINVAL);
        // The IP level takes one octet, and gives one.
        b[0] = 9;
        assertThat(s.setOption(0, SocketOptions.IP_TTL, b, 0, 1)).isZero();
        Arrays.fill(b, (byte) 0x55);
        assertThat(s.getOption(0, SocketOptions.IP_TTL, b, 0, 1)).isEqualTo(1);
        assertThat(b[0]).isEqualTo((byte) 9);
        assertThat(b[1]).isEqualTo((byte) 0x55);
        assertThat(s.getOption(1, SocketOptions.SO_RCVBUF, b, 0, 2)).isEqualTo(2);
        assertThat(s.setOption(41, SocketOptions.IPV6_V6ONLY, b, 0, 1)).isEqualTo(-Errno.EINVAL);
    }

    @Test
    void lingerAndTimeouts() {
        OptionBytes.put32(b, 0, 1);
        OptionBytes.put32(b, 4, 30);
        assertThat(s.setOption(1, SocketOptions.SO_LINGER, b, 0, 8)).isZero();
        assertThat(s.lingerOption()).isEqualTo(30);
        OptionBytes.put64(b, 0, 2);
        OptionBytes.put64(b, 8, 500_000);
        assertThat(s.setOption(1, SocketOptions.SO_RCVTIMEO, b, 0, 16)).isZero();
        assertThat(s.receiveTimeoutUs()).isEqualTo(2_500_000);
        OptionBytes.put64(b, 8, 1_000_000);
        assertThat(s.setOption(1, SocketOptions.SO_SNDTIMEO, b, 0, 16)).isEqualTo(-Errno.EDOM);
        assertThat(s.sendTimeoutUs()).isZero();
    }

    @Test
    void devices() {
        byte[] name = "tun0\0".getBytes(StandardCharsets.US_ASCII);
        assertThat(user.setOption(1, SocketOptions.SO_BINDTODEVICE, name, 0, name.length)).isZero();
        assertThat(user.boundInterface()).isEqualTo(tun.index());
        assertThat(user.setOption(1, SocketOptions.SO_BINDTODEVICE, name, 0, 0)).isEqualTo(-Errno.EPERM);
        assertThat(user.getOption(1, SocketOptions.SO_BINDTODEVICE, b, 0, 16)).isEqualTo(5);
        assertThat(s.setOption(1, SocketOptions.SO_BINDTODEVICE, "eth9".getBytes(StandardCharsets.US_ASCII), 0, 4)).isEqualTo(-Errno.ENODEV);
    }

    @Test
    void privilegedOptions() {
        assertThat(user.setInt(1, SocketOptions.SO_MARK, 5)).isEqualTo(-Errno.EPERM);
        assertThat(user.setInt(1, SocketOptions.SO_PRIORITY, 7)).isEqualTo(-Errno.EPERM);
        assertThat(user.setInt(1, SocketOptions.SO_RCVBUFFORCE, 7)).isEqualTo(-Errno.EPERM);
        assertThat(user.setInt(1, SocketOptions.SO_DEBUG, 1)).isEqualTo(-Errno.EACCES);
        assertThat(user.setInt(0, SocketOptions.IP_TRANSPARENT, 1)).isEqualTo(-Errno.EPERM);
        assertThat(s.setInt(1, SocketOptions.SO_MARK, 5)).isZero();
    }

    @Test
    void portRangesAndV6onlyAfterBind() {
        assertThat(user.setInt(0, SocketOptions.IP_LOCAL_PORT_RANGE, 200 << 16 | 100)).isZero();
        assertThat(user.portRange()).isEqualTo(200 << 16 | 100);
        assertThat(user.setInt(0, SocketOptions.IP_LOCAL_PORT_RANGE, 100 << 16 | 200)).isEqualTo(-Errno.EINVAL);
        assertThat(s.bind(0, 0, 5000)).isZero();
        assertThat(s.setInt(41, SocketOptions.IPV6_V6ONLY, 1)).isEqualTo(-Errno.EINVAL);
    }

    @Test
    void mtuNeedsAPeer() {
        assertThat(user.getInt(0, SocketOptions.IP_MTU)).isEqualTo(-Errno.ENOTCONN);
        user.connect(PEER.high(), PEER.low(), 9);
        assertThat(user.getInt(0, SocketOptions.IP_MTU)).isEqualTo(1500);
        engine.sysctls().set(Sysctl.IP_DEFAULT_TTL, 32);
        assertThat(user.getInt(0, SocketOptions.IP_TTL)).isEqualTo(32);
        assertThat(s.setInt(41, SocketOptions.IPV6_MTU, 1000)).isEqualTo(-Errno.EINVAL);
    }
}
