package org.lastack.tools.why;

import java.util.LinkedHashMap;
import java.util.Map;
import org.lastack.core.socket.BindRule;
import org.lastack.core.socket.Owner;
import org.lastack.core.socket.PortHolder;
import org.lastack.tools.Json;
import org.lastack.wire.IpAddress;

/// One TCP socket, or what is left of one, with what a diagnosis needs beyond a line of `ss`.
///
/// @param state name as RFC 9293 writes it, with underscores
/// @param receiveQueue unread octets; of a listener the connections that wait for accept
/// @param sendQueue unacknowledged octets; of a listener the backlog
/// @param pid process that owns it, 0 if none does any more
/// @param ageMs since it entered the state, -1 if unknown
/// @param timer `on`, `keepalive`, `timewait`, `persist`, or empty
/// @param firstCloser 0 nobody, 1 this side, 2 the peer sent the first FIN
/// @param orphan no descriptor refers to it
/// @param site where it was created, or empty
/// @param inode the kernel's number of the socket, 0 if it has none
/// @param also further holders of the same socket and where they live, in words, or empty
/// @param sharing what decides whether it shares its port
/// @param noticedMs until this side would notice that its peer has vanished and give up, -1 if never or unknown
record Holding(String state, IpAddress local, int localPort, IpAddress remote, int remotePort, long receiveQueue, long sendQueue, long uid, long pid,
        String program, long ageMs, String timer, long timerMs, int retransmits, int firstCloser, boolean orphan, String site, long inode, String also, Sharing sharing, long noticedMs) {

    boolean is(String name) {
        return state.equals(name);
    }

    /// Program and process, or that there is none.
    String owner() {
        if (pid != 0) {
            return program + " (process " + pid + ", user " + uid + ")" + also;
        }
        // A socket with an inode that no readable process has open belongs to another user's process, which only root may look at.
        return inode == 0 ? "nobody (user " + uid + ")" : "a process of user " + uid + " that cannot be looked at (root can)";
    }

    /// The same with that knowledge.
    Holding with(Sharing known) {
        return new Holding(state, local, localPort, remote, remotePort, receiveQueue, sendQueue, uid, pid, program, ageMs, timer, timerMs, retransmits, firstCloser,
                orphan, site, inode, also, known, noticedMs);
    }

    Holding of(long ownerPid, String ownerProgram, String others) {
        return new Holding(state, local, localPort, remote, remotePort, receiveQueue, sendQueue, uid, ownerPid, ownerProgram, ageMs, timer, timerMs, retransmits,
                firstCloser, orphan, site, inode, others, sharing, noticedMs);
    }

    /// What it is to the rules of a port table.
    PortHolder.Kind kind() {
        if (state.equals("TIME_WAIT") || state.equals("FIN_WAIT_2") && timer.equals("timewait")) {
            return PortHolder.Kind.TIME_WAIT;
        }
        return state.equals("LISTEN") ? PortHolder.Kind.LISTEN : state.equals("BOUND") || state.equals("UNCONN") ? PortHolder.Kind.BOUND : PortHolder.Kind.CONNECTION;
    }

    /// A half-open connection of a listener: it holds no port of its own.
    boolean half() {
        return state.equals("SYN_RECEIVED") && pid == 0;
    }

    /// The row as the rules of a port table see it; options that are not known count as not set.
    PortHolder holder() {
        boolean v6Only = !local.isV4() && local.isUnspecified() && sharing.v6Only() == 1;
        return new PortHolder(local, v6Only, localPort, kind(), sharing.reuseAddress() == 1, sharing.reusePort() == 1, new Owner((int) uid, pid, program),
                sharing.device(), 1, BindRule.SHARED);
    }

    /// `hh:mm:ss`-free: a duration as people say it.
    static String duration(long ms) {
        long seconds = Math.max(0, ms) / 1000;
        if (seconds < 120) {
            return seconds + " s";
        }
        return seconds < 7200 ? seconds / 60 + " min" : seconds / 3600 + " h";
    }

    /// The socket in one line: state, names, owner, age, and when it ends.
    String describe() {
        StringBuilder text = new StringBuilder(state).append(' ').append(local.withPort(localPort));
        if (remotePort != 0) {
            text.append(" with ").append(remote.withPort(remotePort));
        }
        if (!local.isV4() && local.isUnspecified() && sharing.v6Only() == 1) {
            text.append(" (IPv6 only)");
        }
        text.append(", of ").append(owner());
        if (sharing.known()) {
            text.append(sharing.words());
        }
        if (ageMs >= 0) {
            text.append(", for ").append(duration(ageMs));
        }
        return text.append(": ").append(ending()).toString();
    }

    /// When the port will be free, and by what.
    private String ending() {
        return switch (state) {
            case "TIME_WAIT" -> "ends by itself in " + Math.ceilDiv(Math.max(0, timerMs), 1000) + " s";
            case "FIN_WAIT_2" -> timer.equals("timewait") ? "orphan; ends by itself in " + Math.ceilDiv(Math.max(0, timerMs), 1000) + " s (tcp_fin_timeout)"
                    : "half closed by its program; ends when the peer sends its FIN, which no timer forces";
            case "CLOSE_WAIT" -> "the peer has closed, the program has not; only close() or the end of the program ends it";
            case "FIN_WAIT_1", "LAST_ACK", "CLOSING" -> "its FIN is not acknowledged (" + sendQueue + " octets queued, " + retransmits
                    + " retransmissions); ends with the ACK or when retransmission gives up";
            case "LISTEN" -> "free when its program closes it";
            case "SYN_SENT" -> "being opened (" + retransmits + " SYNs repeated without an answer)";
            case "SYN_RECEIVED" -> "half-open, ends by itself when the handshake does";
            case "BOUND", "UNCONN" -> "bound; free when its program closes it";
            case "ESTABLISHED" -> "free when the connection has ended on this side";
            default -> "free when its program closes it";
        };
    }

    Map<String, Object> toJson() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("state", state);
        json.put("local", local.toString());
        json.put("localPort", localPort);
        json.put("remote", remote.toString());
        json.put("remotePort", remotePort);
        json.put("recvQ", receiveQueue);
        json.put("sendQ", sendQueue);
        json.put("uid", uid);
        json.put("pid", pid);
        json.put("program", program);
        json.put("ageMs", ageMs);
        json.put("timer", timer);
        json.put("timerMs", timerMs);
        json.put("retransmits", retransmits);
        json.put("firstCloser", firstCloser);
        json.put("orphan", orphan);
        json.put("site", site);
        json.put("inode", inode);
        json.put("also", also);
        json.put("noticedMs", noticedMs);
        json.putAll(sharing.toJson());
        return json;
    }

    static Holding of(Map<String, Object> json) {
        return new Holding(Json.text(json, "state", "UNKNOWN"), IpAddress.of(Json.text(json, "local", "::")), (int) Json.number(json, "localPort", 0),
                IpAddress.of(Json.text(json, "remote", "::")), (int) Json.number(json, "remotePort", 0), Json.number(json, "recvQ", 0),
                Json.number(json, "sendQ", 0), Json.number(json, "uid", 0), Json.number(json, "pid", 0), Json.text(json, "program", ""),
                Json.number(json, "ageMs", -1), Json.text(json, "timer", ""), Json.number(json, "timerMs", 0),
                (int) Json.number(json, "retransmits", 0), (int) Json.number(json, "firstCloser", 0), Json.flag(json, "orphan"),
                Json.text(json, "site", ""), Json.number(json, "inode", 0), Json.text(json, "also", ""), Sharing.of(json), Json.number(json, "noticedMs", -1));
    }
}
