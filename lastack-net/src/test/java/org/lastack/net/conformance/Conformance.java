package org.lastack.net.conformance;

import static org.assertj.core.api.Assertions.assertThat;

/// Plays a story twice, on the JDK's channels over the kernel and on ours, and compares what was seen, line by line: the JDK is the oracle.
final class Conformance {
    private Conformance() {}

    interface Story {
        void play(Stage stage) throws Exception;
    }

    static void same(Story story) throws Exception {
        try (Stage jdk = Stage.ofJdk(); Stage lastack = Stage.ofLastack()) {
            story.play(jdk);
            story.play(lastack);
            assertThat(jdk.seen).as("a story in which nothing is seen shows nothing").isNotEmpty();
            assertThat(String.join("\n", lastack.seen)).isEqualTo(String.join("\n", jdk.seen));
        }
    }
}
