package org.lastack.tools.validate;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.lastack.core.Errno;
import org.lastack.core.Sysctl;
import org.lastack.core.Sysctls;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.Owner;
import org.lastack.core.socket.SocketOptions;
import org.lastack.core.tcp.TcpSocket;
import org.lastack.core.tcp.TcpState;
import org.lastack.sim.BulkSender;
import org.lastack.sim.SimHost;
import org.lastack.sim.SimLink;
import org.lastack.sim.Simulation;
import org.lastack.sim.Sink;

/// V9: Linux's constants, as settings and as the times that follow from them.
final class Constants implements Experiment {
    private static final long SECOND = 1_000_000_000L;
    private static final long LONG_NS = 20_000 * SECOND;

    /// @param linux on Linux 6.18.44, in the unit of the sysctl
    private record Setting(Sysctl sysctl, long linux, String name) {}

    private static final List<Setting> SETTINGS = List.of(
            new Setting(Sysctl.TCP_RETRIES2, 15, "tcp_retries2"), new Setting(Sysctl.TCP_SYNACK_RETRIES, 5, "tcp_synack_retries"),
            new Setting(Sysctl.TCP_KEEPALIVE_TIME, 7200, "tcp_keepalive_time"), new Setting(Sysctl.TCP_KEEPALIVE_PROBES, 9, "tcp_keepalive_probes"),
            new Setting(Sysctl.TCP_KEEPALIVE_INTVL, 75, "tcp_keepalive_intvl"), new Setting(Sysctl.TCP_FIN_TIMEOUT, 60, "tcp_fin_timeout"),
            new Setting(Sysctl.TCP_RTO_MIN_US, 200_000, "tcp_rto_min_us"), new Setting(Sysctl.TCP_RTO_MAX_MS, 120_000, "tcp_rto_max_ms"),
            new Setting(Sysctl.TCP_MTU_PROBING, 0, "tcp_mtu_probing"), new Setting(Sysctl.TCP_BASE_MSS, 1024, "tcp_base_mss"));

    @Override
    public String id() {
        return "V9";
    }

    @Override
    public String title() {
        return "constants of Linux";
    }

    @Override
    public int runs() {
        return 4;
    }

    /// Two hosts and a link of 1 ms that can be cut.
    private static final class Scene {
        final Simulation sim;
        final SimHost client;
        final SimHost server;
        final SimLink link;
        final Sink sink;
        final List<Double> sent = new ArrayList<>();

        Scene(long seed) {
            sim = new Simulation(seed);
            client = sim.host("client", "10.0.0.1");
            server = sim.host("server", "10.0.0.2");
            link = sim.link(client, server).delayNs(500_000);
            sink = new Sink(server, 80);
        }

        /// From now on nothing arrives, and what is sent is noted.
        long cut() {
            link.down(true);
            long begin = sim.nowNs();
            sent.clear();
            sim.tap((now, channel, frame) -> sent.add((now - begin) / 1e9));
            return begin;
        }

        double since(long begin) {
            return (sim.nowNs() - begin) / 1e9;
        }

    }

    /// Seconds from the first transmission of text to ETIMEDOUT, and to the first retransmission.
    private static double[] retries2(long seed) {
        Scene scene = new Scene(seed);
        TcpSocket socket = held(scene);
        long begin = scene.cut();
        scene.client.call(() -> require(socket.send(new byte[100], 0, 100, 0)));
        scene.sim.runUntil(() -> socket.state() == TcpState.CLOSED, LONG_NS);
        require(socket.takeError() == Errno.ETIMEDOUT ? 0 : -1);
        return new double[] {scene.since(begin), rto(scene.sent)};
    }

    /// The first interval that is longer than a tail-loss probe's.
    private static double rto(List<Double> sent) {
        return sent.size() > 2 ? sent.get(sent.size() - 1) - sent.get(sent.size() - 2) : Double.NaN;
    }

    /// An established connection on which nothing is said.
    private static TcpSocket held(Scene scene) {
        TcpSocket[] socket = new TcpSocket[1];
        scene.client.call(() -> {
            TcpSocket s = scene.client.engine().tcpSocket(InetSocket.AF_INET, Owner.ROOT);
            s.connect(scene.server.address().high(), scene.server.address().low(), 80);
            socket[0] = s;
        });
        scene.sim.run(SECOND);
        require(socket[0].state() == TcpState.ESTABLISHED ? 0 : -1);
        return socket[0];
    }

    private static void require(int result) {
        if (result < 0) {
            throw new IllegalStateException("the scene did not begin as it should");
        }
    }

    /// Seconds from the last octet to ETIMEDOUT by keep-alive.
    private static double keepAlive(long seed) {
        Scene scene = new Scene(seed);
        TcpSocket socket = held(scene);
        scene.client.call(() -> require(socket.setInt(SocketOptions.SOL_SOCKET, SocketOptions.SO_KEEPALIVE, 1)));
        long begin = scene.cut();
        scene.sim.runUntil(() -> socket.state() == TcpState.CLOSED, LONG_NS);
        require(socket.takeError() == Errno.ETIMEDOUT ? 0 : -1);
        // The connection was idle for a second already.
        return scene.since(begin) + 1;
    }

    /// Seconds that FIN-WAIT-2 without a reader lasts.
    private static double finWait2(long seed) {
        Scene scene = new Scene(seed);
        TcpSocket[] server = new TcpSocket[1];
        scene.server.call(() -> {
            TcpSocket s = scene.server.engine().tcpSocket(InetSocket.AF_INET, Owner.ROOT);
            require(s.bind(scene.server.address().high(), scene.server.address().low(), 81));
            require(s.listen(1));
            server[0] = s;
        });
        TcpSocket[] socket = new TcpSocket[1];
        scene.client.call(() -> {
            TcpSocket s = scene.client.engine().tcpSocket(InetSocket.AF_INET, Owner.ROOT);
            s.connect(scene.server.address().high(), scene.server.address().low(), 81);
            socket[0] = s;
        });
        scene.sim.run(SECOND);
        TcpSocket child = server[0].accept();
        require(child == null ? -1 : 0);
        long begin = scene.sim.nowNs();
        scene.client.call(socket[0]::close);
        scene.sim.run(SECOND / 10);
        boolean[] gone = new boolean[1];
        while (!gone[0] && scene.since(begin) < 1000) {
            scene.sim.run(SECOND / 10);
            scene.client.call(() -> gone[0] = finWait2s(scene.client) == 0);
        }
        return scene.since(begin);
    }

    private static int finWait2s(SimHost host) {
        int[] count = new int[1];
        host.engine().tcp().rows(row -> count[0] += row.state() == TcpState.FIN_WAIT_2 ? 1 : 0);
        return count[0];
    }

    /// Seconds that a SYN-RECEIVED lasts whose SYN-ACK nobody answers.
    private static double synAck(long seed) {
        Scene scene = new Scene(seed);
        scene.link.backward().down(true);
        BulkSender app = new BulkSender(scene.client, scene.server.address(), 80, 1).start(0);
        scene.sim.run(SECOND / 2);
        long begin = scene.sim.nowNs() - SECOND / 2;
        scene.link.forward().down(true);
        boolean[] gone = new boolean[1];
        while (!gone[0] && scene.since(begin) < 1000) {
            scene.sim.run(SECOND / 10);
            scene.server.call(() -> gone[0] = scene.server.engine().tcp().embryoCount() == 0);
        }
        require(app.closed() ? -1 : 0);
        return scene.since(begin);
    }

    @Override
    public Report run(double scale, long seed, Progress progress) {
        Report report = new Report(this)
                .setting("Settings of Linux 6.18.44 as sysctl shows them, and the times that follow from them: published ones, or computed from the settings; ours in the simulator.");
        Sysctls ours = new Sysctls();
        List<List<String>> settings = report.table("Settings", "net.ipv4", "Linux 6.18.44", "Lastack");
        boolean equal = true;
        for (Setting each : SETTINGS) {
            long value = ours.get(each.sysctl());
            settings.add(List.of(each.name(), "" + each.linux(), "" + value));
            equal &= value == each.linux();
        }
        report.check(equal, "all settings are Linux's");
        List<List<String>> times = report.table("Times in seconds", "", "Linux", "Lastack");
        double[] text = retries2(seed);
        progress.step();
        double alive = keepAlive(seed);
        progress.step();
        double orphan = finWait2(seed);
        progress.step();
        double half = synAck(seed);
        progress.step();
        boolean near = time(times, "text into a black hole: ETIMEDOUT after tcp_retries2 (often cited)", 924.6, text[0]);
        near &= time(times, "the longest interval between its retransmissions: rto_max", 120, text[1]);
        near &= time(times, "keep-alive into a black hole: ETIMEDOUT, 7200 + 9 * 75", 7875, alive);
        near &= time(times, "FIN-WAIT-2 that nobody reads", 60, orphan);
        near &= time(times, "SYN-ACK that nobody answers: forgotten, 1 + 2 + 4 + 8 + 16 + 32", 63, half);
        return report.check(near, "all times within 1 %% of Linux's");
    }

    private static boolean time(List<List<String>> table, String what, double linux, double ours) {
        table.add(List.of(what, String.format(Locale.ROOT, linux == Math.rint(linux) ? "%.0f" : "%.1f", linux), String.format(Locale.ROOT, "%.1f", ours)));
        return Math.abs(ours / linux - 1) <= 0.01;
    }
}
