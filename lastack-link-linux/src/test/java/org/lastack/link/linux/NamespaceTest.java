package org.lastack.link.linux;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Against the kernel of this machine, each test in a fresh network namespace.
final class NamespaceTest {
    private static final int TIMEOUT_S = 120;

    @ParameterizedTest
    @CsvSource({"tun,plain,1500", "tun,vnet,1500", "tun,plain,65535", "tun,vnet,65535", "tap,plain,1500", "tap,vnet,1500", "tap,plain,65521"})
    void theKernelsDatagramsComeBackThroughTheDevice(String kind, String header, String mtu) throws Exception {
        inNamespaceOfRoot(EchoMain.class, kind, header, mtu);
    }

    @Test
    void theKernelsDatagramsComeBackThroughAPacketSocketWithoutPrivilege() throws Exception {
        inNamespaceOfUser(EchoMain.class, "packet", "vnet", "1500");
        inNamespaceOfUser(EchoMain.class, "packet", "vnet", "65535");
    }

    @ParameterizedTest
    @CsvSource({"tun", "packet"})
    void superSegmentsPassInBothDirectionsAndTheKernelsTcpIsContent(String kind) throws Exception {
        if (kind.equals("tun")) {
            inNamespaceOfRoot(TcpMain.class, kind);
        } else {
            inNamespaceOfUser(TcpMain.class, kind);
        }
    }

    @ParameterizedTest
    @CsvSource({"tun", "tap", "packet"})
    void noErrorEndsALinkExceptTheEndOfItsInterface(String kind) throws Exception {
        inNamespaceOfRoot(TroubleMain.class, kind);
    }

    @Test
    void sendingAndReceivingAllocateNothingOfOurOwn() throws Exception {
        inNamespaceOfRoot(HotMain.class);
    }

    @Test
    void descriptorsQueuesAndClosing() throws Exception {
        inNamespaceOfRoot(DescriptorMain.class);
    }

    @Test
    void refusalsSayWhatToDo() throws Exception {
        inNamespaceOfUser(RefusalMain.class);
    }

    private static void inNamespaceOfRoot(Class<?> main, String... arguments) throws Exception {
        assume(NamespacedJvm.whyNot(false));
        NativeException noTun = Namespaces.whyNoTun();
        assume(noTun == null ? null : noTun.getMessage());
        run(false, main, arguments);
    }

    private static void inNamespaceOfUser(Class<?> main, String... arguments) throws Exception {
        assume(NamespacedJvm.whyNot(true));
        run(true, main, arguments);
    }

    private static void run(boolean user, Class<?> main, String... arguments) throws Exception {
        NamespacedJvm.Result result = NamespacedJvm.run(user, TIMEOUT_S, main, arguments);
        assertThat(result.exitCode()).as(result.output()).isZero();
        assertThat(result.output()).contains("OK ");
        System.out.println(main.getSimpleName() + " " + String.join(" ", arguments) + ": " + result.output().strip());
    }

    private static void assume(String whyNot) {
        if (whyNot != null) {
            System.err.println("*** SKIPPED, NOT TESTED: " + NamespaceTest.class.getSimpleName() + ": " + whyNot + " ***");
        }
        Assumptions.assumeTrue(whyNot == null, whyNot);
    }
}
