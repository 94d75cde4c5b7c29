package org.lastack.javalibs;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.NetworkInterface;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.lastack.net.LastackSelectorProvider;

/// Inside the namespace: runs the libraries one after the other and prints a line for each.
public final class LibraryRunner {
    private static final int SECONDS_EACH = 90;

    private LibraryRunner() {}

    static List<Library<Stage>> libraries() {
        List<Library<Stage>> all = new ArrayList<>(JdkLibraries.all());
        all.addAll(NettyLibraries.all());
        all.addAll(HttpServers.all());
        all.addAll(OtherLibraries.all());
        all.addAll(MoreLibraries.all());
        all.add(KafkaLibrary.kafka());
        return all;
    }

    /// @param arguments parts of names; none: all libraries
    public static void main(String[] arguments) throws Exception {
        refuseOutside();
        prepare();
        for (Library<Stage> each : libraries()) {
            if (arguments.length == 0 || List.of(arguments).stream().anyMatch(each.name()::contains)) {
                System.out.println(line(each, Stage::new, SECONDS_EACH));
            }
        }
        // Libraries leave threads behind that are no daemons.
        System.exit(0);
    }

    /// Other people's tests must not reach any network: only `lo` may be up.
    static void refuseOutside() throws Exception {
        for (NetworkInterface each : Collections.list(NetworkInterface.getNetworkInterfaces())) {
            if (each.isUp() && !each.isLoopback()) {
                System.err.println("refused: " + each.getName() + " is up; this runs only where lo is all there is (scripts/in-lo-netns)");
                System.exit(69);
            }
        }
    }

    /// Lastack is this JVM's provider. Before anything has asked for one.
    static void prepare() {
        System.setProperty("java.nio.channels.spi.SelectorProvider", LastackSelectorProvider.class.getName());
        System.setProperty("io.netty.transport.noNative", "true");
        System.setProperty("java.util.logging.config.class", Quiet.class.getName());
    }

    static <S extends AutoCloseable> String line(Library<S> library, Callable<S> stages, int seconds) throws InterruptedException {
        String head = library.name() + "\t" + library.version() + "\t" + library.how() + "\t" + library.what() + "\t";
        long began = System.nanoTime();
        CompletableFuture<Void> done = new CompletableFuture<>();
        Thread runner = Thread.ofPlatform().daemon().name(library.name()).start(() -> {
            try (S stage = stages.call()) {
                library.act().on(stage);
                done.complete(null);
            } catch (Throwable e) {
                done.completeExceptionally(e);
            }
        });
        try {
            done.get(seconds, TimeUnit.SECONDS);
            return "LIBRARY\tOK\t" + head + (System.nanoTime() - began) / 1_000_000;
        } catch (TimeoutException e) {
            StringBuilder where = new StringBuilder("no end after " + seconds + " s at");
            for (StackTraceElement each : runner.getStackTrace()) {
                where.append(' ').append(each);
            }
            return "LIBRARY\tFAILED\t" + head + where;
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Skipped) {
                return "LIBRARY\tSKIPPED\t" + head + e.getCause().getMessage();
            }
            StringWriter text = new StringWriter();
            e.getCause().printStackTrace(new PrintWriter(text));
            return "LIBRARY\tFAILED\t" + head + text.toString().replace('\n', ' ').replace('\t', ' ');
        }
    }

    /// Logging configuration: warnings and worse go to standard error.
    public static final class Quiet {
        public Quiet() throws java.io.IOException {
            String text = "handlers=java.util.logging.ConsoleHandler\n.level=WARNING\n";
            java.util.logging.LogManager.getLogManager().readConfiguration(new java.io.ByteArrayInputStream(text.getBytes(java.nio.charset.StandardCharsets.US_ASCII)));
        }
    }
}
