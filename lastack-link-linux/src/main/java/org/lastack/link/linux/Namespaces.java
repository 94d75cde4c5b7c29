package org.lastack.link.linux;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// Network namespaces, as far as a Java program can use them: a JVM cannot move its threads into another namespace, so it starts itself (or any command) anew in one.
///
/// Named namespaces are made and removed by `ip netns` (iproute2, root only), nameless ones by `unshare` (util-linux). Methods that start a process block until it ends.
public final class Namespaces {
    private static final long TOOL_TIMEOUT_S = 20;

    /// A tool failed; the message has its words and what to do.
    public static final class NamespaceException extends IOException {
        private static final long serialVersionUID = 1;

        NamespaceException(String message) {
            super(message);
        }

        NamespaceException(String message, Throwable cause) {
            super(message, cause);
        }
    }

    private Namespaces() {}

    /// True if the effective user is root (in its user namespace).
    public static boolean isRoot() {
        Platform.check();
        return Libc.geteuid() == 0;
    }

    /// Why /dev/net/tun cannot be opened by this process, with remedy; null if it can. Says nothing about the right to create an interface.
    public static @Nullable NativeException whyNoTun() {
        Platform.check();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = Libc.capture(arena);
            int fd = Libc.open(errno, arena.allocateFrom(TunLink.DEVICE), Libc.O_RDWR | Libc.O_CLOEXEC);
            if (fd < 0) {
                return new NativeException("cannot open " + TunLink.DEVICE, -fd, TunLink.openRemedy(-fd));
            }
            Libc.close(errno, fd);
            return null;
        }
    }

    /// Why `unshare -rn` (a user namespace with a network namespace, no privilege needed) does not work here; null if it does. Starts a process.
    public static @Nullable String whyNoUserNamespace() {
        return whyNot(List.of("unshare", "-r", "-n", "--", "true"), "Allow it: sysctl kernel.unprivileged_userns_clone=1, user.max_user_namespaces > 0,"
                + " on Ubuntu kernel.apparmor_restrict_unprivileged_userns=0; or run as root.");
    }

    /// Why not even root can make a fresh network namespace here; null if it works. Starts a process.
    public static @Nullable String whyNoNamespace() {
        return whyNot(List.of("unshare", "-n", "--", "true"), "It needs root with CAP_SYS_ADMIN (in a container: --privileged).");
    }

    private static @Nullable String whyNot(List<String> command, String remedy) {
        try {
            run(command, remedy);
            return null;
        } catch (NamespaceException e) {
            return e.getMessage();
        }
    }

    /// The command as it must be started to run in a fresh network namespace that vanishes with it; everything is down there, even `lo`.
    ///
    /// @param userNamespace true for `unshare -rn`, in which an ordinary user is root; false for `unshare -n`, which only root may do, and in which
    ///     /dev/net/tun can be used
    public static List<String> inFresh(boolean userNamespace, List<String> command) {
        List<String> whole = new ArrayList<>(userNamespace ? List.of("unshare", "-r", "-n", "--") : List.of("unshare", "-n", "--"));
        whole.addAll(command);
        return whole;
    }

    /// The command as it must be started to run in a named namespace. Root only.
    public static List<String> inNamed(String namespace, List<String> command) {
        List<String> whole = new ArrayList<>(List.of("ip", "netns", "exec", checkName(namespace)));
        whole.addAll(command);
        return whole;
    }

    /// Makes a named namespace, which stays until [#delete]. Root only.
    public static void create(String namespace) throws NamespaceException {
        run(List.of("ip", "netns", "add", checkName(namespace)), "It needs root and iproute2; `ip netns` lists the names that are taken.");
    }

    /// Removes the name of a namespace; it vanishes with the last process in it. Root only.
    public static void delete(String namespace) throws NamespaceException {
        run(List.of("ip", "netns", "delete", checkName(namespace)), "It needs root and iproute2; `ip netns` lists the names that exist.");
    }

    /// The names of all named namespaces.
    public static List<String> names() throws NamespaceException {
        return run(List.of("ip", "netns", "list"), "It needs iproute2.")
                .lines()
                .map(line -> line.split(" ", 2)[0])
                .filter(name -> !name.isEmpty())
                .toList();
    }

    private static String checkName(String name) {
        if (name.isEmpty() || name.startsWith("-") || name.equals(".") || name.equals("..") || !name.chars().allMatch(c -> c > ' ' && c != '/' && c < 127)) {
            throw new IllegalArgumentException("not a name for a network namespace: '" + name + "'");
        }
        return name;
    }

    /// Runs a tool to its end and returns what it printed.
    private static String run(List<String> command, String remedy) throws NamespaceException {
        String shown = String.join(" ", command);
        Process process;
        try {
            process = new ProcessBuilder(command).redirectErrorStream(true).redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null"))).start();
        } catch (IOException e) {
            throw new NamespaceException("cannot start `" + shown + "`: is " + command.get(0) + " installed? " + remedy, e);
        }
        // The tools print a line at most, so the pipe cannot fill up and waiting first is safe.
        try (InputStream output = process.getInputStream()) {
            if (!process.waitFor(TOOL_TIMEOUT_S, TimeUnit.SECONDS)) {
                throw new NamespaceException("`" + shown + "` did not end within " + TOOL_TIMEOUT_S + " s");
            }
            String text = new String(output.readAllBytes(), StandardCharsets.UTF_8).strip();
            if (process.exitValue() != 0) {
                throw new NamespaceException("`" + shown + "` failed: " + (text.isEmpty() ? "exit code " + process.exitValue() : text) + ". " + remedy);
            }
            return text;
        } catch (NamespaceException e) {
            throw e; // with the tool's own words
        } catch (IOException e) {
            throw new NamespaceException("cannot read what `" + shown + "` says", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new NamespaceException("interrupted while `" + shown + "` ran", e);
        } finally {
            process.destroyForcibly();
        }
    }
}
