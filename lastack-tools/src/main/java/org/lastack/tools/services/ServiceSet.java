package org.lastack.tools.services;

import java.io.Closeable;
import java.io.IOException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import org.lastack.core.Errno;

/// The services of one host: opens their ports, runs each connection on a virtual thread of its own, and closes everything at the end.
/// Thread-safe.
public final class ServiceSet implements Closeable {
    /// Connections that one service serves at a time; more wait in the accept queue, so that a flood of clients costs the backlog and
    /// not our memory (each connection holds a 64 KiB buffer).
    private static final int CONNECTIONS_PER_SERVICE = 4096;
    private static final int BACKLOG = 1024;
    /// Pause after an accept that failed for want of descriptors or memory, in milliseconds; until then nobody could be served anyway.
    private static final int SHORTAGE_PAUSE_MS = 100;

    /// A service that was started.
    ///
    /// @param transport `tcp` or `udp`
    public record Entry(String name, String transport, int port) {}

    private final Network network;
    private final ServiceLog log;
    private final Set<Closeable> open = ConcurrentHashMap.newKeySet();
    private final List<Entry> entries = new ArrayList<>();
    private volatile boolean closing;

    public ServiceSet(Network network, ServiceLog log) {
        this.network = network;
        this.log = log;
    }

    /// Starts everything that `lastack up` offers.
    public void startAll(InstantSource clock) throws IOException {
        stream("echo", 7, SimpleServices::echo);
        stream("echo", 9000, SimpleServices::echo);
        stream("discard", 9, SimpleServices::discard);
        stream("daytime", 13, SimpleServices.daytime(clock));
        stream("chargen", 19, SimpleServices::chargen);
        HttpService http = new HttpService(clock);
        stream("http", 80, http);
        stream("http", 8080, http);
        datagrams("echo", 7, SimpleServices::echoAnswer);
        datagrams("echo", 9000, SimpleServices::echoAnswer);
        datagrams("discard", 9, SimpleServices::discardAnswer);
        datagrams("daytime", 13, SimpleServices.daytimeAnswer(clock));
        datagrams("chargen", 19, SimpleServices::chargenAnswer);
        iperf(Iperf3Server.PORT);
    }

    /// Serves TCP connections to `port`.
    public void stream(String name, int port, StreamService service) throws IOException {
        Network.Listener listener = network.listen(port, BACKLOG, true);
        register(new Entry(name, "tcp", listener.port()), listener);
        Thread.ofVirtual().name(name + "-" + listener.port()).start(() -> acceptLoop(name, listener, service));
    }

    /// Starts an iperf3 server; its UDP socket exists only while a test over UDP runs, as with the original.
    public void iperf(int port) throws IOException {
        Network.Listener listener = network.listen(port, BACKLOG, true);
        Iperf3Server server = new Iperf3Server(network, listener, log);
        register(new Entry("iperf3", "tcp", listener.port()), server);
        Thread.ofVirtual().name("iperf3-" + port).start(server);
    }

    void datagrams(String name, int port, SimpleServices.Answer answer) throws IOException {
        Network.Datagrams socket = network.datagrams(port, false);
        register(new Entry(name, "udp", port), socket);
        Thread.ofVirtual().name(name + "-udp-" + port).start(() -> {
            try {
                SimpleServices.serveDatagrams(socket, answer);
            } catch (IOException e) {
                ended(name, e);
            }
        });
    }

    private synchronized void register(Entry entry, Closeable socket) throws IOException {
        open.add(socket);
        entries.add(entry);
        if (closing) {
            socket.close();
        }
    }

    /// What runs, in the order in which it was started.
    public synchronized List<Entry> entries() {
        return List.copyOf(entries);
    }

    private void acceptLoop(String name, Network.Listener listener, StreamService service) {
        Semaphore room = new Semaphore(CONNECTIONS_PER_SERVICE);
        try {
            while (true) {
                room.acquire();
                Network.Stream stream = acceptNext(listener);
                Thread.ofVirtual().name(name + "-" + stream.remote()).start(() -> {
                    try {
                        serve(name, stream, service);
                    } finally {
                        room.release();
                    }
                });
            }
        } catch (IOException e) {
            ended(name, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /// The next connection. Only a closed listener ends the loop: a connection that died in the queue, or a shortage that passes, does not.
    static Network.Stream acceptNext(Network.Listener listener) throws IOException, InterruptedException {
        while (true) {
            try {
                return listener.accept();
            } catch (SocketFailure e) {
                switch (e.errno()) {
                    case Errno.EBADF, Errno.EINVAL, Errno.ENOTSOCK -> throw e;
                    case Errno.EMFILE, Errno.ENOMEM, Errno.ENOBUFS -> Thread.sleep(SHORTAGE_PAUSE_MS);
                    default -> {
                        // ECONNABORTED, EPROTO, ENETDOWN...: accept(2) tells to treat them like EAGAIN
                    }
                }
            }
        }
    }

    private void ended(String name, IOException cause) {
        if (!closing) {
            log.note(name, "stopped: " + cause.getMessage());
        }
    }

    private void serve(String name, Network.Stream stream, StreamService service) {
        long began = System.nanoTime();
        CountedStream counted = new CountedStream(stream);
        String outcome = "closed";
        open.add(stream);
        log.opened(name, stream.remote(), stream.local());
        try (stream) {
            service.serve(counted);
        } catch (IOException e) {
            outcome = e.getMessage() == null ? e.toString() : e.getMessage();
        } finally {
            open.remove(stream);
            log.closed(name, stream.remote(), new ServiceLog.Traffic(counted.octetsIn(), counted.octetsOut(), System.nanoTime() - began), outcome);
        }
    }

    /// Closes every listener and connection; their threads end by themselves.
    @Override
    public void close() {
        synchronized (this) {
            closing = true;
        }
        for (Closeable each : open) {
            try {
                each.close();
            } catch (IOException e) {
                log.note("close", String.valueOf(e.getMessage()));
            }
        }
        open.clear();
    }
}
