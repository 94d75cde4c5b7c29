package org.lastack.tools.why;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.lastack.core.socket.BindRequest;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.Owner;
import org.lastack.host.Host;
import org.lastack.tools.Json;
import org.lastack.tools.control.ControlServer;
import org.lastack.tools.control.ControlSession;
import org.lastack.wire.IpAddress;

/// What a running host answers about itself through its control socket: `why-bind`, `why-connect`, `explain-demux`, `resets`, `stalls`, `holdings`.
public final class WhyOperations {
    /// Rows in one line of an answer.
    private static final int BATCH = 500;
    private final HostQuestions questions;

    public WhyOperations(Host host) {
        questions = new HostQuestions(host);
    }

    /// Adds them to a control socket.
    public void register(ControlServer server) {
        server.operation("why-bind", (request, session) -> answer(session, questions.bind(bindRequest(request), Json.flag(request, "udp"))))
                .operation("why-connect", (request, session) -> answer(session, questions.connect(address(request, "address"), port(request, "port"),
                        request.containsKey("from") ? address(request, "from") : null, request.containsKey("from") ? port(request, "fromPort") : 0)))
                .operation("explain-demux", (request, session) -> answer(session, questions.demux(Json.flag(request, "udp"), address(request, "address"),
                        port(request, "port"), address(request, "from"), port(request, "fromPort"))))
                .operation("resets", (request, session) -> session.answer(Map.of("resets", questions.resets())))
                .operation("stalls", (request, session) -> batches(session, "stalls", Stalls.rows(questions.flows(), Json.flag(request, "all"))))
                .operation("listener-counts", (request, session) -> session.answer(Map.of("listeners", questions.listeners())))
                .operation("abort-closewait", (request, session) -> session.answer(Map.of("aborted", questions.abortCloseWait(Json.number(request, "olderThanMs", -1)))))
                .operation("holdings", (request, session) -> holdings(session));
    }

    private static void answer(ControlSession session, HostQuestions.Answer answer) throws IOException {
        session.answer(answer.toJson());
    }

    private void holdings(ControlSession session) throws IOException {
        List<Holding> all = questions.holdings();
        int at = 0;
        do {
            List<Map<String, Object>> part = new ArrayList<>();
            for (; at < all.size() && part.size() < BATCH; at++) {
                part.add(all.get(at).toJson());
            }
            session.answer(Map.of("holdings", part, "settings", questions.settings(), "closes", questions.closes(), "more", at < all.size()));
        } while (at < all.size());
    }

    private static void batches(ControlSession session, String name, List<Map<String, Object>> all) throws IOException {
        int at = 0;
        do {
            int end = Math.min(all.size(), at + BATCH);
            session.answer(Map.of(name, all.subList(at, end), "more", end < all.size()));
            at = end;
        } while (at < all.size());
    }

    /// The bind that a request describes.
    ///
    /// @throws IllegalArgumentException if it describes none
    static BindRequest bindRequest(Map<String, Object> request) {
        IpAddress address = address(request, "address");
        return new BindRequest(address.isV4() ? InetSocket.AF_INET : InetSocket.AF_INET6, address, port(request, "port"), Json.flag(request, "reuseaddr"),
                Json.flag(request, "reuseport"), Json.flag(request, "v6only"), 0, new Owner((int) Json.number(request, "uid", 0), 0, ""));
    }

    private static IpAddress address(Map<String, Object> request, String key) {
        String text = Json.text(request, key, "");
        IpAddress address = IpAddress.parse(text);
        if (address == null) {
            throw new IllegalArgumentException("'" + text + "' is no IP address");
        }
        return address;
    }

    private static int port(Map<String, Object> request, String key) {
        long port = Json.number(request, key, -1);
        if (port < 0 || port > 65_535) {
            throw new IllegalArgumentException("port " + port + " is not in 0-65535");
        }
        return (int) port;
    }
}
