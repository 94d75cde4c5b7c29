package org.lastack.tools.why;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.lastack.core.tcp.TcpInfo;

/// Says what a sender waits for (DIAGNOSIS 19-22). Pure: the same flows give the same words.
final class Stalls {
    private static final int UNLIMITED_THRESHOLD = 0x7fff_ffff;
    private static final long NANOS_PER_MS = 1_000_000;

    /// What a sender waits for. The first that holds, in this order.
    enum Factor {
        NO_ANSWER, ZERO_WINDOW, RECEIVE_WINDOW, CONGESTION_WINDOW, CORK, MSG_MORE, NAGLE, PACING, SEND_BUFFER, ACKNOWLEDGMENT, APPLICATION
    }

    private Stalls() {}

    /// The flows that have something to send, or all; who has waited for most octets first.
    static List<Map<String, Object>> rows(List<Flow> flows, boolean all) {
        return flows.stream().filter(each -> all || each.waits()).sorted(Comparator.comparingInt((Flow each) -> each.row().sendQueue()).reversed())
                .map(Stalls::toJson).toList();
    }

    static Factor factor(Flow flow) {
        TcpInfo info = flow.info();
        if (info.retransmits() > 0) {
            return Factor.NO_ANSWER;
        }
        // A FIN takes room in the window too, and is probed for like text.
        if (info.sndWnd() == 0 && (flow.unsent() > 0 || flow.row().timer().equals("persist"))) {
            return Factor.ZERO_WINDOW;
        }
        if (flow.unsent() == 0) {
            return flow.wantsRoom() ? Factor.SEND_BUFFER : flow.inFlight() > 0 || info.unacked() > 0 ? Factor.ACKNOWLEDGMENT : Factor.APPLICATION;
        }
        if (Integer.toUnsignedLong(info.sndWnd()) - flow.inFlight() < Math.min(flow.unsent(), Math.max(1, info.sndMss()))) {
            return Factor.RECEIVE_WINDOW;
        }
        if (flow.segmentsInFlight() >= info.sndCwnd()) {
            return Factor.CONGESTION_WINDOW;
        }
        if (flow.unsent() >= info.sndMss()) {
            return Factor.PACING;
        }
        if (flow.cork()) {
            return Factor.CORK;
        }
        return flow.moreToCome() ? Factor.MSG_MORE : !flow.noDelay() && info.unacked() > 0 ? Factor.NAGLE : Factor.PACING;
    }

    private static Map<String, Object> toJson(Flow flow) {
        TcpInfo info = flow.info();
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("factor", factor(flow).name());
        json.put("state", flow.row().state().name());
        json.put("local", flow.row().local().toString());
        json.put("localPort", flow.row().localPort());
        json.put("remote", flow.row().remote().toString());
        json.put("remotePort", flow.row().remotePort());
        json.put("unsent", flow.unsent());
        json.put("inFlight", flow.inFlight());
        json.put("sndWnd", Integer.toUnsignedLong(info.sndWnd()));
        json.put("sndCwnd", info.sndCwnd());
        json.put("segmentsInFlight", flow.segmentsInFlight());
        json.put("sndMss", info.sndMss());
        json.put("sendBuffer", flow.sendBuffer());
        json.put("noDelay", flow.noDelay());
        json.put("cork", flow.cork());
        json.put("moreToCome", flow.moreToCome());
        json.put("noticedMs", flow.row().noticedNs() == Long.MAX_VALUE ? -1 : flow.row().noticedNs() / NANOS_PER_MS);
        json.put("timer", flow.row().timer());
        json.put("timerMs", Math.max(0, flow.row().timerNs()) / NANOS_PER_MS);
        json.put("windowLimitedMs", flow.windowNs() / NANOS_PER_MS);
        json.put("retransmits", info.retransmits());
        json.put("totalRetransmits", info.totalRetrans());
        json.put("lastSentMs", info.lastDataSentMs());
        json.put("lastAckMs", info.lastAckRecvMs());
        json.put("busyUs", info.busyTimeUs());
        json.put("rwndLimitedUs", info.rwndLimitedUs());
        json.put("sndbufLimitedUs", info.sndbufLimitedUs());
        json.put("lines", lines(flow));
        return json;
    }

    /// The answer in words: the connection, what it waits for, the shares of time, what to do.
    static List<String> lines(Flow flow) {
        List<String> lines = new ArrayList<>();
        Factor factor = factor(flow);
        lines.add(flow.row().state() + " " + flow.names() + ": " + flow.unsent() + " octets unsent, " + flow.inFlight() + " in flight");
        lines.add("  waits for " + cause(flow, factor));
        if (flow.wantsRoom() && factor != Factor.SEND_BUFFER) {
            lines.add("  and its send buffer (" + flow.sendBuffer() + ") is full: write blocks or returns EAGAIN for the same reason");
        }
        if (flow.info().busyTimeUs() > 0) {
            lines.add("  " + shares(flow.info()));
        }
        lines.add("  " + advice(flow, factor));
        lines.add("  if the peer vanished now, this side would notice " + noticed(flow));
        return lines;
    }

    /// DIAGNOSIS 20.
    private static String noticed(Flow flow) {
        if (flow.row().noticedNs() == Long.MAX_VALUE) {
            return "never: nothing is outstanding and SO_KEEPALIVE is off";
        }
        boolean outstanding = flow.inFlight() > 0 || flow.unsent() > 0;
        return "in about " + ms(flow.row().noticedNs() / NANOS_PER_MS) + (outstanding ? " (tcp_retries2 or TCP_USER_TIMEOUT: text is outstanding)" : " (keep-alive)");
    }

    private static String cause(Flow flow, Factor factor) {
        TcpInfo info = flow.info();
        return switch (factor) {
            case NO_ANSWER -> "an ACK that does not come: " + info.retransmits() + " time-outs in a row, nothing heard for " + ms(info.lastAckRecvMs()) + ", next attempt "
                    + next(flow);
            case ZERO_WINDOW -> "the peer: its window is 0" + since(flow) + "; " + info.probes() + " probes unanswered, next probe " + next(flow);
            case RECEIVE_WINDOW -> "the peer's window: " + Integer.toUnsignedLong(info.sndWnd()) + " octets, " + flow.inFlight() + " of them in flight, the next segment does not fit"
                    + since(flow);
            case CONGESTION_WINDOW -> "the congestion window: " + flow.segmentsInFlight() + " of " + info.sndCwnd() + " segments in flight, " + congestion(info);
            case CORK -> "more text: less than a segment (" + info.sndMss() + "), and TCP_CORK is set";
            case MSG_MORE -> "more text: less than a segment (" + info.sndMss() + ") is unsent, and the last write had MSG_MORE";
            case NAGLE -> "the ACK of what is in flight: less than a segment (" + info.sndMss() + ") is unsent, TCP_NODELAY is off (Nagle), and the peer may delay its ACK";
            case PACING -> "its turn: windows would let it go; pacing at " + rate(info) + ", or more segments that leave together";
            case SEND_BUFFER -> "room in the send buffer: all " + flow.inFlight() + " octets are in flight and the buffer (" + flow.sendBuffer()
                    + ", bookkeeping included) holds no more, though windows would";
            case ACKNOWLEDGMENT -> "the ACK of what is in flight (round trip " + ms(info.rttUs() / 1000) + "); the program has written no more";
            case APPLICATION -> "the program: there is nothing to send, the last text left " + ms(info.lastDataSentMs()) + " ago";
        };
    }

    private static String congestion(TcpInfo info) {
        String threshold = info.sndSsthresh() == UNLIMITED_THRESHOLD ? "still in slow start" : "slow-start threshold " + info.sndSsthresh();
        String state = switch (info.caState()) {
            case 1 -> "reordering or a first loss is suspected";
            case 2 -> "reduced after ECN or local congestion";
            case 3 -> "in fast recovery";
            case 4 -> "after a time-out";
            default -> "no recovery under way";
        };
        return state + ", " + threshold + ", " + info.lost() + " lost, " + info.totalRetrans() + " retransmitted so far, round trip " + ms(info.rttUs() / 1000);
    }

    private static String shares(TcpInfo info) {
        long busy = Math.max(1, info.busyTimeUs());
        long window = info.rwndLimitedUs() * 100 / busy;
        long buffer = info.sndbufLimitedUs() * 100 / busy;
        return "had something to send for " + ms(info.busyTimeUs() / 1000) + ": " + window + " % peer's window, " + buffer + " % send buffer, "
                + Math.max(0, 100 - window - buffer) + " % path";
    }

    private static String advice(Flow flow, Factor factor) {
        return switch (factor) {
            case NO_ANSWER -> "path or peer is dead, or a NAT or firewall on the path has forgotten a connection that was idle: "
                    + (flow.idleTime() == 0 ? "SO_KEEPALIVE with TCP_KEEPIDLE below its time-out" : "TCP_KEEPIDLE (" + flow.idleTime() + " s) below its time-out")
                    + " keeps it known, TCP_USER_TIMEOUT ends the waiting sooner";
            case ZERO_WINDOW -> "the program at the other end does not read: look there; this side can only wait, or give up by TCP_USER_TIMEOUT";
            case RECEIVE_WINDOW -> "the other end: read faster, or a larger SO_RCVBUF (tcp_rmem); throughput is at most one window per round trip";
            case CONGESTION_WINDOW -> flow.info().totalRetrans() > 0 ? "the path loses segments: look for its bottleneck; bbr or fewer hops help more than buffers"
                    : "no losses: it grows by itself while ACKs come; a connection that is kept has a larger one than a new connection";
            case MSG_MORE -> "leave MSG_MORE out of the last write of a message; else the rest waits for the next write, the next ACK, or a timer (200 ms or more)";
            case CORK -> "clear TCP_CORK after the last piece; else it waits for a retransmission time-out (200 ms or more)";
            case NAGLE -> "set TCP_NODELAY, or write each request with one call: write-write-read costs a delayed ACK (40 ms and more) each time";
            case PACING -> "nothing, unless SO_MAX_PACING_RATE is set too low";
            case SEND_BUFFER -> "a larger SO_SNDBUF, or none, so that it grows by itself (tcp_wmem); it should hold what a round trip carries";
            case ACKNOWLEDGMENT, APPLICATION -> "if throughput is low, the program is what is slow: it does not write faster, or waits for answers in between";
        };
    }

    private static String rate(TcpInfo info) {
        return info.pacingRate() <= 0 ? "no rate" : info.pacingRate() * 8 / 1000 + " kbit/s";
    }

    private static String since(Flow flow) {
        return flow.windowNs() == 0 ? "" : ", since " + ms(flow.windowNs() / NANOS_PER_MS);
    }

    private static String next(Flow flow) {
        return flow.row().timer().isEmpty() ? "at once" : "in " + ms(Math.max(0, flow.row().timerNs()) / NANOS_PER_MS);
    }

    private static String ms(long ms) {
        return ms < 1000 ? ms + " ms" : ms < 120_000 ? String.format(Locale.ROOT, "%.1f s", ms / 1000.0) : Holding.duration(ms);
    }
}
