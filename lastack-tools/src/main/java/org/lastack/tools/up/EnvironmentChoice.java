package org.lastack.tools.up;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lastack.core.Errno;
import org.lastack.link.linux.Namespaces;
import org.lastack.link.linux.NativeException;
import org.lastack.link.linux.ProcessImage;
import org.lastack.tools.CommandFailure;
import org.lastack.tools.ExitCode;
import org.lastack.tools.control.RunDirectory;

/// Makes the environment that was asked for, or else the best that is allowed: TUN, veth, relay.
///
/// @param mode from `--mode`, or null
/// @param netns from `--netns`, or null
/// @param tun from `--tun`, or null
/// @param descriptor from `--fd`, or null
/// @param inside this process runs in the namespaces that [VethEnvironment] needs
/// @param runDirectory for the process inside the namespaces, where this user's number is another one
/// @param notes gets sentences about what was tried and not possible
public record EnvironmentChoice(
        Plan plan,
        @Nullable String mode,
        @Nullable String netns,
        @Nullable String tun,
        @Nullable Integer descriptor,
        boolean inside,
        Path runDirectory,
        List<String> notes) {

    /// May not return: for veth this process becomes another one, inside new namespaces, which comes here again.
    public Environment open() {
        try {
            if (descriptor != null) {
                return TunEnvironment.ofDescriptor(plan, descriptor);
            }
            if (tun != null) {
                return TunEnvironment.here(plan, tun);
            }
            if (inside) {
                return VethEnvironment.open(plan);
            }
            return switch (mode == null ? netns != null ? "tun" : "auto" : mode) {
                case "tun" -> TunEnvironment.inNamespace(plan, netnsName());
                case "veth" -> enterNamespaces();
                case "relay" -> relay();
                case "auto" -> best();
                default -> throw new CommandFailure(ExitCode.USAGE, "there is no mode '" + mode + "'", "use tun, veth or relay");
            };
        } catch (NativeException e) {
            boolean permission = e.errno() == Errno.EPERM || e.errno() == Errno.EACCES;
            throw new CommandFailure(permission ? ExitCode.NO_PERMISSION : ExitCode.CANNOT_CREATE, String.valueOf(e.getMessage()), null, e);
        } catch (IOException e) {
            throw new CommandFailure(ExitCode.CANNOT_CREATE, String.valueOf(e.getMessage()), null, e);
        } catch (IllegalArgumentException e) {
            throw new CommandFailure(ExitCode.USAGE, String.valueOf(e.getMessage()), null, e);
        } catch (UnsupportedOperationException e) {
            throw new CommandFailure(ExitCode.UNAVAILABLE, String.valueOf(e.getMessage()), "--mode relay works everywhere", e);
        }
    }

    private String netnsName() {
        return netns != null ? netns : plan.name();
    }

    private Environment best() throws IOException {
        if (!System.getProperty("os.name", "").equals("Linux")) {
            notes.add("this is not Linux, so there is neither TUN nor veth");
            return relay();
        }
        if (RunDirectory.uid() == 0) {
            try {
                return TunEnvironment.inNamespace(plan, netnsName());
            } catch (IOException e) {
                notes.add("no TUN device in a namespace: " + e.getMessage());
            }
        }
        String whyNot = Namespaces.whyNoUserNamespace();
        if (whyNot == null) {
            return enterNamespaces();
        }
        notes.add("no user namespace: " + whyNot);
        return relay();
    }

    private Environment relay() throws IOException {
        return RelayEnvironment.open(plan);
    }

    /// Starts this command again inside fresh namespaces. The process stays the same, so its number, terminal, descriptors and parent do too.
    private Environment enterNamespaces() throws IOException {
        List<String> command = new ArrayList<>(Arrays.asList(Files.readString(Path.of("/proc/self/cmdline")).split("\0")));
        command.add("--inside=" + runDirectory.toAbsolutePath());
        notes.forEach(each -> command.add("--note=" + each));
        ProcessImage.replace(Namespaces.inFresh(true, command));
        throw new IllegalStateException("execvp returned without an error");
    }
}
