package org.lastack.javalibs;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Assumptions;
import org.lastack.link.linux.NamespacedJvm;
import org.lastack.link.linux.Namespaces;

/// Runs main classes of these tests in a network namespace with nothing but `lo`: root in a plain one, others in one of a user namespace. Where neither is
/// allowed the test is skipped and counted as such, and says so on standard error, because a green build that tested nothing is a trap.
final class Inside {
    private static final AtomicBoolean SAID = new AtomicBoolean();

    private Inside() {}

    static NamespacedJvm.Result run(int timeoutSeconds, Class<?> main, String... arguments) throws IOException, InterruptedException {
        boolean linux = System.getProperty("os.name", "").equals("Linux");
        boolean userNamespace = linux && !Namespaces.isRoot();
        String reason = NamespacedJvm.whyNot(userNamespace);
        if (reason != null) {
            if (SAID.compareAndSet(false, true)) {
                System.err.println("TESTS OF LIBRARIES SKIPPED: " + reason);
            }
            Assumptions.abort(reason);
        }
        return NamespacedJvm.run(userNamespace, timeoutSeconds, main, arguments);
    }
}
