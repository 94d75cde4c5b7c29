package org.lastack.javalibs;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.ssl.OpenSsl;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.lastack.link.linux.NamespacedJvm;

/// Test suites of others with Lastack as the JVM's provider, in a namespace that has nothing but `lo`: Netty's transport suite and the
/// `SelectorTest` of Kafka's clients. Every test passes but the listed ones; a listed one that passes must leave the list.
class SuitesTest {
    /// Part of the test's name, and why it cannot pass. Lines of docs/java.md.
    static final Map<String, String> KNOWN = OpenSsl.isAvailable() ? Map.of()
            : Map.of("SocketSslSessionReuseTest/testSslSessionTrustManagerResumption(io.netty.handler.ssl.SslContextBuilder, io.netty.handler.ssl.SslContextBuilder, org.junit.jupiter.api.TestInfo)/#2",
                    "wants OpenSSL's native library, which does not exist for this machine");

    private static Stream<DynamicTest> suite(int atLeast, int seconds, String... selection) throws Exception {
        Optional<Stream<DynamicTest>> skipped = Inside.skipped(SuitesTest.class);
        if (skipped.isPresent()) {
            return skipped.get();
        }
        NamespacedJvm.Result result = Inside.run(seconds, SuiteRunner.class, selection);
        List<String[]> rows = result.output().lines().filter(each -> each.startsWith("TEST\t")).map(each -> each.split("\t", 4)).toList();
        assertThat(rows.size()).as(result.output()).isGreaterThanOrEqualTo(atLeast);
        assertThat(result.output()).contains("FAULTS\t0\t");
        return rows.stream().filter(each -> !each[1].equals("SKIPPED")).map(each -> DynamicTest.dynamicTest(each[2], () -> {
            boolean known = KNOWN.keySet().stream().anyMatch(each[2]::contains);
            assertThat(each[1]).as(each[3]).isEqualTo(known ? "FAILED" : "OK");
        }));
    }

    private static final String NETTY = "io.netty.testsuite.transport.socket";
    private static final String WANTS_OPENSSL = NETTY + ".SocketSslSessionReuseTest";

    /// Without OpenSSL, or each test of TLS would run with each mixture of both: a thousand tests of the same octets. The one that fails without it has it.
    @TestFactory
    Stream<DynamicTest> nettyTransport() throws Exception {
        return Stream.concat(suite(200, 400, "-Dio.netty.handler.ssl.noOpenSsl=true", "package:" + NETTY, "not:" + WANTS_OPENSSL), suite(3, 100, WANTS_OPENSSL));
    }

    @TestFactory
    Stream<DynamicTest> kafkaSelector() throws Exception {
        return suite(30, 200, "org.apache.kafka.common.network.SelectorTest");
    }
}
