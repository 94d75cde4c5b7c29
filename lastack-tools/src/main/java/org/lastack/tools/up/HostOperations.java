package org.lastack.tools.up;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.lastack.core.Counter;
import org.lastack.core.Sysctl;
import org.lastack.core.tcp.CongestionControls;
import org.lastack.host.Host;
import org.lastack.tools.CommandFailure;
import org.lastack.tools.ExitCode;
import org.lastack.tools.Json;
import org.lastack.tools.control.ControlServer;
import org.lastack.tools.control.ControlSession;
import org.lastack.tools.tables.SocketEntry;
import org.lastack.tools.why.WhyOperations;
import org.lastack.wire.Refusal;

/// What every running host does through its control socket: `sockets`, `counters`, `sysctl`, `sysctl-all`, `serve`.
public final class HostOperations {
    /// Sockets in one line of an answer.
    private static final int BATCH = 500;
    private static final String CONGESTION_CONTROL = "net.ipv4.tcp_congestion_control";
    private static final String AVAILABLE = "net.ipv4.tcp_available_congestion_control";
    private static final String FAST_OPEN_KEY = "net.ipv4.tcp_fastopen_key";
    private static final String RESERVED_PORTS = "net.ipv4.ip_local_reserved_ports";

    private final Host host;
    private final Descriptors descriptors;
    private final SocketSnapshot sockets;

    HostOperations(Host host, Descriptors descriptors) {
        this.host = host;
        this.descriptors = descriptors;
        sockets = new SocketSnapshot(host, descriptors);
    }

    /// Adds them to a control socket.
    public void register(ControlServer server) {
        new WhyOperations(host).register(server);
        DemoPrograms programs = new DemoPrograms(host, descriptors);
        server.operation("sockets", (request, session) -> sockets(session))
                .operation("counters", (request, session) -> session.answer(Map.of("counters", counters())))
                .operation("sysctl", this::sysctl)
                .operation("sysctl-all", (request, session) -> session.answer(Map.of("sysctl", sysctls())))
                .operation("serve", programs::serve);
    }

    private void sockets(ControlSession session) throws IOException {
        List<SocketEntry> all = sockets.take();
        int at = 0;
        do {
            List<Map<String, Object>> part = new ArrayList<>();
            for (; at < all.size() && part.size() < BATCH; at++) {
                part.add(all.get(at).toJson());
            }
            session.answer(Map.of("sockets", part, "more", at < all.size()));
        } while (at < all.size());
    }

    /// Counters by nstat's names, then `Refused...` for each reason why a packet was refused, then the link's own.
    private Map<String, Object> counters() {
        return host.call(() -> {
            Map<String, Object> counters = new LinkedHashMap<>();
            for (Counter each : Counter.values()) {
                counters.put(each.name(), host.engine().counters().get(each));
            }
            for (Refusal each : Refusal.values()) {
                counters.put("Refused" + each.name(), host.engine().counters().get(each));
            }
            host.ports().forEach(port -> {
                String name = "Link." + port.link().name() + ".";
                counters.put(name + "RxPackets", port.link().counters().rxPackets());
                counters.put(name + "TxPackets", port.link().counters().txPackets());
                counters.put(name + "RxDropped", port.link().counters().rxDropped());
                counters.put(name + "TxDropped", port.link().counters().txDropped());
                counters.put(name + "RxErrors", port.link().counters().rxErrors());
            });
            return counters;
        });
    }

    private void sysctl(Map<String, Object> request, ControlSession session) throws IOException {
        String name = Json.text(request, "name", "").replace('/', '.');
        String value = Json.text(request, "value");
        if (name.equals(CONGESTION_CONTROL)) {
            session.answer(Map.of("sysctl", Map.of(name, congestionControl(value))));
            return;
        }
        if (name.equals(AVAILABLE)) {
            if (value != null) {
                throw new CommandFailure(ExitCode.FAILED, name + " cannot be set: it shows what there is", "lastack sysctl " + CONGESTION_CONTROL + "=NAME chooses one");
            }
            session.answer(Map.of("sysctl", Map.of(name, available())));
            return;
        }
        if (name.equals(RESERVED_PORTS)) {
            session.answer(Map.of("sysctl", Map.of(name, reservedPorts(value))));
            return;
        }
        if (name.equals(FAST_OPEN_KEY)) {
            session.answer(Map.of("sysctl", Map.of(name, fastOpenKey(value))));
            return;
        }
        Sysctl setting = Sysctl.byName(name);
        if (setting == null) {
            throw new CommandFailure(ExitCode.FAILED, "there is no setting " + name, "lastack sysctl -a shows all");
        }
        if (value != null) {
            host.sysctl(setting, number(name, value));
        }
        session.answer(Map.of("sysctl", Map.of(setting.linuxName(), host.sysctl(setting))));
    }

    private static String available() {
        return String.join(" ", CongestionControls.names());
    }

    private String congestionControl(@Nullable String value) {
        return host.call(() -> {
            if (value != null) {
                host.engine().sysctls().congestionControl(value);
            }
            return host.engine().sysctls().congestionControl();
        });
    }

    private String fastOpenKey(@Nullable String value) {
        return host.call(() -> {
            if (value != null) {
                host.engine().sysctls().fastOpenKeys(value);
            }
            return host.engine().sysctls().fastOpenKeysText();
        });
    }

    private String reservedPorts(@Nullable String value) {
        return host.call(() -> {
            if (value != null) {
                host.engine().sysctls().localReservedPorts().parse(value);
            }
            return host.engine().sysctls().localReservedPorts().toString();
        });
    }

    private static long number(String name, String value) {
        try {
            return Long.parseLong(value);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(name + " takes a number, not '" + value + "'", e);
        }
    }

    private Map<String, Object> sysctls() {
        return host.call(() -> {
            Map<String, Object> all = new TreeMap<>();
            for (Sysctl each : Sysctl.values()) {
                all.put(each.linuxName(), host.engine().sysctls().get(each));
            }
            all.put(FAST_OPEN_KEY, host.engine().sysctls().fastOpenKeysText());
            all.put(RESERVED_PORTS, host.engine().sysctls().localReservedPorts().toString());
            all.put(AVAILABLE, available());
            all.put(CONGESTION_CONTROL, host.engine().sysctls().congestionControl());
            return all;
        });
    }
}
