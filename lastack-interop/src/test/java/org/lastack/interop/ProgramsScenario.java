package org.lastack.interop;

import static org.lastack.interop.Checks.check;
import static org.lastack.interop.Checks.lastack;
import static org.lastack.interop.Checks.lastackRun;
import static org.lastack.interop.Checks.run;
import static org.lastack.interop.Checks.that;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.security.MessageDigest;
import org.lastack.link.linux.InterfaceSetup;
import org.lastack.link.linux.Namespaces;
import org.lastack.tools.Json;

/// Starts `lastack up` in the namespace of this process and talks to it with the kernel's programs.
public final class ProgramsScenario {
    private static final String V4 = "198.18.0.2";
    private static final String V6 = "fd5a:1a57:ac4::2";
    private static final String DEVICE = "lastack0";
    /// Long enough for the restarts that it must forbid, short enough to see its end.
    private static final int TIME_WAIT_MS = 12_000;

    private final Path directory;
    private Process up;

    private ProgramsScenario(Path directory) {
        this.directory = directory;
    }

    /// Inside the namespace.
    public static void main(String[] arguments) throws Exception {
        Path directory = Files.createTempDirectory("lastack-interop");
        try {
            new ProgramsScenario(directory).scenario();
        } finally {
            try (var files = Files.list(directory)) {
                files.forEach(each -> each.toFile().delete());
            }
            Files.delete(directory);
        }
        System.out.println("DONE");
    }

    private void scenario() throws Exception {
        // An ordinary user is root of this namespace but may not open /dev/net/tun: a veth pair then.
        String where = Namespaces.whyNoTun() == null ? "--tun=" + DEVICE : "--inside=" + directory;
        up = lastack(directory, "up", where, "--json", "--sysctl=lastack.tcp_timewait_ms=" + TIME_WAIT_MS).start();
        try (BufferedReader events = up.inputReader()) {
            String ready = events.readLine();
            check("up says that it is ready", List.of(), () -> that(ready != null && ready.contains("\"event\":\"ready\""), String.valueOf(ready)));
            Thread.ofVirtual().start(() -> events.lines().forEach(line -> {}));
            programs();
            servers();
            ending();
        } finally {
            up.destroyForcibly();
        }
    }

    // --- programs ---

    private void programs() {
        check("nc: echo over IPv4", List.of("nc"), () -> echo(V4));
        check("nc: echo over IPv6", List.of("nc"), () -> echo(V6));
        check("nc: echo over UDP", List.of("nc"), () -> that(run("hello\n", "nc", "-u", "-w", "1", V4, "9000").output().equals("hello\n"), "no echo"));
        check("ping -c 3 over IPv4", List.of("ping"), () -> ping(V4));
        check("ping -c 3 over IPv6", List.of("ping"), () -> ping(V6));
        check("curl: 100 MB with the right SHA-256", List.of("curl"), this::download);
        check("curl: 20 MB upwards with the right SHA-256", List.of("curl"), this::upload);
        check("iperf3 towards the host", List.of("iperf3"), () -> iperf(false, "-t", "1"));
        check("iperf3 from the host", List.of("iperf3"), () -> iperf(false, "-t", "1", "-R"));
        check("iperf3 in parallel over IPv6", List.of("iperf3"), () -> iperf(true, "-t", "1", "-P", "3"));
        check("iperf3 over UDP, both directions", List.of("iperf3"), () -> {
            iperf(false, "-t", "1", "-u", "-b", "20M");
            iperf(false, "-t", "1", "-u", "-b", "20M", "-R");
        });
        check("connection refused on a closed port", List.of("nc"), () -> {
            Checks.Outcome outcome = run("", "nc", "-v", "-w", "5", V4, "4444");
            that(outcome.exitCode() == 1 && outcome.output().contains("refused"), outcome.toString());
        });
    }

    private static void echo(String address) throws IOException, InterruptedException {
        String text = "one line\n".repeat(2000);
        that(run(text, "nc", "-N", address, "9000").orFail().equals(text), "the echo differs");
    }

    private static void ping(String address) throws IOException, InterruptedException {
        String output = run("", "ping", "-c", "3", "-i", "0.2", address).orFail();
        that(output.contains("3 packets transmitted, 3 received, 0% packet loss"), output);
    }

    private void download() throws Exception {
        Path body = directory.resolve("body");
        String head = run("", "curl", "-sS", "-D", "-", "-o", body.toString(), "http://" + V4 + "/bytes/100000000").orFail();
        String wanted = head.lines().filter(line -> line.startsWith("X-SHA256: ")).map(line -> line.substring(10).strip()).findFirst().orElse("none");
        that(Files.size(body) == 100_000_000 && sha256(body).equals(wanted), "length " + Files.size(body) + ", digest " + sha256(body) + ", announced " + wanted);
    }

    private void upload() throws Exception {
        Path body = directory.resolve("body");
        Files.write(body, new byte[20_000_000]);
        Map<String, Object> answer = Json.parse(run("", "curl", "-sS", "-T", body.toString(), "http://[" + V6 + "]:8080/sha256").orFail());
        that(Json.number(answer, "octets", 0) == 20_000_000 && sha256(body).equals(answer.get("sha256")), answer.toString());
    }

    private static String sha256(Path file) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
    }

    private static void iperf(boolean v6, String... options) throws Exception {
        String[] command = new String[options.length + 4];
        System.arraycopy(new String[] {"iperf3", "-J", "-c", v6 ? V6 : V4}, 0, command, 0, 4);
        System.arraycopy(options, 0, command, 4, options.length);
        Map<String, Object> result = Json.parse(run("", command).orFail());
        that(!result.containsKey("error"), String.valueOf(result.get("error")));
        Map<String, Object> end = Json.object(result, "end");
        Map<String, Object> received = Json.object(end, end.containsKey("sum_received") ? "sum_received" : "sum");
        that(Json.number(received, "bytes", 0) > 1_000_000, "received " + received);
    }

    // --- servers ---

    private void servers() {
        check("S1-04 greeter: one LISTEN and two TIME_WAIT rows in netstat", List.of("nc"), this::greeter);
        check("S0-12 echo-once with SO_REUSEADDR starts again at once", List.of("nc"), () -> {
            echoOnce(9012, "--reuseaddr");
            echoOnce(9012, "--reuseaddr");
        });
        check("S0-12 echo-once without SO_REUSEADDR does not", List.of("nc"), () -> {
            echoOnce(9013);
            Checks.Outcome again = lastackRun(directory, "serve", "echo-once", "9013");
            that(again.exitCode() == 1 && again.output().contains("Address already in use"), again.toString());
        });
        check("TIME_WAIT rows vanish when their time is over", List.of("nc"), this::timeWaitEnds);
    }

    private Process serve(String... arguments) throws IOException {
        String[] command = new String[arguments.length + 1];
        command[0] = "serve";
        System.arraycopy(arguments, 0, command, 1, arguments.length);
        return lastack(directory, command).start();
    }

    private void greeter() throws Exception {
        Process greeter = serve("greeter", "9011");
        try (BufferedReader lines = greeter.inputReader()) {
            that("listening on port 9011".equals(lines.readLine()), "the greeter does not listen");
            for (int i = 0; i < 2; i++) {
                that(run("", "nc", "-d", V4, "9011").orFail().equals("I sent sth to client!\n"), "no greeting");
            }
            String[] rows = lastackRun(directory, "netstat", "-anp").orFail().lines().filter(line -> line.contains(":9011 ")).toArray(String[]::new);
            long listening = count(rows, ".*0\\.0\\.0\\.0:9011 +0\\.0\\.0\\.0:\\* +LISTEN +\\d+/greeter *");
            long waiting = count(rows, "tcp +0 +0 198\\.18\\.0\\.2:9011 +198\\.18\\.0\\.1:\\d+ +TIME_WAIT +- *");
            that(rows.length == 3 && listening == 1 && waiting == 2, String.join("\n", rows));
        } finally {
            greeter.destroy();
            greeter.waitFor();
        }
    }

    private static long count(String[] rows, String pattern) {
        long count = 0;
        for (String row : rows) {
            if (row.matches(pattern)) {
                count++;
            }
        }
        return count;
    }

    /// One run of the server in which it closes first, so that TIME_WAIT is on its side.
    private void echoOnce(int port, String... options) throws Exception {
        String[] arguments = new String[3 + options.length];
        System.arraycopy(new String[] {"echo-once", Integer.toString(port), "--close-first"}, 0, arguments, 0, 3);
        System.arraycopy(options, 0, arguments, 3, options.length);
        Process server = serve(arguments);
        try (BufferedReader lines = server.inputReader()) {
            String first = lines.readLine();
            that(("listening on port " + port).equals(first), "instead of listening it says: " + first);
            that(run("once\n", "nc", V4, Integer.toString(port)).orFail().equals("once\n"), "no echo");
            that(server.waitFor(20, TimeUnit.SECONDS) && server.exitValue() == 0, "the server did not end");
        } finally {
            server.destroy();
        }
    }

    private void timeWaitEnds() throws Exception {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(2L * TIME_WAIT_MS);
        String rows;
        do {
            rows = lastackRun(directory, "ss", "-tanH", "state", "time-wait", "sport", "=", ":9011").orFail();
        } while (!rows.isEmpty() && System.nanoTime() < deadline);
        that(rows.isEmpty(), rows);
    }

    // --- the end ---

    private void ending() {
        check("after SIGTERM nothing is left", List.of(), () -> {
            up.destroy();
            that(up.waitFor(20, TimeUnit.SECONDS) && up.exitValue() == 0, "exit code " + (up.isAlive() ? "none" : up.exitValue()));
            try (var files = Files.list(directory); InterfaceSetup setup = InterfaceSetup.open()) {
                that(files.map(Path::getFileName).map(Path::toString).filter(name -> !name.equals("body")).count() == 0, "run files are left");
                boolean veth = Namespaces.whyNoTun() != null; // which goes with the namespace, not with the process
                that(veth || !setup.exists(DEVICE), "the device is left");
            }
            Checks.Outcome netstat = lastackRun(directory, "netstat", "-an");
            that(netstat.exitCode() == 69 && netstat.output().startsWith("lastack: no host is running"), netstat.toString());
        });
    }
}
