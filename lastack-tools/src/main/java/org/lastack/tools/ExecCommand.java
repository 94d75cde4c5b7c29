package org.lastack.tools;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.lastack.core.Errno;
import org.lastack.link.linux.NativeException;
import org.lastack.link.linux.ProcessImage;
import org.lastack.tools.control.HostRecord;
import org.lastack.tools.control.RunDirectory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/// `lastack exec -- CMD`: runs a program in the namespace of a running host. This process becomes that program, so its exit code, signals and
/// terminal are its own.
@Command(
        name = "exec",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = "Runs a program in the network namespace of a running host and passes on its exit code.",
        footer = {"", "Examples:  lastack exec -- nc 198.18.0.2 9000", "           lastack exec -- sh    (a shell in which every program sees the host)"})
final class ExecCommand implements Callable<Integer> {
    private static final int NOT_EXECUTABLE = 126;
    private static final int NOT_FOUND = 127;

    @Mixin
    private HostSelection host = new HostSelection();

    @Parameters(paramLabel = "CMD", arity = "1..*", description = "The program and its arguments, after --.")
    private List<String> command = new ArrayList<>();

    /// For picocli.
    ExecCommand() {}

    @Override
    public Integer call() {
        HostRecord record = RunDirectory.ofUser().select(host.name());
        List<String> whole = new ArrayList<>(enter(record));
        whole.addAll(command);
        try {
            ProcessImage.replace(whole);
            throw new IllegalStateException("execvp returned without an error");
        } catch (NativeException e) {
            boolean missing = e.errno() == Errno.ENOENT;
            throw new CommandFailure(missing ? NOT_FOUND : NOT_EXECUTABLE, "cannot run " + whole.getFirst() + " (" + e.errnoName() + ")",
                    whole.getFirst().equals("nsenter") && missing ? "install util-linux" : null, e);
        }
    }

    /// What enters the namespace of the host.
    static List<String> enter(HostRecord record) {
        String netns = record.netns();
        if (netns != null) {
            return List.of("nsenter", "--net=/run/netns/" + netns, "--");
        }
        long pid = record.namespacePid();
        if (pid != 0) {
            // Without --preserve-credentials nsenter calls setgroups, which an ordinary user may not do there.
            return List.of("nsenter", "-U", "-n", "--preserve-credentials", "-t", Long.toString(pid), "--");
        }
        String mode = Json.text(record.json(), "mode", "");
        if (mode.equals("relay")) {
            throw new CommandFailure(ExitCode.UNAVAILABLE, "host " + record.name() + " has no network namespace: its ports are published on 127.0.0.1",
                    "start programs without 'lastack exec', with the addresses that 'lastack up' showed");
        }
        return List.of(); // a device in the present namespace
    }
}
