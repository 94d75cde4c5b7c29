package org.lastack.tools.oracle;

import java.util.regex.Matcher;
import org.jspecify.annotations.Nullable;
import org.lastack.wire.IpAddress;

/// Ports that a bound socket and autobound connections would share, and connections that would have the same names.
final class PortsShared implements PortsKind.Topic {
    private static final int TUPLE_PORT = 41_000;

    private PortsStage stage = new PortsStage();
    private String firstOptions = "A";
    private int port = 40_000;
    private @Nullable OracleSocket second;

    @Override
    public @Nullable String answer(String topic, String setup) {
        return switch (topic) {
            case "connect-autobind-vs-bound" -> autobindBesideBound(setup);
            case "bind-vs-autobound" -> bindBesideAutobound(setup);
            case "bind+connect 4-tuple" -> tuples(setup);
            case "self-connect" -> self(setup);
            case "listen" -> setup.equals("listen on an unbound socket") ? listenUnbound() : null;
            default -> null;
        };
    }

    private @Nullable String autobindBesideBound(String setup) {
        Matcher single = PortsKind.find("single port(?: range)? (\\d+)", setup);
        if (single != null) {
            port = Integer.parseInt(single.group(1));
        }
        if (setup.startsWith("same after socket2 closed")) {
            if (second != null) {
                second.close();
            }
            return stage.connect(stage.tcp("-"), destination(setup));
        }
        stage = new PortsStage().range(port, port);
        Matcher bound = PortsKind.find("socket1 (?:opt=(\\S+) )?bound to ([0-9.]+):", setup);
        Matcher listens = PortsKind.find("socket1 LISTEN on ([0-9.]+):\\d+ opt=(\\S+)", setup);
        Matcher autobound = PortsKind.find("socket1 autobound connect (D\\d) opt=(\\S+); socket2 bind\\(([0-9.]+):\\d+\\) opt=(\\S+) OK", setup);
        if (autobound != null) {
            OracleSocket one = stage.tcp(autobound.group(2));
            one.must(stage.connect(one, autobound.group(1)), "connect");
            second = stage.tcp(autobound.group(4)).bound(IpAddress.of(autobound.group(3)), port);
        } else if (listens != null) {
            stage.tcp(listens.group(2)).bound(IpAddress.of(listens.group(1)), port).listening();
        } else if (bound != null) {
            stage.tcp(bound.group(1) == null ? "-" : bound.group(1)).bound(IpAddress.of(bound.group(2)), port);
        } else if (setup.contains("socket1 bind+connect D1")) {
            OracleSocket one = stage.tcp("-").bound(PortsStage.LOCALHOST, port);
            one.must(stage.connect(one, "D1"), "connect");
        } else {
            return null;
        }
        Matcher options = PortsKind.find("socket[23] opt=(\\S+) connect", setup);
        return stage.connect(stage.tcp(options == null ? "-" : options.group(1)), destination(setup));
    }

    private static String destination(String setup) {
        Matcher last = PortsKind.find(".*(D[123])", setup);
        // "connects 127.0.0.9" is the destinations' host.
        return last == null ? "D1" : last.group(1);
    }

    private @Nullable String bindBesideAutobound(String setup) {
        Matcher bind = PortsKind.find("bind\\(([0-9.]+):(\\d+)\\)", setup);
        Matcher options = PortsKind.find("socket2 opt=(\\S+)", setup);
        if (bind != null) {
            port = Integer.parseInt(bind.group(2));
        }
        stage = new PortsStage().range(port, port);
        OracleSocket one = stage.tcp("-");
        one.must(stage.connect(one, "D1"), "connect");
        return stage.tcp(options == null ? "-" : options.group(1)).bind(bind == null ? IpAddress.ANY_V4 : IpAddress.of(bind.group(1)), port);
    }

    private @Nullable String tuples(String setup) {
        Matcher first = PortsKind.find("socket1 opt=(\\S+) bound ([0-9.]+):(\\d+) connected (D\\d)", setup);
        if (first != null) {
            firstOptions = first.group(1);
        }
        stage = new PortsStage();
        OracleSocket one = stage.tcp(firstOptions).bound(PortsStage.LOCALHOST, TUPLE_PORT);
        one.must(stage.connect(one, "D1"), "connect");
        OracleSocket two = stage.tcp(firstOptions).bound(PortsStage.LOCALHOST, TUPLE_PORT);
        return stage.connect(two, destination(setup));
    }

    private @Nullable String self(String setup) {
        Matcher bind = PortsKind.find("bind ([0-9.]+):(\\d+) then connect to ([0-9.]+):(\\d+)", setup);
        if (bind != null) {
            stage = new PortsStage();
            OracleSocket s = stage.tcp("-").bound(IpAddress.of(bind.group(1)), Integer.parseInt(bind.group(2)));
            second = s;
            String result = s.connect(IpAddress.of(bind.group(3)), Integer.parseInt(bind.group(4)));
            return result + " getpeername ('" + new IpAddress(s.socket().remoteHigh(), s.socket().remoteLow()) + "', " + s.socket().remotePort() + ")";
        }
        Matcher send = PortsKind.find("send (\\w+) then recv on the same socket", setup);
        OracleSocket s = second;
        if (send == null || s == null) {
            return null;
        }
        byte[] octets = send.group(1).getBytes(java.nio.charset.StandardCharsets.US_ASCII);
        s.tcp().send(octets, 0, octets.length, 0);
        stage.host.settle();
        byte[] got = new byte[64];
        int count = s.tcp().receive(got, 0, got.length, 0);
        return count < 0 ? OracleSocket.errno(count) : "b'" + new String(got, 0, count, java.nio.charset.StandardCharsets.US_ASCII) + "'";
    }

    private String listenUnbound() {
        stage = new PortsStage();
        OracleSocket s = stage.tcp("-");
        String result = s.listen();
        return result + "; autobound port" + (s.port() > 0 ? ">0" : "=0") + " addr " + new IpAddress(s.socket().localHigh(), s.socket().localLow());
    }
}
