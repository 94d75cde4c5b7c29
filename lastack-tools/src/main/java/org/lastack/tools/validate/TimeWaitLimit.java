package org.lastack.tools.validate;

import java.util.List;
import java.util.Locale;
import org.lastack.core.Errno;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.Owner;
import org.lastack.core.tcp.TcpSocket;
import org.lastack.core.tcp.TcpState;
import org.lastack.sim.SimApp;
import org.lastack.sim.SimHost;
import org.lastack.sim.Simulation;
import org.lastack.sim.Sink;
import org.lastack.wire.IpAddress;

/// V7: how many connections a second TIME-WAIT leaves to one destination.
final class TimeWaitLimit implements Experiment {
    private static final int PORTS = 60_999 - 32_768 + 1;
    private static final int TIME_WAIT_SECONDS = 60;
    private static final int OFFERED_PER_SECOND = 600;
    private static final long SECOND = 1_000_000_000L;
    private static final int PORT = 80;

    @Override
    public String id() {
        return "V7";
    }

    @Override
    public String title() {
        return "TIME-WAIT and the ephemeral ports";
    }

    @Override
    public int runs() {
        return 1;
    }

    /// Connects and closes at once, again and again.
    private static final class Client {
        private final SimHost host;
        private final IpAddress server;
        private int opened;
        private int refused;
        private long exhaustedNs;

        Client(SimHost host, IpAddress server) {
            this.host = host;
            this.server = server;
        }

        void open() {
            TcpSocket socket = host.engine().tcpSocket(InetSocket.AF_INET, Owner.ROOT);
            int result = socket.connect(server.high(), server.low(), PORT);
            if (result == -Errno.EINPROGRESS) {
                opened++;
                socket.events(new Closing(host, socket));
                return;
            }
            if (result != -Errno.EADDRNOTAVAIL) {
                throw new IllegalStateException("connect: " + Errno.name(result));
            }
            if (refused++ == 0) {
                exhaustedNs = host.simulation().nowNs();
            }
            socket.close();
        }
    }

    /// Closes as soon as the connection is there.
    private static final class Closing extends SimApp {
        private final TcpSocket socket;
        private boolean done;

        Closing(SimHost host, TcpSocket socket) {
            super(host);
            this.socket = socket;
        }

        @Override
        protected void run() {
            if (!done && socket.state() == TcpState.ESTABLISHED) {
                done = true;
                socket.close();
            }
        }
    }

    @Override
    public Report run(double scale, long seed, Progress progress) {
        Simulation sim = new Simulation(seed);
        SimHost host = sim.host("client", "10.0.0.1");
        SimHost server = sim.host("server", "10.0.0.2");
        sim.link(host, server).delayNs(500_000);
        new Sink(server, PORT);
        Client client = new Client(host, server.address());
        long begin = sim.nowNs();
        sim.every(SECOND / OFFERED_PER_SECOND, () -> host.call(client::open));
        // Every port once; then as fast as they come back.
        sim.runUntil(() -> client.refused > 0, 2 * TIME_WAIT_SECONDS * SECOND);
        int ports = client.opened;
        double exhausted = (client.exhaustedNs - begin) / 1e9;
        sim.runUntil(() -> client.opened > ports, TIME_WAIT_SECONDS * SECOND);
        double again = (sim.nowNs() - begin) / 1e9;
        int before = client.opened;
        double seconds = TIME_WAIT_SECONDS * Math.max(0.1, scale);
        sim.run((long) (seconds * 1e9));
        double rate = (client.opened - before) / seconds;
        progress.step();
        Report report = new Report(this)
                .setting("A client opens and closes " + OFFERED_PER_SECOND + " connections a second to one address and port; tcp_tw_reuse stays at 2, loopback only.")
                .setting("Formula: 28,232 ephemeral ports, each taken for 60 s.");
        List<List<String>> table = report.table("Connections", "", "Linux, formula", "Lastack");
        table.add(List.of("connections until EADDRNOTAVAIL", "" + PORTS, "" + ports));
        table.add(List.of("at " + OFFERED_PER_SECOND + " a second that is after, s", Formulas.short3((double) PORTS / OFFERED_PER_SECOND), Formulas.short3(exhausted)));
        table.add(List.of("the first port is free again after, s", "" + TIME_WAIT_SECONDS, String.format(Locale.ROOT, "%.1f", again)));
        double limit = (double) PORTS / TIME_WAIT_SECONDS;
        table.add(List.of("connections per second that last", "" + (int) limit, Formulas.short3(rate)));
        return report.check(ports == PORTS, "every port is used once")
                .check(Math.abs(again - TIME_WAIT_SECONDS) < 1, "TIME-WAIT lasts 60 s")
                .check(Math.abs(rate / limit - 1) < 0.02, "connections per second within 2 %% of ports / 60 s");
    }
}
