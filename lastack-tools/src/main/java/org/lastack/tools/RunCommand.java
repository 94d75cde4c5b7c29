package org.lastack.tools;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.lastack.core.Errno;
import org.lastack.link.linux.Namespaces;
import org.lastack.link.linux.NativeException;
import org.lastack.link.linux.ProcessImage;
import org.lastack.net.AddressRules;
import org.lastack.tools.control.RunDirectory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `lastack run -- java ...`: a Java program, unchanged, with Lastack for its network. This process becomes the program, so its exit code,
/// signals and terminal are its own.
@Command(
        name = "run",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Runs a Java program with Lastack in place of the kernel's TCP and UDP: its NIO channels and its java.net sockets are sockets of a host",
            "as 'lastack up' makes it (without the services), which the kernel's programs reach over TUN (root) or veth (others).",
            "netstat, ss, sysctl, nstat and exec work on it while it runs."
        },
        footer = {"", "Examples:  lastack run -- java -jar server.jar",
            "           lastack run --net=--pcap=run.pcapng --net=--name=web -- java -cp classes Main   (options of 'lastack up')",
            "           lastack run --kernel=192.0.2.10:5432 -- java -jar app.jar                      (its database is outside)",
            "           lastack exec -- curl http://198.18.0.2:8080/                                   (in another terminal)"})
final class RunCommand implements Callable<Integer> {
    private static final int NOT_EXECUTABLE = 126;
    private static final int NOT_FOUND = 127;

    @Option(names = "--net", paramLabel = "OPTION", description = "An option of 'lastack up', as --net=--mtu=9000; several times for several.")
    private List<String> network = new ArrayList<>();

    @Option(names = "--kernel", paramLabel = "TARGET", description = {
        "Destinations that stay the kernel's, as 192.0.2.10:5432, 10.0.0.0/8 or *.db.example:5432; several times for several. As root only: without",
        "it the program runs in a network namespace from which the kernel leads nowhere."})
    private List<String> ofKernel = new ArrayList<>();

    @Parameters(paramLabel = "JAVA", arity = "1..*", description = "java and its arguments, after --.")
    private List<String> command = new ArrayList<>();

    /// For picocli.
    RunCommand() {}

    @Override
    public Integer call() throws IOException {
        String java = Path.of(command.getFirst()).getFileName().toString();
        if (!java.equals("java")) {
            throw new CommandFailure(ExitCode.USAGE, "'" + command.getFirst() + "' is not java", "lastack run -- java ARGS; other programs run on the kernel, with lastack exec");
        }
        List<String> whole = new ArrayList<>();
        whole.add(command.getFirst());
        // ALL-DEFAULT: a program that is a module (java -m) would come without the modules of the JDK that we need.
        whole.addAll(List.of("--enable-native-access=ALL-UNNAMED", "--add-exports=java.base/sun.nio.ch=ALL-UNNAMED", "--add-modules=ALL-DEFAULT"));
        boolean namespaces = needsNamespaces();
        if (!ofKernel.isEmpty()) {
            whole.add("-D" + AddressRules.PROPERTY + "=" + rules(namespaces));
        }
        List<String> options = new ArrayList<>(network);
        if (namespaces) {
            options.add("--inside=" + RunDirectory.ofUser().path().toAbsolutePath());
        }
        whole.add("-javaagent:" + agent() + "=" + String.join(RunAgent.SEPARATOR, options));
        whole.addAll(command.subList(1, command.size()));
        return replace(namespaces ? Namespaces.inFresh(true, whole) : whole);
    }

    private String rules(boolean namespaces) {
        if (namespaces) {
            throw new CommandFailure(ExitCode.USAGE, "--kernel: without root the kernel leads nowhere from the program's network namespace", "run it as root");
        }
        String text = ofKernel.stream().map(each -> "kernel " + each).collect(Collectors.joining("; "));
        try {
            AddressRules.parse(text);
            return text;
        } catch (IllegalArgumentException e) {
            throw new CommandFailure(ExitCode.USAGE, "--kernel: " + e.getMessage(), null, e);
        }
    }

    /// Without root the program's JVM must be inside new namespaces from its start.
    private boolean needsNamespaces() {
        boolean chosen = network.stream().anyMatch(each -> each.startsWith("--tun") || each.startsWith("--fd") || each.startsWith("--netns") || each.startsWith("--mode"));
        if (chosen || RunDirectory.uid() == 0) {
            return false;
        }
        String whyNot = Namespaces.whyNoUserNamespace();
        if (whyNot != null) {
            throw new CommandFailure(ExitCode.NO_PERMISSION, "no way to a network of its own: " + whyNot, "run it as root");
        }
        return true;
    }

    private static int replace(List<String> whole) {
        try {
            ProcessImage.replace(whole);
            throw new IllegalStateException("execvp returned without an error");
        } catch (NativeException e) {
            boolean missing = e.errno() == Errno.ENOENT;
            throw new CommandFailure(missing ? NOT_FOUND : NOT_EXECUTABLE, "cannot run " + whole.getFirst() + " (" + e.errnoName() + ")", null, e);
        }
    }

    /// The jar of this class, whose manifest names the agent and the jars beside it.
    private static Path agent() throws IOException {
        @Nullable Path found = null;
        try {
            found = Path.of(RunCommand.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        } catch (URISyntaxException e) {
            throw new IOException("the place of this program is no path", e);
        }
        if (Files.isDirectory(found)) {
            try (Stream<Path> jars = Files.list(found.resolveSibling("."))) {
                found = jars.filter(each -> each.getFileName().toString().matches("lastack-tools-.*\\.jar")).findFirst().orElse(null);
            }
        }
        if (found == null) {
            throw new CommandFailure(ExitCode.UNAVAILABLE, "lastack run needs the jar of lastack-tools", "start it with ./lastack");
        }
        return found.toAbsolutePath();
    }
}
