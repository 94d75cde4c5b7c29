package org.lastack.drill;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/// The repository's own scripts.
final class Scripts {
    static final Path ROOT = root();

    private Scripts() {}

    private static Path root() {
        for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
            if (Files.isDirectory(at.resolve("tests/drill"))) {
                return at.resolve("tests/drill");
            }
        }
        throw new IllegalStateException("tests/drill is nowhere above " + Path.of("").toAbsolutePath());
    }

    static List<Path> all() {
        try (Stream<Path> files = Files.walk(ROOT)) {
            return files.filter(each -> each.toString().endsWith(".pkt")).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static String text(Path script) {
        try {
            return Files.readString(script, StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static String name(Path script) {
        return ROOT.relativize(script).toString();
    }
}
