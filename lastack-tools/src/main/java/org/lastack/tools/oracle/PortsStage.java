package org.lastack.tools.oracle;

import java.util.ArrayList;
import java.util.List;
import org.lastack.core.Sysctl;
import org.lastack.wire.IpAddress;

/// What the situations of the ports table share: a host with three destinations that accept connections.
final class PortsStage {
    static final IpAddress LOCALHOST = IpAddress.of("127.0.0.1");
    static final IpAddress PEER = IpAddress.of("127.0.0.9");
    static final IpAddress OTHER_PEER = IpAddress.of("127.0.0.10");
    static final int D1_PORT = 7001;
    static final int D2_PORT = 7002;
    static final String FAILURE_NONE = "None";

    final OracleHost host;
    /// Sockets that stay open.
    final List<OracleSocket> open = new ArrayList<>();
    private final OracleSocket d1;

    PortsStage() {
        this(1);
    }

    PortsStage(long seed) {
        host = new OracleHost(seed);
        d1 = listener(PEER, D1_PORT);
        listener(PEER, D2_PORT);
        listener(OTHER_PEER, D1_PORT);
    }

    private OracleSocket listener(IpAddress address, int port) {
        return host.tcp(false, 0).bound(address, port).listening();
    }

    PortsStage range(int low, int high) {
        host.sysctls().set(Sysctl.IP_LOCAL_PORT_RANGE_LOW, low).set(Sysctl.IP_LOCAL_PORT_RANGE_HIGH, high);
        return this;
    }

    OracleSocket tcp(String options) {
        OracleSocket s = host.tcp(false, 0).options(options);
        open.add(s);
        return s;
    }

    OracleSocket udp(String options) {
        OracleSocket s = host.udp(false, 0).options(options);
        open.add(s);
        return s;
    }

    OracleSocket socket(String protocol, String options) {
        return protocol.equals("udp") ? udp(options) : tcp(options);
    }

    /// D1; D2 = same address, other port; D3 = other address.
    String connect(OracleSocket s, String destination) {
        return switch (destination) {
            case "D1" -> s.connect(PEER, D1_PORT);
            case "D2" -> s.connect(PEER, D2_PORT);
            case "D3" -> s.connect(OTHER_PEER, D1_PORT);
            default -> throw new OracleException("there is no destination \"" + destination + "\"");
        };
    }

    /// Connections to D1 that wait to be accepted.
    OracleSocket acceptAtD1() {
        return d1.accept();
    }

    /// The socket has connected to D1: it closes first, and its connection waits out TIME-WAIT.
    void toTimeWait(OracleSocket s) {
        OracleSocket other = acceptAtD1();
        s.close();
        other.close();
        open.remove(s);
    }

    void pass(double seconds) {
        host.pass((long) (seconds * 1e9));
    }

    /// `n OK then E`, the way the recorder counted: attempts until the first failure or `most` of them.
    static final class Count {
        private final List<Integer> ports = new ArrayList<>();
        private String failure = FAILURE_NONE;
        private int good;

        boolean goesOn(String result, OracleSocket s) {
            if (!result.equals(OracleSocket.OK)) {
                failure = result;
                return false;
            }
            good++;
            ports.add(s.port());
            return true;
        }

        List<Integer> ports() {
            return ports;
        }

        String text() {
            return good + " OK then " + failure;
        }

        String textWithPorts() {
            return text() + "; ports " + spaced(ports);
        }
    }

    static String spaced(List<Integer> ports) {
        StringBuilder text = new StringBuilder();
        for (int port : ports) {
            text.append(text.isEmpty() ? "" : " ").append(port);
        }
        return text.toString();
    }
}
