package org.lastack.link.linux;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// Runs a main class of this class path in a JVM of its own inside a fresh network namespace in which only `lo` exists and is up. The namespace and all interfaces made in it
/// vanish with the JVM, however it ends. For tests and experiments that need a kernel to talk to.
public final class NamespacedJvm {
    private NamespacedJvm() {}

    /// How it ended.
    ///
    /// @param exitCode of the JVM; -1 if it had to be killed because the time was over
    /// @param output what it printed, standard output and error together
    public record Result(int exitCode, String output) {}

    /// Why [#run] cannot work here, with remedy; null if it can.
    public static @Nullable String whyNot(boolean userNamespace) {
        if (!System.getProperty("os.name", "").equals("Linux")) {
            return "network namespaces need Linux";
        }
        return userNamespace ? Namespaces.whyNoUserNamespace() : Namespaces.whyNoNamespace();
    }

    /// Blocks until the JVM ends or was killed.
    ///
    /// @param userNamespace see [Namespaces#inFresh]
    /// @param main a public class with `public static void main(String[])`; an exception from it gives exit code 1
    /// @param timeoutSeconds after which the JVM is killed
    public static Result run(boolean userNamespace, int timeoutSeconds, Class<?> main, String... arguments) throws IOException, InterruptedException {
        List<String> java = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-XX:+UseSerialGC",
                "-ea",
                "-cp",
                System.getProperty("java.class.path"),
                NamespacedJvm.class.getName(),
                main.getName()));
        java.addAll(Arrays.asList(arguments));
        Path output = Files.createTempFile("lastack-netns", ".out");
        try {
            Process process = new ProcessBuilder(Namespaces.inFresh(userNamespace, java))
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .start();
            boolean ended = false;
            try {
                ended = process.waitFor(timeoutSeconds, TimeUnit.SECONDS);
            } finally {
                process.destroyForcibly().waitFor();
            }
            return new Result(ended ? process.exitValue() : -1, Files.readString(output, StandardCharsets.UTF_8));
        } finally {
            Files.delete(output);
        }
    }

    /// Inside: brings `lo` up and calls the main class. For [#run] only.
    public static void main(String[] arguments) throws Throwable {
        try (InterfaceSetup setup = InterfaceSetup.open()) {
            setup.up("lo");
        }
        try {
            Class.forName(arguments[0]).getMethod("main", String[].class).invoke(null, (Object) Arrays.copyOfRange(arguments, 1, arguments.length));
        } catch (InvocationTargetException e) {
            Throwable cause = e.getCause();
            throw cause == null ? e : cause;
        }
    }
}
