package org.lastack.tools.validate;

import java.util.List;
import org.lastack.core.Errno;
import org.lastack.core.Sysctl;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.Owner;
import org.lastack.core.socket.SocketOptions;
import org.lastack.core.tcp.TcpSocket;
import org.lastack.sim.SimHost;
import org.lastack.sim.Simulation;
import org.lastack.wire.IpAddress;

/// V6: may two sockets have the same local port? The eight questions of "The quantum state of a TCP port" (Cloudflare, 2023), with one ephemeral port.
final class PortSharing implements Experiment {
    private static final int PORT = 60_000;
    private static final int SERVER_PORT = 1234;
    private static final int SOL_IP = 0;
    private static final int IP_BIND_ADDRESS_NO_PORT = 24;

    /// What a socket does, in this order.
    ///
    /// @param option 0, SO_REUSEADDR or IP_BIND_ADDRESS_NO_PORT
    /// @param bind "" = it does not bind
    private record Socket(int option, String bind, int port, String connect) {
        static Socket connecting(String to) {
            return new Socket(0, "", 0, to);
        }

        static Socket bound(String address, int port, String to) {
            return new Socket(0, address, port, to);
        }

        Socket with(int name) {
            return new Socket(name, bind, port, connect);
        }

        @Override
        public String toString() {
            return (option == 0 ? "" : option == SocketOptions.SO_REUSEADDR ? "reuseaddr, " : "no_port, ") + (bind.isEmpty() ? "" : "bind " + bind + ":" + port + ", ")
                    + "connect " + connect;
        }
    }

    /// @param number of the question; with a prime it is the solution
    /// @param outcome what Linux says to the second socket
    private record Question(String number, Socket first, Socket second, String outcome) {}

    private static final Socket OTHER_ADDRESS = Socket.bound("127.1.1.1", 0, "127.9.9.9");
    private static final Socket SAME_ADDRESS = Socket.bound("127.0.0.1", 0, "127.8.8.8");
    private static final Socket SAME_PORT = Socket.bound("127.0.0.1", PORT, "127.8.8.8");
    private static final List<Question> QUESTIONS = List.of(
            new Question("1", OTHER_ADDRESS, Socket.bound("127.2.2.2", 0, "127.9.9.9"), "shared"),
            new Question("2", Socket.connecting("127.9.9.9"), Socket.bound("127.2.2.2", 0, "127.9.9.9"), "shared"),
            new Question("3", OTHER_ADDRESS, Socket.connecting("127.9.9.9"), "EADDRNOTAVAIL"),
            new Question("3'", OTHER_ADDRESS.with(IP_BIND_ADDRESS_NO_PORT), Socket.connecting("127.9.9.9"), "shared"),
            new Question("4", Socket.connecting("127.8.8.8"), Socket.connecting("127.9.9.9"), "shared"),
            new Question("5", SAME_ADDRESS, Socket.bound("127.0.0.1", 0, "127.9.9.9"), "EADDRINUSE"),
            new Question("5'", SAME_ADDRESS.with(IP_BIND_ADDRESS_NO_PORT), Socket.bound("127.0.0.1", 0, "127.9.9.9").with(IP_BIND_ADDRESS_NO_PORT), "shared"),
            new Question("6", SAME_PORT, Socket.bound("127.0.0.1", PORT, "127.9.9.9"), "EADDRINUSE"),
            new Question("6'", SAME_PORT.with(SocketOptions.SO_REUSEADDR), Socket.bound("127.0.0.1", PORT, "127.9.9.9").with(SocketOptions.SO_REUSEADDR), "shared"),
            new Question("7", Socket.connecting("127.8.8.8").with(SocketOptions.SO_REUSEADDR),
                    Socket.bound("127.0.0.1", PORT, "127.9.9.9").with(SocketOptions.SO_REUSEADDR), "shared"),
            new Question("8", Socket.bound("127.0.0.1", PORT, "127.9.9.9").with(SocketOptions.SO_REUSEADDR),
                    Socket.connecting("127.8.8.8").with(SocketOptions.SO_REUSEADDR), "EADDRNOTAVAIL"));

    @Override
    public String id() {
        return "V6";
    }

    @Override
    public String title() {
        return "who may share a local port";
    }

    @Override
    public int runs() {
        return QUESTIONS.size();
    }

    private static String ask(Question question, long seed) {
        Simulation sim = new Simulation(seed);
        SimHost host = sim.host("host", "10.0.0.1", s -> {
            s.set(Sysctl.IP_LOCAL_PORT_RANGE_LOW, PORT);
            s.set(Sysctl.IP_LOCAL_PORT_RANGE_HIGH, PORT);
        });
        TcpSocket listener = host.engine().tcpSocket(InetSocket.AF_INET, Owner.ROOT);
        String[] outcome = new String[2];
        host.call(() -> {
            IpAddress any = IpAddress.of("0.0.0.0");
            if (listener.bind(any.high(), any.low(), SERVER_PORT) < 0 || listener.listen(16) < 0) {
                throw new IllegalStateException("the listener's port is taken on an empty host");
            }
            outcome[0] = open(host, question.first());
        });
        sim.run(10_000_000);
        host.call(() -> outcome[1] = open(host, question.second()));
        if (!outcome[0].equals("shared")) {
            throw new IllegalStateException("the first socket of question " + question.number() + ": " + outcome[0]);
        }
        return outcome[1];
    }

    private static String open(SimHost host, Socket what) {
        TcpSocket socket = host.engine().tcpSocket(InetSocket.AF_INET, Owner.ROOT);
        int result = 0;
        if (what.option() != 0) {
            result = socket.setInt(what.option() == SocketOptions.SO_REUSEADDR ? SocketOptions.SOL_SOCKET : SOL_IP, what.option(), 1);
        }
        if (result >= 0 && !what.bind().isEmpty()) {
            IpAddress address = IpAddress.of(what.bind());
            result = socket.bind(address.high(), address.low(), what.port());
        }
        if (result >= 0) {
            IpAddress to = IpAddress.of(what.connect());
            result = socket.connect(to.high(), to.low(), SERVER_PORT);
        }
        if (result < 0 && result != -Errno.EINPROGRESS) {
            return Errno.name(result);
        }
        return socket.localPort() == PORT ? "shared" : "port " + socket.localPort();
    }

    @Override
    public Report run(double scale, long seed, Progress progress) {
        Report report = new Report(this)
                .setting("Cloudflare's eight questions (2023), with one ephemeral port, " + PORT + ": does the second socket get the port of the first? "
                        + "A prime marks the solution that the answer names; 8 has none.")
                .setting("Linux: all eight answers hold on 6.18.44. no_port = IP_BIND_ADDRESS_NO_PORT.");
        List<List<String>> table = report.table("Second socket", "", "first socket", "second socket", "Linux 6.18", "Lastack");
        int equal = 0;
        for (Question each : QUESTIONS) {
            String ours = ask(each, seed);
            equal += ours.equals(each.outcome()) ? 1 : 0;
            table.add(List.of(each.number(), each.first().toString(), each.second().toString(), each.outcome(), ours));
            progress.step();
        }
        return report.check(equal == QUESTIONS.size(), "all answers are Linux's (%d of %d)", equal, QUESTIONS.size());
    }
}
