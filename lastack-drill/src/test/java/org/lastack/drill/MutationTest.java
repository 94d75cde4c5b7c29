package org.lastack.drill;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.lastack.drill.run.RunSettings;
import org.lastack.drill.run.ScriptRun;
import org.lastack.drill.script.Script;
import org.lastack.drill.stack.StackUnderTest;

/// A script that passes proves something only if it would fail otherwise: every expected field of every script is changed once, and each change
/// must be noticed.
class MutationTest {
    @Test
    void everyChangedExpectationFails() throws IOException {
        List<String> survivors = new ArrayList<>();
        int count = 0;
        for (Path each : ScriptFiles.all()) {
            String text = ScriptFiles.text(each);
            String name = ScriptFiles.name(each);
            Script script = Script.parse(text, Map.of());
            IpMode mode = DrillRunner.modes(name, text).getFirst();
            for (Mutations.Mutant mutant : Mutations.of(script)) {
                count++;
                RunSettings settings = RunSettings.of(script, mode, Map.of());
                try (StackUnderTest stack = DrillRunner.inProcess(DrillOptions.DEFAULT).stack(settings)) {
                    if (new ScriptRun(mutant.script(), text, settings, stack, true, null).run().outcome() != DrillResult.Outcome.FAILED) {
                        survivors.add(name + ":" + mutant.line() + " " + mutant.change());
                    }
                }
            }
        }
        assertThat(survivors).isEmpty();
        assertThat(count).isGreaterThan(5_000);
    }
}
