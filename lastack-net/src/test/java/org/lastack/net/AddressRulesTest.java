package org.lastack.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The grammar of address rules, and which one decides.
class AddressRulesTest {
    @TempDir
    private Path directory;

    @ParameterizedTest
    @CsvSource({
        "kernel 192.0.2.10:5432, 192.0.2.10, 5432, KERNEL",
        "kernel 192.0.2.10:5432, 192.0.2.10, 5433, LASTACK",
        "kernel 192.0.2.10:5432, 192.0.2.11, 5432, LASTACK",
        "kernel 10.0.0.0/8:8000-8999, 10.255.1.2, 8999, KERNEL",
        "kernel 10.0.0.0/8:8000-8999, 10.255.1.2, 9000, LASTACK",
        "kernel 10.0.0.0/8:8000-8999, 11.0.0.1, 8000, LASTACK",
        "kernel 0.0.0.0/0, 203.0.113.9, 1, KERNEL",
        "kernel 0.0.0.0/0, 2001:db8::1, 1, LASTACK",
        "kernel 2001:db8::/32, 2001:db8:1::1, 443, KERNEL",
        "kernel 2001:db8::1, 2001:db8::1, 443, KERNEL",
        "kernel [2001:db8::]/32:443, 2001:db8:1::1, 443, KERNEL",
        "kernel [2001:db8::]/32:443, 2001:db8:1::1, 444, LASTACK",
        "kernel [2001:db8::1]:443, 2001:db9::1, 443, LASTACK",
        "kernel *, 198.51.100.1, 7, KERNEL",
        "kernel *:53, 198.51.100.1, 53, KERNEL",
        "kernel *:53, 198.51.100.1, 54, LASTACK",
        "default kernel, 198.51.100.1, 54, KERNEL",
        "lastack 10.0.0.0/8; kernel 10.1.0.0/16; default kernel, 10.1.2.3, 1, LASTACK",
        "kernel 10.1.0.0/16; lastack 10.0.0.0/8; default kernel, 10.1.2.3, 1, KERNEL",
        "bind kernel *, 10.1.2.3, 1, LASTACK"})
    void theFirstRuleThatMatchesDecides(String rules, String address, int port, AddressRules.Side side) {
        assertThat(AddressRules.parse(rules).destination(new InetSocketAddress(address, port))).isEqualTo(side);
    }

    @Test
    void namesAreThoseThatTheProgramWrote() throws Exception {
        AddressRules rules = AddressRules.parse("kernel DB.example.com:5432 ; kernel *.data.example.com");
        byte[] octets = {10, 0, 0, 9};
        assertThat(rules.destination(new InetSocketAddress(InetAddress.getByAddress("db.EXAMPLE.com", octets), 5432))).isEqualTo(AddressRules.Side.KERNEL);
        assertThat(rules.destination(new InetSocketAddress(InetAddress.getByAddress("db.example.com", octets), 80))).isEqualTo(AddressRules.Side.LASTACK);
        assertThat(rules.destination(new InetSocketAddress(InetAddress.getByAddress("a.data.example.com", octets), 80))).isEqualTo(AddressRules.Side.KERNEL);
        assertThat(rules.destination(new InetSocketAddress(InetAddress.getByAddress("data.example.com", octets), 80))).isEqualTo(AddressRules.Side.LASTACK);
        assertThat(rules.destination(new InetSocketAddress(InetAddress.getByAddress(octets), 5432))).as("nothing is looked up").isEqualTo(AddressRules.Side.LASTACK);
        assertThat(AddressRules.parse("kernel *.data.example.com").destination(InetSocketAddress.createUnresolved("x.data.example.com", 1)))
                .isEqualTo(AddressRules.Side.KERNEL);
    }

    @Test
    void listenersHaveRulesOfTheirOwn() {
        AddressRules rules = AddressRules.parse("# comment\n\nbind kernel 127.0.0.0/8 # another\nkernel 10.0.0.1\r\n");
        assertThat(rules.binding(new InetSocketAddress("127.0.0.1", 0))).isEqualTo(AddressRules.Side.KERNEL);
        assertThat(rules.binding(new InetSocketAddress("10.0.0.1", 0))).isEqualTo(AddressRules.Side.LASTACK);
        assertThat(rules.destination(new InetSocketAddress("127.0.0.1", 0))).isEqualTo(AddressRules.Side.LASTACK);
    }

    @ParameterizedTest
    @ValueSource(strings = {"kernel", "kernel 1.2.3.4 5", "linux 1.2.3.4", "bind 1.2.3.4", "kernel 1.2.3.256", "kernel 1.2.3.4/33", "kernel ::/129", "kernel 1.2.3.4:65536",
        "kernel 1.2.3.4:9-8", "kernel 1.2.3.4:x", "kernel :80", "kernel a b c d", "default", "default both", "kernel exa mple", "kernel *.*", "kernel db.example/8",
        "kernel 1.2.3.4/", "kernel [::1]:", "kernel 99999999999:1"})
    void badRulesAreNamed(String rule) {
        assertThatThrownBy(() -> AddressRules.parse("kernel 10.0.0.0/8;" + rule)).isInstanceOf(IllegalArgumentException.class).hasMessageStartingWith("address rule '" + rule.strip());
    }

    @Test
    void ofTheJvm() throws Exception {
        assertThat(AddressRules.configured()).isNull();
        Path file = Files.writeString(directory.resolve("rules"), "kernel 10.0.0.0/8\nlastack 10.0.0.1\n");
        System.setProperty(AddressRules.PROPERTY, "lastack 10.9.0.0/16; kernel 10.8.0.0/16");
        System.setProperty(AddressRules.FILE_PROPERTY, file.toString());
        try {
            AddressRules rules = AddressRules.configured();
            assertThat(rules.destination(new InetSocketAddress("10.9.0.1", 1))).as("the property comes first").isEqualTo(AddressRules.Side.LASTACK);
            assertThat(rules.destination(new InetSocketAddress("10.0.0.1", 1))).isEqualTo(AddressRules.Side.KERNEL);
            System.setProperty(AddressRules.FILE_PROPERTY, directory.resolve("missing").toString());
            assertThatThrownBy(AddressRules::configured).isInstanceOf(java.io.UncheckedIOException.class).hasMessageContaining("missing");
        } finally {
            System.clearProperty(AddressRules.PROPERTY);
            System.clearProperty(AddressRules.FILE_PROPERTY);
        }
    }
}
