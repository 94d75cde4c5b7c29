package org.lastack.drill.packet;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lastack.drill.script.PacketSpec;
import org.lastack.drill.script.PacketSpec.IpInfo;
import org.lastack.drill.script.PacketSpec.Option;
import org.lastack.wire.Bytes;
import org.lastack.wire.Checksum;
import org.lastack.wire.Ipv4Header;
import org.lastack.wire.Ipv6Header;
import org.lastack.wire.TcpHeader;
import org.lastack.wire.TcpOptions;

/// Compares what the stack sent with what the script expects; the first difference is the answer.
public final class PacketChecker {
    private final Flow flow;
    private final boolean strictEcho;
    private final TimestampRule timestampRule;

    /// Judges the stack's own timestamp values (`--tcp_ts_tick_usecs`); null = as they should be.
    @FunctionalInterface
    public interface TimestampRule {
        @Nullable String problem(int scriptValue, int liveValue, long timeNs);
    }

    /// @param strictEcho compare the echoed timestamp of outbound packets as well, which packetdrill itself never does
    public PacketChecker(Flow flow, boolean strictEcho, TimestampRule timestampRule) {
        this.flow = flow;
        this.strictEcho = strictEcho;
        this.timestampRule = timestampRule;
    }

    /// Null if the packet is as expected, else what is different. `sequence` and `payload` are those of the whole, if it came in pieces of which
    /// `packet` is the last.
    public @Nullable String difference(PacketSpec expected, LivePacket packet, int sequence, int payload) {
        String problem = internet(expected, packet);
        if (problem != null) {
            return problem;
        }
        return switch (expected) {
            case PacketSpec.Tcp tcp -> packet.isTcp() ? tcp(tcp, packet, sequence, payload) : "not a TCP packet";
            case PacketSpec.Udp udp -> packet.isUdp() ? udp(udp, packet) : "not a UDP packet";
            case PacketSpec.Icmp icmp -> packet.isIcmp() ? icmp(icmp, packet) : "not an ICMP packet";
        };
    }

    // The Internet layer.

    private @Nullable String internet(PacketSpec expected, LivePacket packet) {
        if (packet.v4()) {
            if (Checksum.finish(Checksum.add(0, packet.bytes(), 0, Ipv4Header.headerLength(packet.bytes(), 0))) != 0) {
                return "IPv4 header checksum is wrong";
            }
            if (Ipv4Header.headerLength(packet.bytes(), 0) != Ipv4Header.MIN_LENGTH) {
                return "IPv4 header has options";
            }
        }
        if (packet.v4() != flow.v4()) {
            return "IP version";
        }
        if (!packet.lengthFits()) {
            return "IP length field does not fit the packet: " + (packet.v4() ? Ipv4Header.totalLength(packet.bytes(), 0)
                    : Ipv6Header.totalLength(packet.bytes(), 0)) + " of " + packet.bytes().length;
        }
        return ipInfo(expected.ip(), packet);
    }

    private @Nullable String ipInfo(IpInfo info, LivePacket packet) {
        int ecn = packet.tos() & 3;
        boolean fits = switch (info.tos()) {
            case UNSPECIFIED -> true;
            case NO_ECN -> ecn == Ipv4Header.NOT_ECT;
            case ECT0 -> ecn == Ipv4Header.ECT_0;
            case ECT1 -> ecn == Ipv4Header.ECT_1;
            case CE -> ecn == Ipv4Header.CE;
            case ECT01 -> ecn == Ipv4Header.ECT_0 || ecn == Ipv4Header.ECT_1;
            case VALUE -> packet.tos() == info.tosValue();
        };
        if (!fits) {
            return "TOS: expected " + (info.tosValue() >= 0 ? "0x" + Integer.toHexString(info.tosValue()) : info.tos()) + ", is 0x" + Integer.toHexString(packet.tos());
        }
        if (info.ttl() >= 0 && packet.ttl() != info.ttl()) {
            return "TTL: expected " + info.ttl() + ", is " + packet.ttl();
        }
        if (info.flowLabel() >= 0 && !packet.v4()) {
            return flow.flowLabel(info.flowLabel(), packet.flowLabel());
        }
        return null;
    }

    // TCP.

    private @Nullable String tcp(PacketSpec.Tcp expected, LivePacket packet, int sequence, int payload) {
        boolean syn = packet.isSyn();
        if (payload != expected.payload()) {
            return "payload: expected " + expected.payload() + " octets, came " + payload;
        }
        String problem = flags(expected, packet.flags());
        if (problem != null) {
            return problem;
        }
        if ((Bytes.u8(packet.bytes(), packet.transport() + 12) & 0x0e) != 0) {
            return "reserved bits are not 0";
        }
        if (!syn && (packet.flags() & TcpHeader.RST) == 0) {
            flow.nonSynSeen();
        }
        problem = numbers(expected, packet, sequence, syn);
        if (problem != null) {
            return problem;
        }
        problem = options(expected, packet, syn);
        return problem != null ? problem : zeros(packet);
    }

    private static @Nullable String flags(PacketSpec.Tcp expected, int flags) {
        int ecn = TcpHeader.ECE | TcpHeader.CWR | TcpHeader.AE;
        int wanted = expected.ace() > 0 ? expected.flags() & ~ecn | PacketRenderer.ace(expected.ace()) : expected.flags();
        return wanted == flags ? null : "flags: expected " + Notation.flags(wanted) + ", came " + Notation.flags(flags);
    }

    private @Nullable String numbers(PacketSpec.Tcp expected, LivePacket packet, int sequence, boolean syn) {
        int scriptSequence = sequence - (expected.literalSeq() ? 0 : flow.localOffset(syn));
        if (expected.sequence() != PacketSpec.ANY && scriptSequence != (int) expected.sequence()) {
            return "sequence number: expected " + Notation.number((int) expected.sequence()) + ", came " + Notation.number(scriptSequence);
        }
        int wantedAck = expected.hasAck() ? (int) expected.ack() : 0;
        int scriptAck = packet.acknowledgment() - (expected.hasAck() ? flow.remoteOffset(syn) : 0);
        if (expected.ack() != PacketSpec.ANY && scriptAck != wantedAck) {
            return "acknowledgment number: expected " + Notation.number(wantedAck) + ", came " + Notation.number(scriptAck);
        }
        int window = TcpHeader.window(packet.bytes(), packet.transport());
        if (expected.window() >= 0 && window != expected.window()) {
            return "window: expected " + expected.window() + ", came " + window;
        }
        int urgent = TcpHeader.urgentPointer(packet.bytes(), packet.transport());
        if (urgent != Math.max(0, expected.urgent())) {
            return "urgent pointer: expected " + Math.max(0, expected.urgent()) + ", came " + urgent;
        }
        return null;
    }

    private @Nullable String options(PacketSpec.Tcp expected, LivePacket packet, boolean syn) {
        if (expected.anyOptions()) {
            return null;
        }
        List<Option> options = expected.options() == null ? List.of() : expected.options();
        byte[] bytes = packet.bytes();
        int at = packet.transport() + TcpHeader.MIN_LENGTH;
        int end = packet.payloadStart();
        byte[] wanted = OptionWriter.write(options, flow.remoteOffset(syn), option -> option.echo() == PacketSpec.ANY ? 0 : (int) option.echo());
        if (wanted.length != end - at) {
            return "options: expected " + shown(wanted, syn) + ", came " + shownLive(packet, syn);
        }
        int index = 0;
        for (Option each : options) {
            String problem = option(each, bytes, at + index, wanted, index, packet);
            if (problem != null) {
                return "options: " + problem + "expected " + shown(wanted, syn) + ", came " + shownLive(packet, syn);
            }
            index += each.length();
        }
        return null;
    }

    private String shown(byte[] options, boolean syn) {
        return "<" + Notation.options(options, 0, options.length, flow.remoteOffset(syn)) + ">";
    }

    private String shownLive(LivePacket packet, boolean syn) {
        int from = packet.transport() + TcpHeader.MIN_LENGTH;
        return "<" + Notation.options(packet.bytes(), from, packet.payloadStart() - from, flow.remoteOffset(syn)) + ">";
    }

    /// Null if the option is as expected; else what to say in front of the comparison.
    private @Nullable String option(Option option, byte[] bytes, int at, byte[] wanted, int index, LivePacket packet) {
        int fixed = switch (option) {
            case Option.Timestamps t -> 2;
            case Option.Mss m -> m.value() == PacketSpec.ANY ? 2 : 4;
            case Option.WindowScale w -> w.shift() == PacketSpec.ANY ? 2 : 3;
            default -> option.length();
        };
        for (int i = 0; i < fixed; i++) {
            if (bytes[at + i] != wanted[index + i]) {
                return "";
            }
        }
        if (option instanceof Option.Timestamps timestamps) {
            return timestamps(timestamps, bytes, at, packet);
        }
        return null;
    }

    private @Nullable String timestamps(Option.Timestamps expected, byte[] bytes, int at, LivePacket packet) {
        if ((bytes[at] & 0xff) != TcpOptions.TIMESTAMPS) {
            return "";
        }
        int live = Bytes.i32(bytes, at + 2);
        int echo = Bytes.i32(bytes, at + 6);
        if (expected.value() != PacketSpec.ANY) {
            flow.timestamp((int) expected.value(), live);
            String problem = timestampRule.problem((int) expected.value(), live, packet.timeNs());
            if (problem != null) {
                return problem + ": ";
            }
        }
        if (strictEcho && expected.echo() != PacketSpec.ANY && echo != (int) expected.echo()) {
            return "echoed timestamp: ";
        }
        return null;
    }

    /// Written data are zeros; the length was compared before.
    private static @Nullable String zeros(LivePacket packet) {
        byte[] bytes = packet.bytes();
        for (int i = packet.payloadStart(); i < bytes.length; i++) {
            if (bytes[i] != 0) {
                return "payload octet " + (i - packet.payloadStart()) + " is not 0";
            }
        }
        return null;
    }

    // UDP and ICMP.

    private static @Nullable String udp(PacketSpec.Udp expected, LivePacket packet) {
        if (packet.payload() != expected.payload()) {
            return "payload: expected " + expected.payload() + " octets, came " + packet.payload();
        }
        if (expected.sourcePort() >= 0 && (packet.sourcePort() != expected.sourcePort() || packet.destinationPort() != expected.destinationPort())) {
            return "ports: expected " + expected.sourcePort() + " > " + expected.destinationPort() + ", came " + packet.sourcePort() + " > " + packet.destinationPort();
        }
        return zeros(packet);
    }

    private @Nullable String icmp(PacketSpec.Icmp expected, LivePacket packet) {
        int type = IcmpNames.type(expected.type(), flow.v4());
        if (type < 0) {
            throw new PacketException("ICMP" + (flow.v4() ? "v4" : "v6") + " has no type " + expected.type());
        }
        int code = expected.code() == null ? 0 : IcmpNames.code(type, expected.code(), flow.v4());
        if (code < 0) {
            throw new PacketException("ICMP type " + expected.type() + " has no code " + expected.code());
        }
        int liveType = Bytes.u8(packet.bytes(), packet.transport());
        int liveCode = Bytes.u8(packet.bytes(), packet.transport() + 1);
        if (type != liveType || code != liveCode) {
            return "ICMP type and code: expected " + type + "/" + code + ", came " + liveType + "/" + liveCode;
        }
        return null;
    }
}
