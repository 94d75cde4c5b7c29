package org.lastack.interop;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicTest;
import org.lastack.link.linux.NamespacedJvm;
import org.lastack.link.linux.Namespaces;

/// Runs a scenario in a JVM of its own inside a fresh network namespace, where it prints what it checked, and turns each line into a test.
///
/// Root gets a plain network namespace and a TUN device; others a user namespace and a veth pair. Where neither is allowed the whole is
/// skipped, and says so on standard error, because a green build that tested nothing is a trap.
final class Namespace {
    private Namespace() {}

    /// Why no namespace can be had, or null; and prints it.
    private static String whyNot() {
        String reason = NamespacedJvm.whyNot(userNamespace());
        if (reason != null) {
            System.err.println("INTEROP TESTS SKIPPED: " + reason);
        }
        return reason;
    }

    private static boolean userNamespace() {
        return !(System.getProperty("os.name", "").equals("Linux") && Namespaces.isRoot() && Namespaces.whyNoTun() == null);
    }

    /// The checks that `scenario` reports.
    static List<DynamicTest> run(Class<?> scenario, int timeoutSeconds) throws Exception {
        String whyNot = whyNot();
        if (whyNot != null) {
            return List.of(dynamicTest(scenario.getSimpleName(), () -> Assumptions.abort(whyNot)));
        }
        NamespacedJvm.Result result = NamespacedJvm.run(userNamespace(), timeoutSeconds, scenario);
        List<DynamicTest> tests = new ArrayList<>();
        result.output().lines().forEach(line -> {
            String[] words = line.split(" ", 2);
            String rest = words.length > 1 ? words[1] : "";
            switch (words[0]) {
                case "PASS" -> tests.add(dynamicTest(rest, () -> {}));
                case "FAIL" -> tests.add(dynamicTest(rest, () -> fail(rest)));
                case "SKIP" -> {
                    System.err.println("INTEROP TEST SKIPPED: " + rest);
                    tests.add(dynamicTest(rest, () -> Assumptions.abort(rest)));
                }
                default -> {
                    // what the scenario's programs said; shown if it ends badly
                }
            }
        });
        tests.add(dynamicTest(scenario.getSimpleName() + " ran to its end",
                () -> assertTrue(result.exitCode() == 0 && result.output().contains("\nDONE"), () -> "exit code " + result.exitCode() + "\n" + result.output())));
        return tests;
    }
}
