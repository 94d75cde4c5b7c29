package org.lastack.tools.lab;

import java.util.function.Consumer;

/// A story: what happens is computed each time it is told.
///
/// @param name as the user types it
/// @param english what it is about
/// @param chinese the same in Chinese
/// @param story acts on a stage of its own
record Lab(String name, String english, String chinese, Consumer<Stage> story) {
    /// Tells the story on a new stage.
    Stage tell(boolean inChinese) {
        Stage stage = new Stage(inChinese);
        try {
            story.accept(stage);
        } finally {
            stage.close();
        }
        return stage;
    }
}
