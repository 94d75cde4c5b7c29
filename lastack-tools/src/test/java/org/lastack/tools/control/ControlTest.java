package org.lastack.tools.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.lastack.tools.CommandFailure;
import org.lastack.tools.ExitCode;
import org.lastack.tools.Json;

/// The run directory and the control socket: finding hosts, and what is said when that fails.
class ControlTest {
    private @TempDir Path temporary;
    private RunDirectory directory;

    @BeforeEach
    void make() {
        directory = new RunDirectory(temporary.resolve("run"));
        directory.create();
    }

    private static HostRecord record(String name, long pid, long startedMs) {
        return new HostRecord(Map.of("name", name, "pid", pid, "startedMs", startedMs, "mode", "tun"));
    }

    private HostRecord ours(String name) throws IOException {
        ProcessHandle self = ProcessHandle.current();
        HostRecord record = record(name, self.pid(), HostRecord.startedMs(self));
        directory.write(record);
        return record;
    }

    private static int exitCode(Throwable failure) {
        return ((CommandFailure) failure).exitCode();
    }

    @Test
    void onlyItsOwnerMayEnter() throws IOException {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory.path()))).isEqualTo("rwx------");
        Files.setPosixFilePermissions(directory.path(), PosixFilePermissions.fromString("rwxr-xr-x"));
        assertThatThrownBy(directory::create).hasMessageContaining("not a directory that only you can use")
                .satisfies(failure -> assertThat(exitCode(failure)).isEqualTo(ExitCode.NO_PERMISSION));
    }

    @Test
    void noHostIsSaidWithTheRemedy() {
        assertThatThrownBy(() -> directory.select(null)).hasMessageStartingWith("no host is running").hasMessageContaining("lastack up")
                .satisfies(failure -> assertThat(exitCode(failure)).isEqualTo(ExitCode.UNAVAILABLE));
    }

    @Test
    void aDeadHostIsNoHost() throws IOException {
        ProcessHandle self = ProcessHandle.current();
        directory.write(record("other-process", Integer.MAX_VALUE - 1L, 1));
        directory.write(record("number-used-again", self.pid(), HostRecord.startedMs(self) - 1));
        assertThat(directory.records()).hasSize(2).noneMatch(HostRecord::alive);
        assertThatThrownBy(() -> directory.select("number-used-again")).hasMessageStartingWith("no host named number-used-again is running");
    }

    @Test
    void severalHostsNeedAName() throws IOException {
        ours("red");
        HostRecord blue = ours("blue");
        assertThatThrownBy(() -> directory.select(null)).hasMessage("2 hosts are running: blue, red; say which with --host NAME")
                .satisfies(failure -> assertThat(exitCode(failure)).isEqualTo(ExitCode.USAGE));
        assertThat(directory.select("blue")).extracting(HostRecord::name).isEqualTo(blue.name());
    }

    /// `lastack up --queues 3`: one host to its user, and the first engine answers.
    @Test
    void enginesBehindFurtherQueuesAreNotOtherHosts() throws IOException {
        ours("red.2");
        ours("red");
        ours("red.1");
        assertThat(directory.select(null).name()).isEqualTo("red");
        assertThat(directory.select("red.1").name()).isEqualTo("red.1");
        ours("red.x");
        assertThatThrownBy(() -> directory.select(null)).hasMessage("2 hosts are running: red, red.x; say which with --host NAME");
    }

    @Test
    @Timeout(60)
    void aHostThatNobodyHasReapedIsNoHost() throws IOException {
        // The shell becomes a program that never waits for its child, which so stays a zombie.
        Process parent = new ProcessBuilder("sh", "-c", "sleep 0.3 & echo $!; exec tail -f /dev/null").start();
        try (BufferedReader output = parent.inputReader()) {
            ProcessHandle child = ProcessHandle.of(Long.parseLong(output.readLine())).orElseThrow();
            HostRecord record = record("killed", child.pid(), HostRecord.startedMs(child));
            while (record.alive()) {
                Thread.onSpinWait();
            }
            assertThat(child.info().startInstant()).as("the system still knows it").isPresent();
        } finally {
            parent.destroyForcibly();
        }
    }

    @Test
    void rubbishInTheDirectoryIsPassedOver() throws IOException {
        Files.writeString(directory.path().resolve("x.json"), "{");
        Files.writeString(directory.path().resolve("y.json"), "{}");
        HostRecord host = ours("host");
        assertThat(directory.select(null)).extracting(HostRecord::name).isEqualTo(host.name());
    }

    @Test
    void aSocketWithoutHostIsSaidWithTheRemedy() throws IOException {
        HostRecord host = ours("host");
        ControlServer.open(directory.socket("host")).close();
        assertThatThrownBy(() -> ControlClient.connect(host, directory)).hasMessageContaining("host host (process " + host.pid() + ") does not answer")
                .hasMessageContaining("kill " + host.pid())
                .satisfies(failure -> assertThat(exitCode(failure)).isEqualTo(ExitCode.UNAVAILABLE));
    }

    @Test
    void requestsAreAnsweredAndErrorsAreLines() throws IOException {
        HostRecord host = ours("host");
        try (ControlServer server = ControlServer.open(directory.socket("host"))) {
            server.operation("add", (request, session) -> session.answer(Map.of("sum", Json.number(request, "a", 0) + Json.number(request, "b", 0))))
                    .operation("bad", (request, session) -> {
                        throw new IllegalArgumentException("that is wrong");
                    })
                    .operation("broken", (request, session) -> {
                        throw new IllegalStateException("oops");
                    })
                    .operation("refused", (request, session) -> {
                        throw new CommandFailure(ExitCode.NO_PERMISSION, "not you", "ask somebody");
                    });
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory.socket("host")))).isEqualTo("rw-------");
            try (ControlClient client = ControlClient.connect(host, directory)) {
                assertThat(client.request(Map.of("op", "add", "a", 2, "b", 3))).containsEntry("sum", 5);
                for (List<Object> each : List.<List<Object>>of(
                        List.of("bad", "that is wrong", ExitCode.USAGE),
                        List.of("broken", "internal error of the host", ExitCode.SOFTWARE),
                        List.of("refused", "not you; ask somebody", ExitCode.NO_PERMISSION),
                        List.of("nothing", "does not know the operation 'nothing'", ExitCode.USAGE))) {
                    assertThatThrownBy(() -> client.request(Map.of("op", each.get(0)))).hasMessageContaining((String) each.get(1))
                            .satisfies(failure -> assertThat(exitCode(failure)).isEqualTo(each.get(2)));
                }
                assertThat(client.request(Map.of("op", "add", "a", 1))).as("errors do not end the session").containsEntry("sum", 1);
            }
        }
        assertThat(directory.socket("host")).doesNotExist();
    }

    @Test
    void aHostThatGoesAwayIsSaid() throws IOException {
        HostRecord host = ours("host");
        ControlServer server = ControlServer.open(directory.socket("host"));
        server.operation("wait", (request, session) -> {
            session.answer(Map.of());
            session.awaitEnd();
        });
        try (ControlClient client = ControlClient.connect(host, directory)) {
            client.request(Map.of("op", "wait"));
            server.close();
            assertThatThrownBy(client::receive).hasMessageContaining("host host went away")
                    .satisfies(failure -> assertThat(exitCode(failure)).isEqualTo(ExitCode.UNAVAILABLE));
        }
    }
}
