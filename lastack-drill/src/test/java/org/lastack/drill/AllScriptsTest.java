package org.lastack.drill;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.lastack.core.Sysctl;
import org.lastack.drill.stack.VirtualHost;

/// Every script of the repository, in every mode in which it can run.
class AllScriptsTest {
    @Test
    void everyScriptPassesInEveryMode() throws IOException {
        everyScriptPasses(false);
    }

    /// Connections that are folded at every opportunity behave as those that never are.
    @Test
    void everyScriptPassesWithFoldedConnections() throws IOException {
        everyScriptPasses(true);
    }

    private static DrillRunner.StackFactory folding(DrillOptions options) {
        return settings -> {
            VirtualHost host = new VirtualHost(settings.local(), settings.mtu(), options.seed());
            host.engine().sysctls().set(Sysctl.TCP_FOLD_ABOVE, 0);
            return host;
        };
    }

    private static void everyScriptPasses(boolean folded) throws IOException {
        List<String> failures = new ArrayList<>();
        int runs = 0;
        for (Path each : ScriptFiles.all()) {
            String text = ScriptFiles.text(each);
            String name = ScriptFiles.name(each);
            for (IpMode mode : DrillRunner.modes(name, text)) {
                DrillOptions options = DrillOptions.DEFAULT.withMode(mode).withVerifyEcho(true);
                DrillResult result = DrillRunner.run(name, text, options, folded ? folding(options) : DrillRunner.inProcess(options));
                runs++;
                if (!result.passed()) {
                    failures.add("[" + mode.optionValue() + "] " + result.report());
                }
            }
        }
        assertThat(failures).isEmpty();
        assertThat(runs).isGreaterThan(700);
    }

    @Test
    void aRunIsTheSameEveryTime() throws IOException {
        for (Path each : ScriptFiles.all().stream().filter(script -> script.toString().contains("rfc6675") || script.toString().contains("rfc7323")).toList()) {
            String text = ScriptFiles.text(each);
            DrillResult first = DrillRunner.run("x", text, DrillOptions.DEFAULT, DrillRunner.inProcess(DrillOptions.DEFAULT));
            DrillResult second = DrillRunner.run("x", text, DrillOptions.DEFAULT, DrillRunner.inProcess(DrillOptions.DEFAULT));
            assertThat(second).isEqualTo(first);
        }
    }
}
