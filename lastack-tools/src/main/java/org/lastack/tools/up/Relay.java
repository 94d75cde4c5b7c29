package org.lastack.tools.up;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.lastack.tools.services.Network;
import org.lastack.wire.IpAddress;

/// Carries connections and datagrams from the kernel's 127.0.0.1 to a service, through a host of ours. Thread-safe.
final class Relay implements Closeable {
    private static final int BUFFER_OCTETS = 64 * 1024;
    /// Added to ports below 1024, which ordinary users may not open.
    private static final int PRIVILEGED_OFFSET = 10_000;
    /// Clients over UDP that are remembered at a time; the one that has been quiet longest is forgotten first.
    private static final int UDP_CLIENTS = 256;

    /// A port that was published.
    record Published(String transport, int kernelPort, int servicePort) {}

    private final HostNetwork network;
    private final IpAddress service;
    private final Set<Closeable> open = ConcurrentHashMap.newKeySet();
    private final List<Published> published = new ArrayList<>();

    Relay(HostNetwork network, IpAddress service) {
        this.network = network;
        this.service = service;
    }

    synchronized List<Published> published() {
        return List.copyOf(published);
    }

    /// As `tcp 9000->9000, tcp 10080->80`.
    String table() {
        return published().stream().map(each -> each.transport() + " " + each.kernelPort() + "->" + each.servicePort()).collect(Collectors.joining(", "));
    }

    /// The kernel's port for a TCP service, 0 if it is not published.
    int kernelPort(int servicePort) {
        return published().stream().filter(each -> each.transport().equals("tcp") && each.servicePort() == servicePort).map(Published::kernelPort).findFirst().orElse(0);
    }

    /// Publishes a service on its own port, or 10000 above if that is privileged, or on any if that is taken.
    void publish(String transport, int port) throws IOException {
        int wanted = port < 1024 ? port + PRIVILEGED_OFFSET : port;
        int chosen;
        try {
            chosen = open(transport, wanted, port);
        } catch (IOException e) {
            chosen = open(transport, 0, port);
        }
        synchronized (this) {
            published.add(new Published(transport, chosen, port));
        }
    }

    private int open(String transport, int kernelPort, int servicePort) throws IOException {
        InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), kernelPort);
        if (transport.equals("udp")) {
            DatagramSocket socket = new DatagramSocket(address);
            open.add(socket);
            Thread.ofVirtual().name("relay-udp-" + servicePort).start(() -> datagramLoop(socket, servicePort));
            return socket.getLocalPort();
        }
        ServerSocket server = new ServerSocket();
        server.setReuseAddress(true);
        server.bind(address);
        open.add(server);
        Thread.ofVirtual().name("relay-" + servicePort).start(() -> acceptLoop(server, servicePort));
        return server.getLocalPort();
    }

    // --- TCP ---

    private void acceptLoop(ServerSocket server, int port) {
        while (!server.isClosed()) {
            try {
                Socket kernel = server.accept();
                open.add(kernel);
                Thread.ofVirtual().name("relay-" + port).start(() -> connection(kernel, port));
            } catch (IOException e) {
                // closed, which ends the loop; or one client that was gone at once
            }
        }
    }

    private void connection(Socket kernel, int port) {
        try (kernel; Network.Stream ours = network.connect(service, port)) {
            Thread back = Thread.ofVirtual().name("relay-back-" + port).start(() -> {
                boolean whole = pump(ours.input(), outputOf(kernel));
                end(whole, kernel::shutdownOutput, kernel);
            });
            boolean whole = pump(inputOf(kernel), ours.output());
            end(whole, ours::shutdownOutput, ours);
            back.join();
        } catch (IOException e) {
            // the service refused: closing the client's connection says so
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            open.remove(kernel);
        }
    }

    private static InputStream inputOf(Socket socket) {
        try {
            return socket.getInputStream();
        } catch (IOException e) {
            return InputStream.nullInputStream();
        }
    }

    private static OutputStream outputOf(Socket socket) {
        try {
            return socket.getOutputStream();
        } catch (IOException e) {
            return OutputStream.nullOutputStream();
        }
    }

    @FunctionalInterface
    private interface Action {
        void run() throws IOException;
    }

    /// The end of one direction: FIN is passed on as FIN; a reset ends both, as it does without a relay.
    private static void end(boolean whole, Action halfClose, Closeable both) {
        try {
            if (whole) {
                halfClose.run();
            } else {
                both.close();
            }
        } catch (IOException e) {
            // it ended by itself meanwhile
        }
    }

    /// True if it ended with FIN.
    private static boolean pump(InputStream from, OutputStream to) {
        byte[] buffer = new byte[BUFFER_OCTETS];
        try {
            int octets;
            while ((octets = from.read(buffer)) >= 0) {
                to.write(buffer, 0, octets);
            }
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    // --- UDP ---

    private void datagramLoop(DatagramSocket kernel, int port) {
        Map<SocketAddress, Network.Datagrams> clients = new LinkedHashMap<>(16, 0.75f, true) {
            private static final long serialVersionUID = 1;

            @Override
            protected boolean removeEldestEntry(Map.Entry<SocketAddress, Network.Datagrams> eldest) {
                if (size() <= UDP_CLIENTS) {
                    return false;
                }
                closeQuietly(eldest.getValue());
                return true;
            }
        };
        Network.Endpoint destination = new Network.Endpoint(service, port);
        byte[] buffer = new byte[BUFFER_OCTETS];
        while (!kernel.isClosed()) {
            try {
                DatagramPacket packet = new DatagramPacket(buffer, buffer.length);
                kernel.receive(packet);
                Network.Datagrams ours = clients.get(packet.getSocketAddress());
                if (ours == null) {
                    ours = network.datagrams(0, false);
                    clients.put(packet.getSocketAddress(), ours);
                    answers(ours, kernel, packet.getSocketAddress());
                }
                ours.send(buffer, 0, packet.getLength(), destination);
            } catch (IOException e) {
                // this datagram is lost, as datagrams may be; a closed socket ends the loop
            }
        }
    }

    private static void answers(Network.Datagrams ours, DatagramSocket kernel, SocketAddress client) {
        Thread.ofVirtual().name("relay-udp-back").start(() -> {
            byte[] buffer = new byte[BUFFER_OCTETS];
            try {
                while (true) {
                    int octets = ours.receive(buffer, 0, buffer.length);
                    kernel.send(new DatagramPacket(buffer, octets, client));
                }
            } catch (IOException e) {
                // forgotten, or the end
            }
        });
    }

    private static void closeQuietly(Closeable each) {
        try {
            each.close();
        } catch (IOException e) {
            // it is gone either way
        }
    }

    @Override
    public void close() {
        open.forEach(Relay::closeQuietly);
        open.clear();
    }
}
