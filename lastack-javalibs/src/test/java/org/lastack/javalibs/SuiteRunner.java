package org.lastack.javalibs;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.platform.engine.DiscoverySelector;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.discovery.ClassNameFilter;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.Launcher;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.lastack.host.Host;
import org.lastack.link.MemoryLink;
import org.lastack.net.CurrentHost;
import org.lastack.net.LastackSockets;

/// Inside the namespace: runs other people's JUnit classes with Lastack as the JVM's provider, on one host and its loopback, and prints a line
/// for each test.
public final class SuiteRunner {
    private SuiteRunner() {}

    /// @param arguments names of classes, or `package:` and the name of a package, `not:` and the name of a class in it; `-Dname=value`
    public static void main(String[] arguments) throws Exception {
        LibraryRunner.refuseOutside();
        LibraryRunner.prepare();
        List<DiscoverySelector> selectors = new ArrayList<>();
        List<String> without = new ArrayList<>();
        for (String each : arguments) {
            if (each.startsWith("-D")) {
                System.setProperty(each.substring(2, each.indexOf('=')), each.substring(each.indexOf('=') + 1));
            } else if (each.startsWith("not:")) {
                without.add(Pattern.quote(each.substring(4)));
            } else {
                selectors.add(each.startsWith("package:") ? DiscoverySelectors.selectPackage(each.substring(8)) : DiscoverySelectors.selectClass(each));
            }
        }
        // Behind the default route nobody answers: tests of connecting want such an address.
        Host host = Host.builder().name("suite").link(MemoryLink.pair("void0", "void1").left(), "192.0.2.1/24").route("0.0.0.0/0", "192.0.2.2").build();
        CurrentHost.setDefault(host);
        // The suites talk to plain sockets of the JDK too.
        LastackSockets.install();
        LauncherDiscoveryRequest request = LauncherDiscoveryRequestBuilder.request().selectors(selectors)
                .filters(ClassNameFilter.excludeClassNamePatterns(without.isEmpty() ? new String[] {"none"} : without.toArray(String[]::new)))
                .configurationParameter("junit.jupiter.execution.timeout.default", "60 s").build();
        Launcher launcher = LauncherFactory.create();
        launcher.execute(request, new Lines());
        System.out.println("FAULTS\t" + host.faults() + "\t" + host.lastFault());
        System.exit(0);
    }

    private static final class Lines implements TestExecutionListener {
        private long beganNs;

        @Override
        public void executionStarted(TestIdentifier test) {
            beganNs = System.nanoTime();
        }

        @Override
        public void executionSkipped(TestIdentifier test, String reason) {
            if (test.isTest()) {
                print("SKIPPED", test, reason);
            }
        }

        @Override
        public void executionFinished(TestIdentifier test, TestExecutionResult result) {
            String why = result.getThrowable().map(SuiteRunner::describe).orElse("");
            switch (result.getStatus()) {
                case SUCCESSFUL -> {
                    if (test.isTest()) {
                        print("OK", test, (System.nanoTime() - beganNs) / 1_000_000 + " ms");
                    }
                }
                case ABORTED -> print("SKIPPED", test, why);
                case FAILED -> print("FAILED", test, why);
            }
        }

        private static void print(String status, TestIdentifier test, String text) {
            String id = test.getUniqueId().replaceAll("\\[engine:[^]]*]/", "").replaceAll("\\[(class|method|test-template|test-template-invocation|nested-class):([^]]*)]", "$2");
            System.out.println("TEST\t" + status + "\t" + id + "\t" + text.replace('\n', ' ').replace('\t', ' '));
        }
    }

    private static String describe(Throwable failure) {
        StringBuilder text = new StringBuilder(failure.toString());
        StackTraceElement[] trace = failure.getStackTrace();
        for (int i = 0; i < Math.min(6, trace.length); i++) {
            text.append(" @ ").append(trace[i]);
        }
        if (failure.getCause() != null) {
            text.append(" CAUSE ").append(failure.getCause());
        }
        return text.toString();
    }
}
