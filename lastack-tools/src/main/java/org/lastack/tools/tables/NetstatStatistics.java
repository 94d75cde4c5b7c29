package org.lastack.tools.tables;

import java.util.LinkedHashMap;
import java.util.Map;

/// What `netstat -s` prints, from counters under nstat's names.
public final class NetstatStatistics {
    /// nstat's name, and netstat's words for it; `%d` is the number. In netstat's order.
    private static final String[][] PHRASES = {
        {"Ip:", ""},
        {"IpInReceives", "%d total packets received"},
        {"IpInHdrErrors", "%d with invalid headers"},
        {"IpInAddrErrors", "%d with invalid addresses"},
        {"IpInUnknownProtos", "%d with unknown protocol"},
        {"IpInDiscards", "%d incoming packets discarded"},
        {"IpInDelivers", "%d incoming packets delivered"},
        {"IpOutRequests", "%d requests sent out"},
        {"IpOutDiscards", "%d outgoing packets dropped"},
        {"IpOutNoRoutes", "%d dropped because of missing route"},
        {"IpReasmTimeout", "%d fragments dropped after timeout"},
        {"IpReasmReqds", "%d reassemblies required"},
        {"IpReasmOKs", "%d packets reassembled ok"},
        {"IpReasmFails", "%d packet reassemblies failed"},
        {"IpFragOKs", "%d fragments received ok"},
        {"IpFragFails", "%d fragments failed"},
        {"IpFragCreates", "%d fragments created"},
        {"Icmp:", ""},
        {"IcmpInMsgs", "%d ICMP messages received"},
        {"IcmpInErrors", "%d input ICMP message failed"},
        {"IcmpOutMsgs", "%d ICMP messages sent"},
        {"IcmpOutErrors", "%d ICMP messages failed"},
        {"Tcp:", ""},
        {"TcpActiveOpens", "%d active connection openings"},
        {"TcpPassiveOpens", "%d passive connection openings"},
        {"TcpAttemptFails", "%d failed connection attempts"},
        {"TcpEstabResets", "%d connection resets received"},
        {"TcpCurrEstab", "%d connections established"},
        {"TcpInSegs", "%d segments received"},
        {"TcpOutSegs", "%d segments sent out"},
        {"TcpRetransSegs", "%d segments retransmitted"},
        {"TcpInErrs", "%d bad segments received"},
        {"TcpOutRsts", "%d resets sent"},
        {"Udp:", ""},
        {"UdpInDatagrams", "%d packets received"},
        {"UdpNoPorts", "%d packets to unknown port received"},
        {"UdpInErrors", "%d packet receive errors"},
        {"UdpOutDatagrams", "%d packets sent"},
        {"UdpRcvbufErrors", "%d receive buffer errors"},
        {"UdpSndbufErrors", "%d send buffer errors"},
    };
    /// Further groups, by the beginning of nstat's names; longer beginnings first.
    private static final String[] GROUPS = {"TcpExt", "IpExt", "Icmp6", "Udp6", "Ip6"};

    private NetstatStatistics() {}

    /// The text, groups in netstat's order; then what has no words there, by name, if it is not 0.
    public static String render(Map<String, Long> counters) {
        StringBuilder text = new StringBuilder();
        Map<String, Long> rest = new LinkedHashMap<>(counters);
        for (String[] phrase : PHRASES) {
            if (phrase[1].isEmpty()) {
                text.append(phrase[0]).append('\n');
            } else {
                Long value = rest.remove(phrase[0]);
                if (value != null) {
                    text.append("    ").append(phrase[1].replace("%d", value.toString())).append('\n');
                }
            }
        }
        for (String group : GROUPS) {
            text.append(group).append(":\n");
            rest.entrySet().removeIf(each -> {
                boolean inside = each.getKey().startsWith(group);
                line(text, inside ? each.getKey().substring(group.length()) : "", each.getValue(), inside);
                return inside;
            });
        }
        text.append("Lastack:\n");
        rest.forEach((name, value) -> line(text, name, value, true));
        return text.toString();
    }

    private static void line(StringBuilder text, String name, long value, boolean wanted) {
        if (wanted && value != 0) {
            text.append("    ").append(name).append(": ").append(value).append('\n');
        }
    }
}
