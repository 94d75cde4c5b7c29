package org.lastack.tools.oracle;

import java.util.regex.Matcher;
import org.jspecify.annotations.Nullable;
import org.lastack.core.Sysctl;

/// Connections in TIME-WAIT that stand in the way of `bind` and `connect`, or do not.
final class PortsTimeWait implements PortsKind.Topic {
    private static final int PORT = 42_000;

    private PortsStage stage = new PortsStage();
    private String oldOptions = "-";

    @Override
    public @Nullable String answer(String topic, String setup) {
        return switch (topic) {
            case "TIME_WAIT reuse by connect" -> bound(setup);
            case "TIME_WAIT and bind" -> bind(setup);
            case "TIME_WAIT reuse by connect-autobind" -> autobound(setup);
            default -> null;
        };
    }

    private void reuse(String mode) {
        stage.host.sysctls().set(Sysctl.TCP_TW_REUSE, Integer.parseInt(mode));
    }

    private void oldConnection(String options, int port) {
        OracleSocket old = stage.tcp(options).bound(PortsStage.LOCALHOST, port);
        old.must(stage.connect(old, "D1"), "connect");
        stage.toTimeWait(old);
    }

    private @Nullable String bound(String setup) {
        Matcher m = PortsKind.find("timestamps=(\\d) tw_reuse=(\\d): local socket in TIME_WAIT for ([0-9.]+) s, new socket opt=(\\S+) bind same port", setup);
        if (m == null) {
            return null;
        }
        stage = new PortsStage();
        stage.host.sysctls().set(Sysctl.TCP_TIMESTAMPS, Integer.parseInt(m.group(1)));
        reuse(m.group(2));
        oldConnection(m.group(4), PORT);
        stage.pass(Double.parseDouble(m.group(3)));
        OracleSocket again = stage.tcp(m.group(4)).bound(PortsStage.LOCALHOST, PORT);
        return stage.connect(again, "D1");
    }

    private String bind(String setup) {
        if (setup.contains("no REUSEADDR on the old")) {
            oldOptions = "-";
        } else if (setup.contains("old socket had REUSEADDR")) {
            oldOptions = "A";
        }
        stage = new PortsStage();
        oldConnection(oldOptions, PORT);
        Matcher options = PortsKind.find("new socket opt=(\\S+)", setup);
        return stage.tcp(options == null ? "-" : options.group(1)).bind(PortsStage.LOCALHOST, PORT);
    }

    private @Nullable String autobound(String setup) {
        Matcher m = PortsKind.find("one port (\\d+) which is in TIME_WAIT towards D1 \\(([0-9.]+) s\\), tw_reuse=(\\d); unbound connect (D\\d)", setup);
        if (m != null) {
            int port = Integer.parseInt(m.group(1));
            stage = new PortsStage().range(port, port);
            reuse(m.group(3));
            OracleSocket old = stage.tcp("-");
            old.must(stage.connect(old, "D1"), "connect");
            stage.toTimeWait(old);
            stage.pass(Double.parseDouble(m.group(2)));
            return stage.connect(stage.tcp("-"), m.group(4));
        }
        Matcher same = PortsKind.find("^same, unbound connect (D\\d)", setup);
        return same == null ? null : stage.connect(stage.tcp("-"), same.group(1));
    }
}
