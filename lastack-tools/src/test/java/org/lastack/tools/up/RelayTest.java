package org.lastack.tools.up;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lastack.host.Host;
import org.lastack.tools.CommandFailure;
import org.lastack.tools.Json;
import org.lastack.tools.control.ControlClient;
import org.lastack.tools.control.RunDirectory;

/// `lastack up` in the mode that needs no privilege at all: the kernel's sockets, the relay, two hosts of ours, and the control socket.
class RelayTest {
    private static final Plan PLAN = new Plan("test", Plan.DEFAULT_KERNEL, Plan.DEFAULT_OURS, 1500, true);

    private @TempDir Path temporary;
    private final StringWriter shown = new StringWriter();
    private RunDirectory directory;
    private RelayEnvironment environment;
    private RunningHost running;

    @BeforeEach
    void up() throws IOException {
        Files.setPosixFilePermissions(temporary, PosixFilePermissions.fromString("rwx------"));
        directory = RunDirectory.at(temporary);
        environment = RelayEnvironment.open(PLAN);
        Display display = new Display(new PrintWriter(shown, true), false, false, false);
        running = new RunningHost(PLAN, environment.link(), Host.builder(), directory, display);
        running.start(environment.record());
        environment.publish(running.services());
        display.greeted();
    }

    @AfterEach
    void down() {
        running.close();
        environment.close();
        assertThat(temporary).isEmptyDirectory();
    }

    private int port(String transport, int service) {
        return Json.objects(environment.record(), "published").stream()
                .filter(each -> each.get("protocol").equals(transport) && Json.number(each, "service", 0) == service)
                .mapToInt(each -> (int) Json.number(each, "port", 0))
                .findFirst()
                .orElseThrow();
    }

    private Socket connect(int service) throws IOException {
        return new Socket(InetAddress.getLoopbackAddress(), port("tcp", service));
    }

    @Test
    void echoThroughTwoHosts() throws IOException {
        byte[] text = "through two stacks and back\n".repeat(10_000).getBytes(StandardCharsets.US_ASCII);
        try (Socket socket = connect(9000)) {
            Thread.ofVirtual().start(() -> {
                try {
                    socket.getOutputStream().write(text);
                    socket.shutdownOutput();
                } catch (IOException e) {
                    shown.append(e.toString());
                }
            });
            assertThat(socket.getInputStream().readAllBytes()).isEqualTo(text);
        }
        assertThat(shown.toString()).contains("echo     198.18.0.1:");
    }

    @Test
    void datagramsThroughTwoHosts() throws IOException {
        try (DatagramSocket socket = new DatagramSocket()) {
            byte[] text = "datagram".getBytes(StandardCharsets.US_ASCII);
            socket.setSoTimeout(10_000);
            socket.send(new DatagramPacket(text, text.length, InetAddress.getLoopbackAddress(), port("udp", 9000)));
            DatagramPacket answer = new DatagramPacket(new byte[100], 100);
            socket.receive(answer);
            assertThat(new String(answer.getData(), 0, answer.getLength(), StandardCharsets.US_ASCII)).isEqualTo("datagram");
        }
    }

    private Map<String, Object> request(Map<String, Object> request) {
        try (ControlClient client = ControlClient.connect(directory.select("test"), directory)) {
            return client.request(request);
        }
    }

    @Test
    void theControlSocketShowsSocketsAndCounters() throws IOException {
        try (Socket socket = connect(7)) {
            socket.getOutputStream().write('x');
            assertThat(socket.getInputStream().read()).isEqualTo('x');
            List<Map<String, Object>> sockets = Json.objects(request(Map.of("op", "sockets")), "sockets");
            assertThat(sockets).anySatisfy(each -> assertThat(each).containsEntry("state", "LISTEN").containsEntry("localPort", 9000).containsEntry("family", "inet6"));
            assertThat(sockets).anySatisfy(each -> assertThat(each).containsEntry("state", "ESTABLISHED").containsEntry("localPort", 7)
                    .containsEntry("local", "198.18.0.2").containsEntry("remote", "198.18.0.1").containsEntry("pid", (int) ProcessHandle.current().pid()));
        }
        assertThat(Json.number(Json.object(request(Map.of("op", "counters")), "counters"), "TcpPassiveOpens", 0)).isEqualTo(1);
    }

    @Test
    void settingsAreReadAndChanged() {
        assertThat(Json.object(request(Map.of("op", "sysctl", "name", "net.ipv4.tcp_syn_retries")), "sysctl")).containsEntry("net.ipv4.tcp_syn_retries", 6);
        request(Map.of("op", "sysctl", "name", "net/ipv4/tcp_syn_retries", "value", "3"));
        assertThat(Json.object(request(Map.of("op", "sysctl-all")), "sysctl")).containsEntry("net.ipv4.tcp_syn_retries", 3);
        assertThat(refused(Map.of("op", "sysctl", "name", "net.ipv4.nonsense"))).contains("there is no setting net.ipv4.nonsense");
        assertThat(refused(Map.of("op", "sysctl", "name", "net.ipv4.tcp_syn_retries", "value", "many"))).contains("takes a number");
        assertThat(refused(Map.of("op", "sysctl", "name", "net.ipv4.tcp_syn_retries", "value", "9999"))).contains("outside 1..127");
    }

    private String refused(Map<String, Object> request) {
        try {
            return "not refused: " + request(request);
        } catch (CommandFailure e) {
            return e.getMessage();
        }
    }

    /// BEHAVIOUR S1-01 and S0-12 as seen by a program of `lastack serve`.
    @Test
    void aServedProgramBindsListensAndDiesWithItsClient() {
        Map<String, Object> serve = Map.of("op", "serve", "program", "greeter", "port", 9001, "pid", 4711, "uid", 1000);
        ControlClient first = ControlClient.connect(directory.select("test"), directory);
        try (ControlClient second = ControlClient.connect(directory.select("test"), directory)) {
            assertThat(first.request(serve)).containsEntry("line", "listening on port 9001");
            assertThat(Json.objects(request(Map.of("op", "sockets")), "sockets")).anySatisfy(each -> assertThat(each)
                    .containsEntry("localPort", 9001).containsEntry("pid", 4711).containsEntry("program", "greeter").containsEntry("fd", 3));
            assertThat(Json.text(second.request(serve), "line", "")).startsWith("bind to port 9001: Address already in use");
            assertThat(second.receive()).containsEntry("exit", 1);
            first.close();
            // The host notices the closed session by itself; each of these requests gives it the chance to have done so.
            boolean gone = false;
            for (int i = 0; i < 10_000 && !gone; i++) {
                gone = Json.objects(request(Map.of("op", "sockets")), "sockets").stream().noneMatch(each -> Json.number(each, "localPort", 0) == 9001);
            }
            assertThat(gone).as("the sockets of the dead program are closed").isTrue();
        }
    }

    @Test
    void everyServiceIsPublished() {
        assertThat(running.services()).allSatisfy(each -> assertThat(port(each.transport(), each.port())).isPositive());
    }
}
