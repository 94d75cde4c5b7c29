package org.lastack.tools;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import org.lastack.host.Host;
import org.lastack.net.AddressRules;
import org.lastack.net.CurrentHost;
import org.lastack.net.LastackSelectorProvider;
import org.lastack.net.LastackSockets;
import picocli.CommandLine;

/// The part of `lastack run` that lives in the program's JVM: a Java agent, which the JVM calls before the program's main method. It starts
/// the host as `lastack up` does and makes it the JVM's network: NIO channels, `java.net` sockets, everything.
public final class RunAgent {
    /// Between the options in the agent's one argument.
    static final String SEPARATOR = "\u001f";

    private RunAgent() {}

    /// Called by the JVM.
    ///
    /// @param options of `lastack up`, joined by [#SEPARATOR]
    public static void premain(String options) {
        // Before anything has asked for the JVM's provider; the control socket below is a channel too (of the kernel, as all UNIX sockets).
        System.setProperty("java.nio.channels.spi.SelectorProvider", LastackSelectorProvider.class.getName());
        System.setProperty("io.netty.transport.noNative", "true");
        try {
            AddressRules.configured(); // complains here, not at the program's first socket
            List<String> words = new ArrayList<>(List.of(options.split(SEPARATOR)));
            words.removeIf(String::isEmpty);
            UpCommand up = new UpCommand();
            new CommandLine(up).setAbbreviatedOptionsAllowed(false).parseArgs(words.toArray(String[]::new));
            Host host = up.startForProgram();
            CurrentHost.setDefault(host);
            LastackSockets.install();
        } catch (IllegalArgumentException | UncheckedIOException e) {
            end(ExitCode.USAGE, String.valueOf(e.getMessage()));
        } catch (CommandLine.ParameterException e) {
            end(ExitCode.USAGE, String.valueOf(e.getMessage()));
        } catch (CommandFailure e) {
            end(e.exitCode(), String.valueOf(e.getMessage()));
        } catch (IOException e) {
            end(ExitCode.FAILED, String.valueOf(e.getMessage()));
        }
    }

    private static void end(int code, String message) {
        System.err.println("lastack: " + message);
        System.exit(code);
    }
}
