package org.lastack.drill.script;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lastack.drill.script.PacketSpec.Echoed;
import org.lastack.drill.script.PacketSpec.IpInfo;
import org.lastack.drill.script.PacketSpec.Option;
import org.lastack.drill.script.PacketSpec.Tos;
import org.lastack.wire.TcpHeader;

/// Packets: prefixes, IP infos, TCP, UDP and ICMP.
final class PacketParser {
    private final Cursor cursor;

    PacketParser(Cursor cursor) {
        this.cursor = cursor;
    }

    PacketSpec packet() {
        boolean inbound = cursor.take().text().equals("<");
        List<String> prefixes = prefixes();
        IpInfo info = ipInfo();
        if (info.tos() == Tos.ECT01 && inbound) {
            throw cursor.error("[ect01] is for outbound packets only");
        }
        if (cursor.isWord("udp")) {
            return udp(inbound, info, prefixes);
        }
        if (cursor.isWord("icmp")) {
            return icmp(inbound, info, prefixes);
        }
        return tcp(inbound, info, prefixes);
    }

    // Prefixes.

    private List<String> prefixes() {
        List<String> prefixes = new ArrayList<>();
        while (true) {
            Token token = cursor.peek();
            if (token.isWord("ipv4") || token.isWord("ipv6")) {
                prefixes.add(addresses());
            } else if (token.isWord("gre") || token.isWord("GREv0") || token.isWord("mpls")) {
                prefixes.add(untilColon());
            } else {
                return prefixes;
            }
        }
    }

    private String addresses() {
        StringBuilder text = new StringBuilder(cursor.take().text());
        ipInfo();
        text.append(' ').append(literal());
        cursor.expect(">");
        text.append(" > ").append(literal());
        cursor.expect(":");
        return text.toString();
    }

    private String literal() {
        Token token = cursor.peek();
        if (token.kind() != Token.Kind.IPV4 && token.kind() != Token.Kind.IPV6) {
            throw cursor.error("expected an address, not " + token.shown());
        }
        return cursor.take().text();
    }

    /// GRE and MPLS headers: balanced text up to the colon.
    private String untilColon() {
        Token start = cursor.peek();
        StringBuilder text = new StringBuilder();
        while (!cursor.is(":")) {
            if (cursor.peek().kind() == Token.Kind.END) {
                throw Cursor.error(start, "prefix without ':'");
            }
            text.append(cursor.take().text()).append(' ');
        }
        cursor.take();
        return text.toString().strip();
    }

    private IpInfo ipInfo() {
        boolean square = cursor.is("[");
        if (!square && !cursor.is("(")) {
            return IpInfo.NONE;
        }
        cursor.take();
        Tos tos = Tos.UNSPECIFIED;
        int tosValue = -1;
        int flowLabel = -1;
        int ttl = -1;
        do {
            Token token = cursor.peek();
            switch (cursor.word("noecn, ect0, ect1, ce, ect01, tos, ttl or flowlabel")) {
                case "noecn" -> tos = Tos.NO_ECN;
                case "ect0" -> tos = Tos.ECT0;
                case "ect1" -> tos = Tos.ECT1;
                case "ce" -> tos = Tos.CE;
                case "ect01" -> tos = Tos.ECT01;
                case "tos", "class" -> {
                    tos = Tos.VALUE;
                    tosValue = (int) cursor.integer("a TOS octet", 0, 255);
                }
                case "flowlabel" -> flowLabel = (int) cursor.integer("a flow label", 0, 0xfffff);
                case "ttl", "hlim" -> ttl = (int) cursor.integer("a TTL", 0, 255);
                default -> throw Cursor.error(token, "unknown IP info " + token.shown());
            }
        } while (cursor.accept(","));
        cursor.expect(square ? "]" : ")");
        return new IpInfo(tos, tosValue, flowLabel, ttl);
    }

    // TCP.

    private PacketSpec.Tcp tcp(boolean inbound, IpInfo info, List<String> before) {
        List<String> prefixes = new ArrayList<>(before);
        if (cursor.acceptWord("encap")) {
            cursor.expectWord("psp");
            cursor.expectWord("spi");
            prefixes.add("psp spi " + cursor.integer("an SPI"));
        }
        int sourcePort = -1;
        int destinationPort = -1;
        if (cursor.atInteger()) {
            sourcePort = (int) cursor.integer("a port", 0, 65535);
            cursor.expect(">");
            destinationPort = (int) cursor.integer("a port", 0, 65535);
        }
        Token flagToken = cursor.peek();
        int[] flags = flags();
        long sequence = cursor.number32("a sequence number");
        int payload = sequenceEnd(sequence);
        boolean literal = cursor.accept("!");
        boolean hasAck = cursor.acceptWord("ack");
        long ack = hasAck ? cursor.number32("an acknowledgment number") : 0;
        long window = cursor.acceptWord("win") ? cursor.integerOrAny("a window", 0, 65535) : -1;
        long urgent = cursor.acceptWord("urg") ? cursor.integer("an urgent pointer", 0, 65535) : -1;
        if (inbound && window < 0) {
            throw Cursor.error(flagToken, "an inbound TCP packet needs a window");
        }
        boolean any = cursor.is("<") && cursor.peek(1).is("...") && cursor.peek(2).is(">");
        List<Option> options = null;
        if (any) {
            cursor.take();
            cursor.take();
            cursor.take();
            if (inbound) {
                throw cursor.error("<...> is for outbound packets only");
            }
        } else if (cursor.is("<") && optionsFollow()) {
            options = options();
        }
        return new PacketSpec.Tcp(inbound, info, prefixes, sourcePort, destinationPort, flags[0], flags[1], sequence, payload, literal, hasAck, ack, window, urgent,
                any, options);
    }

    /// A `<` after a packet begins its options; the next event's `<` has a time in front of it.
    private boolean optionsFollow() {
        return cursor.peek(1).kind() == Token.Kind.WORD;
    }

    /// Returns the flag bits and the AccECN counter, -1 if there is none.
    private int[] flags() {
        Token token = cursor.take();
        if (token.is("-")) {
            return new int[] {0, -1};
        }
        int bits = 0;
        int ace = -1;
        if (token.kind() == Token.Kind.WORD) {
            bits = letters(token);
            Token next = cursor.peek();
            if (next.is(".")) {
                cursor.take();
                bits |= TcpHeader.ACK;
            } else if (next.kind() == Token.Kind.FRACTION) {
                cursor.take();
                bits |= TcpHeader.ACK;
                ace = counter(next);
            }
        } else if (token.is(".")) {
            bits = TcpHeader.ACK;
        } else if (token.kind() == Token.Kind.FRACTION) {
            bits = TcpHeader.ACK;
            ace = counter(token);
        } else {
            throw Cursor.error(token, "expected TCP flags, not " + token.shown());
        }
        if (ace >= 0 && (bits & (TcpHeader.ECE | TcpHeader.CWR | TcpHeader.AE)) != 0) {
            throw Cursor.error(token, "a counter and the letters E, W, A exclude each other");
        }
        return new int[] {bits, ace <= 0 ? -1 : ace};
    }

    private static int letters(Token token) {
        int bits = 0;
        for (char c : token.text().toCharArray()) {
            bits |= switch (c) {
                case 'F' -> TcpHeader.FIN;
                case 'S' -> TcpHeader.SYN;
                case 'R' -> TcpHeader.RST;
                case 'P' -> TcpHeader.PSH;
                case 'E' -> TcpHeader.ECE;
                case 'W', 'C' -> TcpHeader.CWR;
                case 'A' -> TcpHeader.AE;
                case 'U' -> TcpHeader.URG;
                default -> throw Cursor.error(token, "expected TCP flags, not '" + token.text() + "'");
            };
        }
        return bits;
    }

    private static int counter(Token token) {
        String text = token.text();
        if (text.length() != 2 || text.charAt(0) != '.' || text.charAt(1) > '7') {
            throw Cursor.error(token, "an AccECN counter is one digit 0..7, not '" + text + "'");
        }
        return text.charAt(1) - '0';
    }

    /// `: end ( payload )` after the first sequence number; returns the payload's octets.
    private int sequenceEnd(long first) {
        cursor.expect(":");
        Token token = cursor.peek();
        long end = cursor.number32("a sequence number");
        cursor.expect("(");
        int payload = (int) cursor.integer("a payload length", 0, 65535);
        cursor.expect(")");
        if (first != PacketSpec.ANY && end != PacketSpec.ANY && (int) (first + payload) != (int) end) {
            throw Cursor.error(token, "the end " + end + " is not " + first + " + " + payload);
        }
        return payload;
    }

    private List<Option> options() {
        Token open = cursor.take();
        List<Option> options = new ArrayList<>();
        int length = 0;
        do {
            Option option = option();
            options.add(option);
            length += option.length();
        } while (cursor.accept(","));
        cursor.expect(">");
        if (length % 4 != 0 || length > 40) {
            throw Cursor.error(open, "the options have " + length + " octets: it must be a multiple of 4 and at most 40");
        }
        return options;
    }

    private Option option() {
        Token token = cursor.peek();
        return switch (cursor.word("a TCP option")) {
            case "nop" -> new Option.Nop();
            case "eol" -> new Option.Eol();
            case "mss" -> new Option.Mss(cursor.integerOrAny("an MSS", 0, 65535));
            case "wscale" -> new Option.WindowScale(cursor.integerOrAny("a window scale", 0, 255));
            case "sackOK" -> new Option.SackPermitted();
            case "sack" -> sack();
            case "TS" -> timestamps();
            case "md5" -> new Option.Md5(hex(token, 16, 16));
            case "FO" -> new Option.FastOpen(hex(token, 0, 18), false);
            case "FOEXP" -> new Option.FastOpen(hex(token, 0, 16), true);
            case "ECN" -> accEcn(token);
            default -> throw Cursor.error(token, "unknown TCP option " + token.shown());
        };
    }

    private Option sack() {
        List<Long> edges = new ArrayList<>();
        do {
            edges.add(cursor.number32("a SACK edge"));
            cursor.expect(":");
            edges.add(cursor.number32("a SACK edge"));
        } while (cursor.atInteger());
        return new Option.Sack(edges);
    }

    private Option timestamps() {
        cursor.expectWord("val");
        long value = cursor.number32("a timestamp");
        cursor.expectWord("ecr");
        long echo = cursor.number32("a timestamp");
        return new Option.Timestamps(value, echo, cursor.accept("!"));
    }

    private byte[] hex(Token option, int min, int max) {
        StringBuilder digits = new StringBuilder();
        while (cursor.peek().kind() == Token.Kind.WORD || cursor.peek().kind() == Token.Kind.INTEGER || cursor.peek().kind() == Token.Kind.HEX) {
            String text = cursor.take().text();
            digits.append(text.startsWith("0x") ? text.substring(2) : text);
        }
        try {
            byte[] octets = HexFormat.of().parseHex(digits);
            if (octets.length < min || octets.length > max) {
                throw Cursor.error(option, "option " + option.text() + " wants " + min + ".." + max + " octets");
            }
            return octets;
        } catch (IllegalArgumentException e) {
            throw Cursor.error(option, "'" + digits + "' is not a row of octets in hexadecimal");
        }
    }

    private Option accEcn(Token start) {
        List<String> names = new ArrayList<>();
        List<Long> counters = new ArrayList<>();
        while (names.size() < 3 && (cursor.isWord("e0b") || cursor.isWord("ceb") || cursor.isWord("e1b"))) {
            names.add(cursor.take().text());
            counters.add(cursor.integerOrAny("a counter", 0, 0xffffff));
        }
        boolean kind1 = !names.isEmpty() && names.getFirst().equals("e1b");
        List<String> order = kind1 ? List.of("e1b", "ceb", "e0b") : List.of("e0b", "ceb", "e1b");
        if (!names.equals(order.subList(0, names.size()))) {
            throw Cursor.error(start, "the counters of an ECN option come as e0b ceb e1b or e1b ceb e0b");
        }
        return new Option.AccEcn(kind1, counters);
    }

    // UDP and ICMP.

    private PacketSpec udp(boolean inbound, IpInfo info, List<String> prefixes) {
        cursor.take();
        int sourcePort = -1;
        int destinationPort = -1;
        if (cursor.atInteger()) {
            sourcePort = (int) cursor.integer("a port", 0, 65535);
            cursor.expect(">");
            destinationPort = (int) cursor.integer("a port", 0, 65535);
        }
        return new PacketSpec.Udp(inbound, info, prefixes, sourcePort, destinationPort, parenthesized());
    }

    private int parenthesized() {
        cursor.expect("(");
        int octets = (int) cursor.integer("a length", 0, 65535);
        cursor.expect(")");
        return octets;
    }

    private PacketSpec icmp(boolean inbound, IpInfo info, List<String> prefixes) {
        cursor.take();
        String type = cursor.word("an ICMP type");
        @Nullable String code = null;
        if (cursor.peek().kind() == Token.Kind.WORD && !cursor.isWord("mtu") && !cursor.isWord("id")) {
            code = cursor.take().text();
        }
        long mtu = cursor.acceptWord("mtu") ? cursor.integer("an MTU", 0, 0xffff_ffffL) : -1;
        long id = cursor.acceptWord("id") ? cursor.integer("an identifier", 0, 65535) : -1;
        return new PacketSpec.Icmp(inbound, info, prefixes, type, code, mtu, id, echoed());
    }

    private Echoed echoed() {
        if (!cursor.accept("[")) {
            return new Echoed.TcpQuote(0, 0);
        }
        Echoed echoed;
        if (cursor.acceptWord("udp")) {
            echoed = new Echoed.UdpQuote(parenthesized());
        } else if (cursor.acceptWord("raw")) {
            echoed = new Echoed.Raw(parenthesized());
        } else {
            long sequence = cursor.number32("a sequence number");
            echoed = new Echoed.TcpQuote(sequence, sequenceEnd(sequence));
        }
        cursor.expect("]");
        return echoed;
    }
}
