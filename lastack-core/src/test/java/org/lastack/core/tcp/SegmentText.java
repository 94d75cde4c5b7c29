package org.lastack.core.tcp;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lastack.wire.Bytes;
import org.lastack.wire.IpAddress;
import org.lastack.wire.IpProtocol;
import org.lastack.wire.Ipv4Header;
import org.lastack.wire.Ipv6Header;
import org.lastack.wire.PacketBuilder;
import org.lastack.wire.TcpHeader;
import org.lastack.wire.TcpOptions;

/// Segments as text, close to what `tcpdump` prints: `FLAGS FIRST:LAST(OCTETS) ack N win N urg N <options> words`.
///
/// Flags are the letters of `SFRPUEWA` in that order, a point for ACK, a minus for none. Options: `mss N`, `sackOK`, `wscale N`, `TS val N ecr N` (`*`
/// echoes the last stamp heard), `sack A:B ...`, `nop`, `eol`, `hex ...`. Words that spoil a packet: `bad` (checksum), `doff N`, `tos N`, `ttl N`.
final class SegmentText {
    private static final String LETTERS = "SFRPUEWA";
    private static final int[] BITS = {TcpHeader.SYN, TcpHeader.FIN, TcpHeader.RST, TcpHeader.PSH, TcpHeader.URG, TcpHeader.ECE, TcpHeader.CWR, TcpHeader.AE};

    private SegmentText() {}

    /// A received packet, taken apart.
    record Fields(IpAddress source, IpAddress destination, int sourcePort, int destinationPort, int flags, int seq, int ack, int window, int urgent,
            TcpOptions options, byte[] text, int tos, int ttl, boolean dontFragment, int id, byte[] rawOptions) {
        boolean syn() {
            return (flags & TcpHeader.SYN) != 0;
        }
    }

    /// Null if it is not TCP.
    static @Nullable Fields fields(byte[] p) {
        boolean v4 = Ipv4Header.version(p, 0) == 4;
        int at = v4 ? Ipv4Header.headerLength(p, 0) : Ipv6Header.LENGTH;
        if ((v4 ? p[9] : p[6]) != IpProtocol.TCP) {
            return null;
        }
        IpAddress source = v4 ? IpAddress.readV4(p, 12) : IpAddress.readV6(p, 8);
        IpAddress destination = v4 ? IpAddress.readV4(p, 16) : IpAddress.readV6(p, 24);
        int header = TcpHeader.headerLength(p, at);
        TcpOptions options = new TcpOptions();
        options.parse(p, at + TcpHeader.MIN_LENGTH, header - TcpHeader.MIN_LENGTH);
        byte[] text = java.util.Arrays.copyOfRange(p, at + header, p.length);
        int tos = v4 ? p[1] & 0xff : Bytes.u16(p, 0) >>> 4 & 0xff;
        return new Fields(source, destination, TcpHeader.sourcePort(p, at), TcpHeader.destinationPort(p, at), TcpHeader.flags(p, at), TcpHeader.sequence(p, at),
                TcpHeader.acknowledgment(p, at), TcpHeader.window(p, at), TcpHeader.urgentPointer(p, at), options, text, tos, (v4 ? p[8] : p[7]) & 0xff,
                v4 && (p[6] & 0x40) != 0, v4 ? Bytes.u16(p, 4) : 0, java.util.Arrays.copyOfRange(p, at + TcpHeader.MIN_LENGTH, at + header));
    }

    // ---- printing ------------------------------------------------------------------------------------------------------------------------

    static String flags(int flags) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < BITS.length; i++) {
            if ((flags & BITS[i]) != 0) {
                out.append(LETTERS.charAt(i));
            }
        }
        if ((flags & TcpHeader.ACK) != 0) {
            out.append('.');
        }
        return out.isEmpty() ? "-" : out.toString();
    }

    static String print(byte[] packet, int senderIss, int receiverIss) {
        return printLike(packet, senderIss, receiverIss, "ack win urg <");
    }

    /// Prints the fields that `like` mentions.
    static String printLike(byte[] packet, int senderIss, int receiverIss, String like) {
        Fields f = fields(packet);
        if (f == null) {
            return "not TCP";
        }
        // The RST that answers a segment without ACK has the sequence number 0 itself (RFC 9293 section 3.5.2).
        int first = (f.flags() & TcpHeader.RST) != 0 && f.seq() == 0 ? 0 : f.seq() - senderIss;
        StringBuilder out = new StringBuilder(flags(f.flags())).append(' ');
        out.append(first).append(':').append(first + f.text().length).append('(').append(f.text().length).append(')');
        if (like.contains("ack ") && (f.flags() & TcpHeader.ACK) != 0) {
            out.append(" ack ").append(f.ack() - receiverIss);
        }
        if (like.contains("win")) {
            out.append(" win ").append(f.window());
        }
        if (like.contains("urg") && (f.flags() & TcpHeader.URG) != 0) {
            out.append(" urg ").append(f.urgent());
        }
        if (like.contains("<")) {
            String options = options(f.options(), receiverIss);
            if (!options.isEmpty()) {
                out.append(" <").append(options).append('>');
            }
        }
        return out.toString();
    }

    private static String options(TcpOptions o, int receiverIss) {
        List<String> words = new ArrayList<>();
        if (o.mss >= 0) {
            words.add("mss " + o.mss);
        }
        if (o.sackPermitted) {
            words.add("sackOK");
        }
        if (o.hasTimestamps) {
            words.add("TS");
        }
        if (o.windowScale >= 0) {
            words.add("wscale " + o.windowScale);
        }
        if (o.sackCount > 0) {
            StringBuilder blocks = new StringBuilder("sack");
            for (int i = 0; i < o.sackCount; i++) {
                blocks.append(' ').append(o.sackLeft[i] - receiverIss).append(':').append(o.sackRight[i] - receiverIss);
            }
            words.add(blocks.toString());
        }
        return String.join(",", words);
    }

    // ---- building ------------------------------------------------------------------------------------------------------------------------

    /// What a segment carries at a relative sequence number.
    static byte octet(int relative) {
        return (byte) ('a' + Math.floorMod(relative - 1, 26));
    }

    static byte[] build(PacketBuilder packet, String segment, int ownIss, int otherIss, int window, int lastStamp) {
        int open = segment.indexOf('<');
        String head = open < 0 ? segment : segment.substring(0, open) + segment.substring(segment.indexOf('>') + 1);
        String[] words = head.trim().split(" +");
        packet.flags(parseFlags(words[0]));
        packet.window(window);
        int first = Integer.parseInt(words[1].substring(0, words[1].indexOf(':')));
        int octets = Integer.parseInt(words[1].substring(words[1].indexOf('(') + 1, words[1].indexOf(')')));
        packet.seq(ownIss + first);
        byte[] text = new byte[octets];
        for (int i = 0; i < octets; i++) {
            text[i] = octet(first + i + (words[0].contains("S") ? 1 : 0));
        }
        packet.payload(text);
        for (int i = 2; i < words.length; i++) {
            switch (words[i]) {
                case "ack" -> packet.ack(otherIss + Integer.parseInt(words[++i]));
                case "rawack" -> packet.ack((int) Long.parseLong(words[++i]));
                case "win" -> packet.window(Integer.parseInt(words[++i]));
                case "urg" -> packet.urgentPointer(Integer.parseInt(words[++i]));
                case "bad" -> packet.badChecksum();
                case "doff" -> packet.dataOffset(Integer.parseInt(words[++i]));
                case "tos" -> packet.tos(Integer.parseInt(words[++i]));
                case "ttl" -> packet.ttl(Integer.parseInt(words[++i]));
                default -> throw new IllegalArgumentException("'" + words[i] + "' in " + segment);
            }
        }
        if (open >= 0) {
            options(packet, segment.substring(open + 1, segment.indexOf('>')), otherIss, lastStamp);
        }
        return packet.build();
    }

    private static int parseFlags(String letters) {
        int flags = 0;
        for (char letter : letters.toCharArray()) {
            if (letter == '.') {
                flags |= TcpHeader.ACK;
            } else if (letter != '-') {
                flags |= BITS[LETTERS.indexOf(letter)];
            }
        }
        return flags;
    }

    private static void options(PacketBuilder packet, String list, int otherIss, int lastStamp) {
        for (String option : list.split(",")) {
            String[] words = option.trim().split("[ :]+");
            switch (words[0]) {
                case "" -> { }
                case "mss" -> packet.mss(Integer.parseInt(words[1]));
                case "sackOK" -> packet.sackPermitted();
                case "wscale" -> packet.windowScale(Integer.parseInt(words[1]));
                case "nop" -> packet.nop();
                case "eol" -> packet.options(new byte[] {0});
                case "TS" -> packet.timestamps((int) Long.parseLong(words[2]), words[4].equals("*") ? lastStamp : (int) Long.parseLong(words[4]));
                case "sack" -> {
                    int[] edges = new int[words.length - 1];
                    for (int i = 0; i < edges.length; i++) {
                        edges[i] = (int) (otherIss + Long.parseLong(words[i + 1]));
                    }
                    packet.sack(edges);
                }
                case "hex" -> {
                    byte[] raw = new byte[words.length - 1];
                    for (int i = 0; i < raw.length; i++) {
                        raw[i] = (byte) Integer.parseInt(words[i + 1], 16);
                    }
                    packet.options(raw);
                }
                default -> throw new IllegalArgumentException("option '" + option + "'");
            }
        }
    }
}
