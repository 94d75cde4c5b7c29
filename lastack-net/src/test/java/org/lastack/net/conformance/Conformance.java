package org.lastack.net.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import org.lastack.net.AddressRules;

/// Plays a story on the JDK's channels over the kernel and on ours - of Lastack, and with either stack chosen by [AddressRules] - and compares
/// what was seen, line by line: the JDK is the oracle.
final class Conformance {
    private Conformance() {}

    interface Story {
        void play(Stage stage) throws Exception;
    }

    static void same(Story story) throws Exception {
        String expected = played(story, Stage.ofJdk());
        assertThat(expected).as("a story in which nothing is seen shows nothing").isNotEmpty();
        assertThat(played(story, Stage.ofLastack())).as("Lastack").isEqualTo(expected);
        assertThat(played(story, Stage.ofLastackByRules())).as("Lastack by rules").isEqualTo(expected);
        assertThat(played(story, Stage.ofKernelByRules())).as("the kernel by rules").isEqualTo(expected.replaceAll("(?m)\nconnect after both.*$", ""));
    }

    private static String played(Story story, Stage stage) throws Exception {
        try (stage) {
            story.play(stage);
            return String.join("\n", stage.seen);
        }
    }
}
