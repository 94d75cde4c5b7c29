package org.lastack.tools.lab;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.lastack.core.tcp.SocketRow;
import org.lastack.core.tcp.TcpState;
import org.lastack.core.udp.UdpSocket;
import org.lastack.host.Host;
import org.lastack.wire.IpAddress;

/// Reads the tables of a host and lays them out as netstat does. Of many rows that are alike only some are shown, and the rest is counted.
final class PortTables {
    /// A table up to this length is shown whole.
    private static final int WHOLE = 12;
    private static final int SAMPLES = 3;
    private static final Comparator<SocketRow> ORDER = Comparator.comparingInt(SocketRow::localPort)
            .thenComparing(row -> row.state() != TcpState.LISTEN).thenComparing(row -> row.remote().toString()).thenComparingInt(SocketRow::remotePort);

    private PortTables() {}

    /// The rows of a host, without sockets that have no port yet. Also from inside the engine: it only reads.
    static List<SocketRow> rows(Host host) {
        List<SocketRow> rows = new ArrayList<>();
        host.engine().tcp().rows(row -> {
            if (row.state() != TcpState.CLOSED) {
                rows.add(row);
            }
        });
        rows.sort(ORDER);
        return rows;
    }

    static List<UdpSocket> datagrams(Host host) {
        List<UdpSocket> found = new ArrayList<>();
        host.engine().udp().sockets(found::add);
        found.sort(Comparator.comparingInt(UdpSocket::localPort));
        return found;
    }

    /// The lines of a host's table: a heading of columns, then the rows; none if there are no rows.
    static List<String> lines(Words words, Host host) {
        List<SocketRow> rows = rows(host);
        Map<String, Integer> shown = new LinkedHashMap<>();
        Map<String, Integer> left = new LinkedHashMap<>();
        List<String> lines = new ArrayList<>();
        for (SocketRow row : rows) {
            String kind = row.state().netstatName();
            if (rows.size() <= WHOLE || shown.merge(kind, 1, Integer::sum) <= SAMPLES) {
                lines.add(line(row));
            } else {
                left.merge(kind, 1, Integer::sum);
            }
        }
        left.forEach((kind, more) -> lines.add("    tcp   " + words.format("%s: %d more", "%s：还有 %d 行", kind, more)));
        for (UdpSocket each : datagrams(host)) {
            lines.add(row("udp", state(each), new IpAddress(each.localHigh(), each.localLow()).withPort(each.localPort()),
                    new IpAddress(each.remoteHigh(), each.remoteLow()).withPort(each.remotePort()), "", "", "", ""));
        }
        if (!lines.isEmpty()) {
            lines.addFirst(heading(words));
        }
        return lines;
    }

    static String heading(Words words) {
        return row(words.pick("proto", "协议"), words.pick("state", "状态"), words.pick("local address", "本地地址"), words.pick("remote address", "远端地址"),
                words.pick("recvq", "接收"), words.pick("sendq", "发送"), words.pick("owner", "所属"), words.pick("timer", "定时器"));
    }

    static String state(UdpSocket socket) {
        return socket.remotePort() == 0 ? "UNCONN" : "ESTABLISHED";
    }

    private static String line(SocketRow row) {
        String timer = row.timer().isEmpty() ? "" : String.format(Locale.ROOT, "%s %.1f s", row.timer(), Math.max(0, row.timerNs()) / 1e9);
        String owner = row.owner() == null ? "-" : row.owner().pid() + "/" + row.owner().program();
        return row("tcp", row.state().netstatName(), row.local().withPort(row.localPort()), row.remote().withPort(row.remotePort()),
                String.valueOf(row.recvQueue()), String.valueOf(row.sendQueue()), owner, timer);
    }

    static String row(String protocol, String state, String local, String remote, String received, String sent, String owner, String timer) {
        return ("    " + Columns.pad(protocol, 6) + Columns.pad(state, 13) + Columns.pad(local, 21) + Columns.pad(remote, 21) + Columns.pad(received, 6)
                + Columns.pad(sent, 6) + Columns.pad(owner, 14) + timer).stripTrailing();
    }
}
