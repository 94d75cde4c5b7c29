package org.lastack.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class IpAddressTest {
    @ParameterizedTest
    @DisplayName("RFC 5952 section 4: the one text form of an address")
    @CsvSource({"2001:0db8::0001, 2001:db8::1", "2001:db8:0:0:0:0:2:1, 2001:db8::2:1", "2001:db8:0:1:1:1:1:1, 2001:db8:0:1:1:1:1:1",
        "2001:0:0:1:0:0:0:1, 2001:0:0:1::1", "2001:db8:0:0:1:0:0:1, 2001:db8::1:0:0:1", "2001:DB8::AbCd, 2001:db8::abcd",
        "0:0:0:0:0:0:0:0, ::", "0:0:0:0:0:0:0:1, ::1", "1:0:0:0:0:0:0:0, 1::", "0:1:0:0:0:0:0:0, 0:1::", "0:0:1:0:0:0:0:0, 0:0:1::",
        "::2:3:4:5:6:7:8, 0:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::, 1:2:3:4:5:6:7:0", "1::3:4:5:6:7:8, 1:0:3:4:5:6:7:8",
        "fe80:0:0:0:0:0:0:0, fe80::", "64:ff9b::192.0.2.33, 64:ff9b::c000:221", "::ffff:192.0.2.1, 192.0.2.1", "::ffff:c000:201, 192.0.2.1",
        "::192.0.2.1, ::c000:201", "1:2:3:4:5:6:1.2.3.4, 1:2:3:4:5:6:102:304", "[::1], ::1", "[fd00::2], fd00::2"})
    void canonicalForm(String text, String canonical) {
        assertThat(IpAddress.of(text)).hasToString(canonical);
        assertThat(IpAddress.of(canonical)).isEqualTo(IpAddress.of(text));
    }

    @ParameterizedTest
    @ValueSource(strings = {"0.0.0.0", "1.2.3.4", "127.0.0.1", "255.255.255.255", "10.0.0.255", "198.18.0.2"})
    void dottedFormsComeBackAsTheyWere(String text) {
        assertThat(IpAddress.of(text)).hasToString(text);
        assertThat(IpAddress.of(text).isV4()).isTrue();
        assertThat(IpAddress.of(text).toBytes()).hasSize(4);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", ".", ":", ":::", "1", "1.2", "1.2.3", "1.2.3.4.", ".1.2.3.4", "1.2.3.4.5", "1..2.3", "256.1.1.1", "1.2.3.999",
        "01.2.3.4", "1.2.3.00", "1.2.3.-4", "1.2.3.+4", "1.2.3.4 ", " 1.2.3.4", "1.2.3.a", "0x1.2.3.4", "[1.2.3.4]", "\u0661.2.3.4", "localhost",
        "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8:", ":1:2:3:4:5:6:7:8", "1::2::3", "::1::", "12345::", "g::", "::-1", "::+1",
        "1:2:3:4:5:6:7:8::", "::1:2:3:4:5:6:7:8", "1:2:3:4::5:6:7:8", "1:2:3:4:5:6:7:1.2.3.4", "1.2.3.4::", "::1.2.3.4:5", "::1.2.3", "::256.1.1.1",
        "fe80::1%eth0", "[::1", "::1]", "[]", "[", "]", "[[::1]]", "1:", "::1:", "1:::2", "::\u0661"})
    void refusesEverythingElse(String text) {
        assertThat(IpAddress.parse(text)).isNull();
        assertThatThrownBy(() -> IpAddress.of(text)).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("'" + text + "'");
    }

    @Test
    void randomTextNeverThrows() {
        String alphabet = "0123456789abcdefABCDEFg:.[]%/-+ x\u0661\u00e9";
        Random random = new Random(7);
        int accepted = 0;
        for (int round = 0; round < 100_000; round++) {
            StringBuilder text = new StringBuilder();
            int length = random.nextInt(24);
            int letters = random.nextBoolean() ? alphabet.length() : 24;
            for (int i = 0; i < length; i++) {
                text.append(random.nextInt(3) == 0 ? ':' : alphabet.charAt(random.nextInt(letters)));
            }
            IpAddress address = IpAddress.parse(text.toString());
            if (address != null) {
                accepted++;
                assertThat(IpAddress.parse(address.toString())).isEqualTo(address);
            }
        }
        assertThat(accepted).as("the generator also makes addresses").isPositive();
    }

    @Test
    void mutatedAddressesNeverThrowAndWhatParsesRoundTrips() {
        Random random = new Random(8);
        String[] seeds = {"2001:db8::1", "::ffff:192.0.2.1", "1:2:3:4:5:6:7:8", "255.255.255.255", "[fe80::1]", "1:2:3:4:5:6:1.2.3.4"};
        for (int round = 0; round < 50_000; round++) {
            StringBuilder text = new StringBuilder(seeds[random.nextInt(seeds.length)]);
            for (int change = random.nextInt(4); change >= 0 && !text.isEmpty(); change--) {
                int at = random.nextInt(text.length());
                switch (random.nextInt(3)) {
                    case 0 -> text.deleteCharAt(at);
                    case 1 -> text.insert(at, ":.09f["  .charAt(random.nextInt(6)));
                    default -> text.setCharAt(at, text.charAt(random.nextInt(text.length())));
                }
            }
            IpAddress address = IpAddress.parse(text.toString());
            if (address != null) {
                assertThat(IpAddress.of(address.toString())).isEqualTo(address);
            }
        }
    }

    @Test
    void randomAddressesRoundTripThroughTextAndBytes() {
        Random random = new Random(9);
        for (int round = 0; round < 20_000; round++) {
            // Groups of zeros are frequent, so that the compression has work.
            long mask = 0;
            for (int group = 0; group < 4; group++) {
                mask = mask << 16 | (random.nextBoolean() ? 0xffff : 0);
            }
            IpAddress address = round % 3 == 0 ? IpAddress.v4(random.nextInt())
                    : new IpAddress(random.nextLong() & mask, random.nextLong() & Long.rotateLeft(mask, 16));
            assertThat(IpAddress.of(address.toString())).isEqualTo(address);
            byte[] bytes = address.toBytes();
            assertThat(bytes.length == 4 ? IpAddress.readV4(bytes, 0) : IpAddress.readV6(bytes, 0)).isEqualTo(address);
        }
    }

    @Test
    void theTextAgreesWithTheJdksParser() throws java.net.UnknownHostException {
        Random random = new Random(10);
        for (int round = 0; round < 5000; round++) {
            IpAddress address = new IpAddress(random.nextLong(), random.nextLong() & (random.nextBoolean() ? 0xffffL : -1L));
            // getByAddress and a literal never ask a name service.
            assertThat(java.net.InetAddress.ofLiteral(address.toString()).getAddress()).isEqualTo(address.toBytes());
        }
    }

    @Test
    void kindsOfAddresses() {
        assertThat(IpAddress.of("127.5.6.7").isLoopback()).isTrue();
        assertThat(IpAddress.of("::1").isLoopback()).isTrue();
        assertThat(IpAddress.of("::2").isLoopback()).isFalse();
        assertThat(IpAddress.of("128.0.0.1").isLoopback()).isFalse();
        assertThat(IpAddress.of("224.0.0.1").isMulticast()).isTrue();
        assertThat(IpAddress.of("239.255.255.255").isMulticast()).isTrue();
        assertThat(IpAddress.of("240.0.0.1").isMulticast()).isFalse();
        assertThat(IpAddress.of("223.255.255.255").isMulticast()).isFalse();
        assertThat(IpAddress.of("ff02::1").isMulticast()).isTrue();
        assertThat(IpAddress.of("fe80::1").isMulticast()).isFalse();
        assertThat(IpAddress.of("fe80::1").isLinkLocal()).isTrue();
        assertThat(IpAddress.of("febf::1").isLinkLocal()).isTrue();
        assertThat(IpAddress.of("fec0::1").isLinkLocal()).isFalse();
        assertThat(IpAddress.of("169.254.3.4").isLinkLocal()).isTrue();
        assertThat(IpAddress.ANY_V4.isUnspecified()).isTrue();
        assertThat(IpAddress.ANY_V6.isUnspecified()).isTrue();
        assertThat(IpAddress.LOOPBACK_V6.isUnspecified()).isFalse();
        IpAddress all = IpAddress.of("255.255.255.255");
        assertThat(IpAddress.isLimitedBroadcast(all.high(), all.low())).isTrue();
        assertThat(IpAddress.isLimitedBroadcast(0, -1)).isFalse();
    }

    @Test
    void prefixesOfBothFamilies() {
        IpAddress host = IpAddress.of("198.18.0.129");
        assertThat(host.sharesPrefix(IpAddress.of("198.18.0.1"), 24)).isTrue();
        assertThat(host.sharesPrefix(IpAddress.of("198.18.0.1"), 25)).isFalse();
        assertThat(host.sharesPrefix(IpAddress.of("1.2.3.4"), 0)).isTrue();
        assertThat(host.sharesPrefix(host, 32)).isTrue();
        assertThat(host.sharesPrefix(IpAddress.of("198.18.0.128"), 32)).isFalse();
        assertThat(host.sharesPrefix(IpAddress.of("::1"), 0)).as("families never share").isFalse();
        IpAddress six = IpAddress.of("fd00:1:2:3:8000::1");
        assertThat(six.sharesPrefix(IpAddress.of("fd00:1:2:3::2"), 64)).isTrue();
        assertThat(six.sharesPrefix(IpAddress.of("fd00:1:2:3::2"), 65)).isFalse();
        assertThat(six.sharesPrefix(IpAddress.of("fd00:1:2:2::2"), 63)).isTrue();
        assertThat(six.sharesPrefix(IpAddress.of("8000::"), 0)).isTrue();
        assertThat(six.sharesPrefix(six, 128)).isTrue();
        assertThat(six.sharesPrefix(IpAddress.of("fd00:1:2:3:8000::"), 128)).isFalse();
    }

    @Test
    void portsAndOrder() {
        assertThat(IpAddress.of("10.0.0.1").withPort(80)).isEqualTo("10.0.0.1:80");
        assertThat(IpAddress.of("fd00::1").withPort(80)).isEqualTo("[fd00::1]:80");
        assertThat(IpAddress.of("ffff::")).as("unsigned").isGreaterThan(IpAddress.of("1::"));
        assertThat(IpAddress.of("200.0.0.1")).isGreaterThan(IpAddress.of("100.0.0.1"));
    }
}
