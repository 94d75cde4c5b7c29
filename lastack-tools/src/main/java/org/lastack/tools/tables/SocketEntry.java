package org.lastack.tools.tables;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.lastack.tools.Json;
import org.lastack.wire.IpAddress;

/// One socket as the control socket reports it and the tables show it.
///
/// @param tcp TCP, else UDP
/// @param v6 opened with AF_INET6 (its IPv4 peers show as v4-mapped)
/// @param state name as RFC 9293 writes it with underscores (`TIME_WAIT`); UDP has `ESTABLISHED` if connected, else `UNCONN`
/// @param receiveQueue unread octets; of a listener the connections that wait for accept
/// @param sendQueue octets not yet acknowledged; of a listener the backlog
/// @param interfaceName SO_BINDTODEVICE, or empty
/// @param inode identifies the socket on its host; 0 if no descriptor refers to it any more
/// @param pid process that opened it, 0 if none owns it any more
/// @param descriptor its number in that process, -1 if unknown
/// @param timer what runs
/// @param v6Only IPV6_V6ONLY
/// @param shutdown bit 0: no more input, bit 1: no more output
/// @param memory the fields of `skmem`, or null
/// @param info what `ss -i` shows, in its order; empty if nothing
public record SocketEntry(
        boolean tcp,
        boolean v6,
        String state,
        long receiveQueue,
        long sendQueue,
        IpAddress local,
        int localPort,
        String interfaceName,
        IpAddress remote,
        int remotePort,
        long uid,
        long inode,
        long pid,
        String program,
        int descriptor,
        Timer timer,
        boolean v6Only,
        int shutdown,
        @Nullable Map<String, Object> memory,
        Map<String, Object> info) {

    /// The timer of a socket.
    ///
    /// @param kind `off`, `on` (retransmission), `keepalive`, `timewait`, `persist`
    /// @param leftMs until it fires
    /// @param count how often it has fired in this series
    public record Timer(String kind, long leftMs, int count) {
        public static final Timer OFF = new Timer("off", 0, 0);
    }

    public boolean listening() {
        return state.equals("LISTEN");
    }

    /// As the control socket sends it.
    public Map<String, Object> toJson() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("protocol", tcp ? "tcp" : "udp");
        json.put("family", v6 ? "inet6" : "inet");
        json.put("state", state);
        json.put("recvQ", receiveQueue);
        json.put("sendQ", sendQueue);
        json.put("local", local.toString());
        json.put("localPort", localPort);
        json.put("interface", interfaceName);
        json.put("remote", remote.toString());
        json.put("remotePort", remotePort);
        json.put("uid", uid);
        json.put("inode", inode);
        json.put("pid", pid);
        json.put("program", program);
        json.put("fd", descriptor);
        json.put("timer", timer.kind());
        json.put("timerMs", timer.leftMs());
        json.put("timerCount", timer.count());
        json.put("v6only", v6Only);
        json.put("shutdown", shutdown);
        if (memory != null) {
            json.put("skmem", memory);
        }
        if (!info.isEmpty()) {
            json.put("info", info);
        }
        return json;
    }

    /// The inverse of [#toJson].
    public static SocketEntry of(Map<String, Object> json) {
        return new SocketEntry(
                "tcp".equals(json.get("protocol")),
                "inet6".equals(json.get("family")),
                Json.text(json, "state", "UNKNOWN"),
                Json.number(json, "recvQ", 0),
                Json.number(json, "sendQ", 0),
                IpAddress.of(Json.text(json, "local", "::")),
                (int) Json.number(json, "localPort", 0),
                Json.text(json, "interface", ""),
                IpAddress.of(Json.text(json, "remote", "::")),
                (int) Json.number(json, "remotePort", 0),
                Json.number(json, "uid", 0),
                Json.number(json, "inode", 0),
                Json.number(json, "pid", 0),
                Json.text(json, "program", ""),
                (int) Json.number(json, "fd", -1),
                new Timer(Json.text(json, "timer", "off"), Json.number(json, "timerMs", 0), (int) Json.number(json, "timerCount", 0)),
                Json.flag(json, "v6only"),
                (int) Json.number(json, "shutdown", 0),
                json.containsKey("skmem") ? Json.object(json, "skmem") : null,
                Json.object(json, "info"));
    }
}
