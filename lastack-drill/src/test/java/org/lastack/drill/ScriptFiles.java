package org.lastack.drill;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/// The repository's own scripts.
public final class ScriptFiles {
    static final Path ROOT = root();

    private ScriptFiles() {}

    private static Path root() {
        for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
            if (Files.isDirectory(at.resolve("tests/drill"))) {
                return at.resolve("tests/drill");
            }
        }
        throw new IllegalStateException("tests/drill is nowhere above " + Path.of("").toAbsolutePath());
    }

    public static List<Path> all() {
        try (Stream<Path> files = Files.walk(ROOT)) {
            return files.filter(each -> each.toString().endsWith(".pkt")).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static String text(Path script) {
        try {
            return Files.readString(script, StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static String name(Path script) {
        return ROOT.relativize(script).toString();
    }
}
