package org.lastack.tools.services;

import java.io.Closeable;
import java.io.DataInputStream;
import java.io.IOException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// An iperf3 server: speaks the protocol that the stock client speaks (its versions 3.1 and later), over TCP and UDP, one test at a time.
///
/// A client opens a control connection and sends a cookie of 37 octets; the connections of the test follow with the same cookie. Whoever
/// comes with another cookie during a test is told ACCESS_DENIED, as by the original.
public final class Iperf3Server implements Runnable, Closeable {
    /// Where iperf3 clients look.
    public static final int PORT = 5201;

    /// 36 characters and a NUL.
    static final int COOKIE_OCTETS = 37;

    private final Network network;
    private final Network.Listener listener;
    private final ServiceLog log;
    private @Nullable Iperf3Test running;
    private volatile boolean closing;

    public Iperf3Server(Network network, Network.Listener listener, ServiceLog log) {
        this.network = network;
        this.listener = listener;
        this.log = log;
    }

    /// Accepts until the listener is closed.
    @Override
    public void run() {
        try {
            for (long order = 0; ; order++) {
                Network.Stream stream = ServiceSet.acceptNext(listener);
                long mine = order;
                // A thread of its own, so that a client that sends no cookie keeps nobody waiting.
                Thread.ofVirtual().name("iperf3-" + stream.remote()).start(() -> greet(stream, mine));
            }
        } catch (IOException e) {
            if (!closing) {
                log.note("iperf3", "stopped: " + e.getMessage());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void greet(Network.Stream stream, long order) {
        byte[] cookie = new byte[COOKIE_OCTETS];
        try {
            new DataInputStream(stream.input()).readFully(cookie);
            Iperf3Test test;
            boolean control = false;
            synchronized (this) {
                if (running == null && !closing) {
                    running = new Iperf3Test(network, listener.port(), cookie, new CountedStream(stream));
                    control = true;
                }
                test = running;
            }
            if (control && test != null) {
                conduct(test, stream);
            } else if (test == null || !Arrays.equals(test.cookie(), cookie) || !test.join(stream, order)) {
                stream.output().write(Iperf3Test.ACCESS_DENIED);
                stream.close();
            }
        } catch (IOException e) {
            closeQuietly(stream);
        }
    }

    private void conduct(Iperf3Test test, Network.Stream control) {
        long began = System.nanoTime();
        String outcome = "closed";
        log.opened("iperf3", control.remote(), control.local());
        try {
            test.run();
        } catch (IOException e) {
            outcome = String.valueOf(e.getMessage());
        } finally {
            test.close();
            synchronized (this) {
                running = null;
            }
            log.closed("iperf3", control.remote(), test.traffic(System.nanoTime() - began), outcome);
        }
    }

    /// Closes the listener and ends the test that runs.
    @Override
    public void close() throws IOException {
        closing = true;
        Iperf3Test test;
        synchronized (this) {
            test = running;
        }
        if (test != null) {
            test.close();
        }
        listener.close();
    }

    static void closeQuietly(Closeable each) {
        try {
            each.close();
        } catch (IOException e) {
            // it is gone either way
        }
    }
}
