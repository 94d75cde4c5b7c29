package org.lastack.tools;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The agent of `lastack run` in a JVM of its own, over the relay, which needs no rights: the program below knows nothing of Lastack.
class RunAgentTest {
    /// An ordinary program. It tells on what it ran.
    public static final class Program {
        public static void main(String[] arguments) throws IOException {
            try (ServerSocketChannel listener = ServerSocketChannel.open().bind(new InetSocketAddress("127.0.0.1", 8080));
                    SocketChannel client = SocketChannel.open(listener.getLocalAddress()); SocketChannel server = listener.accept()) {
                server.write(ByteBuffer.wrap(new byte[] {1}));
                System.out.println("channel " + client.getClass().getName() + " " + client.read(ByteBuffer.allocate(1)));
            }
            try (ServerSocket listener = new ServerSocket(7); Socket client = new Socket("127.0.0.1", 7); Socket server = listener.accept()) {
                server.getOutputStream().write(42);
                System.out.println("socket " + client.getInputStream().read() + " " + arguments[0]);
            }
            System.exit(3);
        }
    }

    @Test
    void aProgramRunsOnAHostAndKeepsItsExitCode(@TempDir Path directory) throws Exception {
        Process process = start(directory, "--mode=relay" + RunAgent.SEPARATOR + "--name=run-agent-test-" + ProcessHandle.current().pid());
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(output).contains("channel org.lastack.net.TcpChannel 1").contains("socket 42 argument");
        assertThat(process.exitValue()).isEqualTo(3);
    }

    @Test
    void wrongOptionsEndItWithTheUsualCode(@TempDir Path directory) throws Exception {
        Process process = start(directory, "--no-such-option");
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).isEqualTo(ExitCode.USAGE);
        assertThat(output).contains("lastack: Unknown option: '--no-such-option'").doesNotContain("\tat ");
    }

    private static Process start(Path directory, String options) throws IOException {
        Path agent = agentJar(directory);
        return new ProcessBuilder(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "--enable-native-access=ALL-UNNAMED", "-XX:+UseSerialGC",
                "--add-exports=java.base/sun.nio.ch=ALL-UNNAMED", "-javaagent:" + agent + "=" + options, "-cp", System.getProperty("java.class.path"), Program.class.getName(), "argument"))
                .redirectErrorStream(true).start();
    }

    /// As the jar of this module, whose manifest names the agent and the jars beside it.
    private static Path agentJar(Path directory) throws IOException {
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes().putValue("Premain-Class", RunAgent.class.getName());
        manifest.getMainAttributes().put(Attributes.Name.CLASS_PATH,
                Stream.of(System.getProperty("java.class.path").split(File.pathSeparator)).map(each -> Path.of(each).toUri().toString()).collect(Collectors.joining(" ")));
        Path jar = directory.resolve("agent.jar");
        try (OutputStream out = Files.newOutputStream(jar); JarOutputStream archive = new JarOutputStream(out, manifest)) {
            archive.finish();
        }
        return jar;
    }
}
