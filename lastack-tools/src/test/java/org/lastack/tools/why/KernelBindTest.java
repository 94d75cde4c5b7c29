package org.lastack.tools.why;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.lastack.link.linux.NamespacedJvm;
import org.lastack.link.linux.Namespaces;

/// What `lastack why --kernel` concludes, against what the kernel does: in a network namespace of its own, so that nothing of this machine is touched.
class KernelBindTest {
    private static final int TIMEOUT_S = 240;

    private static String run(Class<?> scenario) throws Exception {
        boolean user = !(System.getProperty("os.name", "").equals("Linux") && Namespaces.isRoot() && Namespaces.whyNoNamespace() == null);
        String reason = NamespacedJvm.whyNot(user);
        if (reason != null) {
            System.err.println("KERNEL TESTS SKIPPED: " + reason);
            Assumptions.abort(reason);
        }
        NamespacedJvm.Result result = NamespacedJvm.run(user, TIMEOUT_S, scenario);
        assertThat(result.exitCode()).as(result.output()).isZero();
        assertThat(result.output()).endsWith("DONE\n");
        return result.output();
    }

    @Test
    void everyHolderAgainstEveryNewSocket() throws Exception {
        assertThat(run(KernelBindScenario.class)).containsPattern("[0-9]{4,} tcp").containsPattern("[0-9]{3,} udp");
    }

    @Test
    void everySocketOption() throws Exception {
        run(OptionsScenario.class);
    }

    @Test
    void situationsOfTheOperatorsQuestions() throws Exception {
        run(KernelSituationsScenario.class);
    }
}
