package org.lastack.javalibs;

import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicTest;
import org.lastack.link.linux.NamespacedJvm;
import org.lastack.link.linux.Namespaces;

/// Runs main classes of these tests in a network namespace with nothing but `lo`: root in a plain one, others in one of a user namespace. Where neither is
/// allowed the test is skipped and counted as such, and says so on standard error, because a green build that tested nothing is a trap.
final class Inside {
    private static final AtomicBoolean SAID = new AtomicBoolean();

    private Inside() {}

    private static boolean userNamespace() {
        return System.getProperty("os.name", "").equals("Linux") && !Namespaces.isRoot();
    }

    /// A test that is skipped, with the reason; empty if [#run] works here. A factory that is skipped itself would not be counted.
    static Optional<Stream<DynamicTest>> skipped(Class<?> test) {
        String reason = NamespacedJvm.whyNot(userNamespace());
        if (reason == null) {
            return Optional.empty();
        }
        if (SAID.compareAndSet(false, true)) {
            System.err.println("TESTS OF LIBRARIES SKIPPED: " + reason);
        }
        return Optional.of(Stream.of(DynamicTest.dynamicTest(test.getSimpleName(), () -> Assumptions.abort(reason))));
    }

    static NamespacedJvm.Result run(int timeoutSeconds, Class<?> main, String... arguments) throws IOException, InterruptedException {
        return NamespacedJvm.run(userNamespace(), timeoutSeconds, main, arguments);
    }
}
