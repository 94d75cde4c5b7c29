package org.lastack.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// The checkout on disk: its modules, sources, classes and documents. Reads files, keeps nothing, may be used by any thread.
///
/// @param root the directory that holds the launcher and the parent pom
public record Repository(Path root) {
    private static final Pattern MODULE = Pattern.compile("<module>([^<]+)</module>");

    /// The repository that the working directory lies in.
    ///
    /// @throws IllegalStateException if it lies in none
    public static Repository find() {
        for (Path dir = Path.of("").toAbsolutePath(); dir != null; dir = dir.getParent()) {
            if (Files.isRegularFile(dir.resolve("lastack")) && Files.isRegularFile(dir.resolve("pom.xml"))) {
                return new Repository(dir);
            }
        }
        throw new IllegalStateException("not inside a checkout of Lastack: " + Path.of("").toAbsolutePath());
    }

    /// The names of the modules in the parent pom, in its order.
    public List<String> modules() {
        Matcher matcher = MODULE.matcher(read(root.resolve("pom.xml")));
        return matcher.results().map(result -> result.group(1)).toList();
    }

    /// Where the compiler puts a module's main classes.
    public Path classes(String module) {
        return root.resolve(module).resolve("target/classes");
    }

    /// The Java files below `lastack-x/src/main/java` or `src/test/java` of one module, sorted; empty if it has none.
    public List<Path> javaSources(String module, String sourceSet) {
        return files(root.resolve(module).resolve("src").resolve(sourceSet).resolve("java")).stream()
                .filter(file -> file.toString().endsWith(".java"))
                .toList();
    }

    /// All regular files below a directory, or the file itself, sorted; empty if there is nothing of that name.
    public static List<Path> files(Path dir) {
        if (!Files.exists(dir)) {
            return List.of();
        }
        try (Stream<Path> walk = Files.walk(dir)) {
            return walk.filter(Files::isRegularFile).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Every file that would be committed: all but what the build, git and editors put there.
    public List<Path> committed() {
        return files(root).stream()
                .filter(file -> !relative(file).matches("(.*/)?(target|\\.git|\\.lastack|\\.idea|\\.vscode)(/.*)?"))
                .toList();
    }

    /// A path as the documents name it: relative to the root, with slashes.
    public String relative(Path file) {
        return root.relativize(file).toString().replace('\\', '/');
    }

    /// The text of a file; octets that are no UTF-8 are replaced, never refused.
    public static String read(Path file) {
        try {
            return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Replaces the text of a file.
    public static void write(Path file, String text) {
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
            Files.writeString(file, text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
