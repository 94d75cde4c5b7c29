package org.lastack.javalibs;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/// A real PostgreSQL in this namespace, with a cluster of its own in a temporary directory that vanishes with it. Debian's own cluster, if there is one, is not
/// touched: nothing here listens anywhere but on one address of this namespace.
final class Postgres implements AutoCloseable {
    static final String PASSWORD = "correct horse";

    private final Path directory;
    private final Process server;

    private Postgres(Path directory, Process server) {
        this.directory = directory;
        this.server = server;
    }

    /// Where Debian and others keep the server's programs; the newest version first.
    private static Path[] directories() throws IOException {
        Path all = Path.of("/usr/lib/postgresql");
        if (!Files.isDirectory(all)) {
            return new Path[0];
        }
        try (Stream<Path> versions = Files.list(all)) {
            return versions.sorted(Comparator.reverseOrder()).map(each -> each.resolve("bin")).toArray(Path[]::new);
        }
    }

    /// Blocks until it accepts connections.
    static Postgres start() throws Exception {
        Path initdb = Programs.find("initdb", directories()).orElseThrow(() -> new Skipped("PostgreSQL's initdb is not installed (scripts/install-test-tools)"));
        List<String> as = unprivileged();
        Path directory = Files.createTempDirectory("lastack-postgres");
        boolean started = false;
        Postgres made = null;
        try {
            Path secret = Files.writeString(directory.resolve("password"), PASSWORD);
            Tls.of(KernelNet.KERNEL).write(directory.resolve("server.crt"), directory.resolve("server.key"));
            Path data = directory.resolve("data");
            Programs.run("chmod", "600", directory.resolve("server.key").toString());
            Programs.run("chown", "-R", as.getLast(), directory.toString());
            Programs.run(command(as, initdb.toString(), "-D", data.toString(), "-U", "postgres", "-A", "scram-sha-256", "--pwfile=" + secret, "-E", "UTF8", "--locale=C", "--no-sync"));
            Files.writeString(data.resolve("pg_hba.conf"), "host all all " + KernelNet.LASTACK + "/32 scram-sha-256\n", StandardOpenOption.TRUNCATE_EXISTING);
            Process server = new ProcessBuilder(command(as, initdb.resolveSibling("postgres").toString(), "-D", data.toString(), "-c", "listen_addresses=" + KernelNet.KERNEL,
                    "-c", "unix_socket_directories=", "-c", "fsync=off", "-c", "shared_buffers=16MB", "-c", "dynamic_shared_memory_type=mmap", "-c", "ssl=on",
                    "-c", "ssl_cert_file=" + directory.resolve("server.crt"), "-c", "ssl_key_file=" + directory.resolve("server.key"))).redirectErrorStream(true).start();
            made = new Postgres(directory, server);
            made.awaitReady();
            started = true;
            return made;
        } finally {
            if (!started && made != null) {
                made.close();
            } else if (!started) {
                delete(directory);
            }
        }
    }

    /// PostgreSQL refuses to be root: `setpriv` to one of the users that every system has. The user's name is the last word. It ends with this process.
    private static List<String> unprivileged() throws Exception {
        String setpriv = Programs.need("setpriv").toString();
        for (String user : List.of("postgres", "nobody")) {
            List<String> words = List.of(setpriv, "--clear-groups", "--pdeathsig", "INT", "--reuid", user);
            try {
                Programs.run(command(words, "true"));
                return words;
            } catch (AssertionError e) {
                // No such user, or no right to become it.
            }
        }
        throw new Skipped("this process cannot become the user postgres or nobody, and PostgreSQL does not run as root");
    }

    private static String[] command(List<String> as, String... words) {
        List<String> all = new ArrayList<>(as);
        all.addAll(List.of(words));
        return all.toArray(String[]::new);
    }

    private void awaitReady() throws IOException {
        BufferedReader log = server.inputReader();
        StringBuilder said = new StringBuilder();
        for (String line = log.readLine(); line != null; line = log.readLine()) {
            if (line.contains("ready to accept connections")) {
                // Its log is read on, or it would wait for somebody to do so.
                Thread.ofVirtual().start(() -> drain(log));
                return;
            }
            said.append(line).append('\n');
        }
        throw new AssertionError("PostgreSQL does not start: " + said);
    }

    private static void drain(BufferedReader log) {
        try (log) {
            log.transferTo(java.io.Writer.nullWriter());
        } catch (IOException e) {
            // Closed with the process.
        }
    }

    @Override
    public void close() throws Exception {
        server.destroy();
        if (!server.waitFor(20, TimeUnit.SECONDS)) {
            server.destroyForcibly().waitFor();
        }
        delete(directory);
    }

    private static void delete(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            files.sorted(Comparator.reverseOrder()).forEach(each -> each.toFile().delete());
        }
    }
}
