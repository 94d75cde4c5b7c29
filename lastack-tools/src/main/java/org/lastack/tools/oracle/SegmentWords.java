package org.lastack.tools.oracle;

import static org.lastack.tools.oracle.WireScene.ACK;
import static org.lastack.tools.oracle.WireScene.FIN;
import static org.lastack.tools.oracle.WireScene.PSH;
import static org.lastack.tools.oracle.WireScene.RST;
import static org.lastack.tools.oracle.WireScene.SYN;
import static org.lastack.tools.oracle.WireScene.URG;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.lastack.wire.PacketBuilder;
import org.lastack.wire.TcpHeader;

/// Segments told in the words of the wire table: `RST one above RCV.NXT`, `FIN+ACK`, `data with ACK above SND.NXT`, `SYN below the window`. Read word
/// by word, so that a row with a segment that no table has had is played as well.
final class SegmentWords {
    private static final String FLAG = "(?:SYN|FIN|RST|ACK|PSH|URG|ECE|CWR)";
    private static final Pattern FLAGS = Pattern.compile("^(?:a |an |the )?(no flags(?: at all)?|no ACK flag|all flags|bad checksum|(?:pure |bare |final )?ACK(?!\\+)|data|"
            + FLAG + "(?:(?:\\+| and )" + FLAG + ")*)");
    private static final Pattern ACKED = Pattern.compile(
            "(?:with |, )?(?:an? )?(?:ACK|ack) (?:(far|one|\\d+) )?(above|below) (?:SND\\.NXT|SND\\.UNA|ISS\\+1|ISS)|ack = ISS|wrong ack|unacceptable ACK");
    private static final Pattern OCTETS = Pattern.compile("(?:with|carrying|carries) (\\d+) bytes?");
    private static final Pattern STEP = Pattern.compile("(one|\\d+)(?: bytes?)? (above|below)");
    private static final int FAR = 1_000_000;

    private final WireScene scene;
    private final int rcvNxt;
    private final int sndNxt;
    private final int window;

    /// @param rcvNxt what the host expects next
    /// @param sndNxt what it will send next
    /// @param window octets that it takes from `rcvNxt` on
    SegmentWords(WireScene scene, int rcvNxt, int sndNxt, int window) {
        this.scene = scene;
        this.rcvNxt = rcvNxt;
        this.sndNxt = sndNxt;
        this.window = window;
    }

    /// The bits of names like `SYN+ACK`, `all` and `none`.
    static int flags(String names) {
        if (names.startsWith("all")) {
            return 0xff;
        }
        int flags = 0;
        if (!names.startsWith("no")) {
            for (String name : names.split("\\+| and ")) {
                flags |= switch (name) {
                    case "SYN" -> SYN;
                    case "FIN" -> FIN;
                    case "RST" -> RST;
                    case "PSH" -> PSH;
                    case "ACK" -> ACK;
                    case "URG" -> URG;
                    case "ECE" -> TcpHeader.ECE;
                    case "CWR" -> TcpHeader.CWR;
                    default -> throw new OracleException("there is no flag \"" + name + "\"");
                };
            }
        }
        return flags;
    }

    PacketBuilder read(String words) {
        Matcher kind = FLAGS.matcher(words);
        if (!kind.find()) {
            throw new OracleException("these words are no segment: " + words);
        }
        String name = kind.group(1);
        int flags = name.equals("data") || name.equals("bad checksum") || name.endsWith("ACK") && !name.contains("+") ? ACK : flags(name);
        if (name.equals("no ACK flag")) {
            flags = PSH;
        } else if (name.startsWith("all flags")) {
            flags = SYN | FIN | RST | PSH | URG | ACK;
        } else if (flags == FIN && !words.contains("without ACK")) {
            flags |= ACK;
        }
        if (words.contains("without ACK")) {
            flags = flags == ACK ? PSH : flags & ~ACK;
        }
        if (words.contains("and FIN")) {
            flags |= FIN;
        }
        if (words.contains("with PSH")) {
            flags |= PSH;
        }
        int length = octets(words, name);
        String place = ACKED.matcher(words.substring(kind.end())).replaceAll(" ");
        PacketBuilder p = scene.packet(flags, rcvNxt + offset(place, flags, length), sndNxt + acked(words)).payload(text(length));
        Matcher urgent = PortsKind.find("with urgent pointer (\\d+)", words);
        if (urgent != null) {
            p.flags(flags | ACK).ack(sndNxt).urgentPointer(Integer.parseInt(urgent.group(1))).payload(text(5));
        }
        if (words.contains("bad checksum")) {
            p.badChecksum();
        }
        return p;
    }

    private static int octets(String words, String name) {
        Matcher m = OCTETS.matcher(words);
        if (m.find()) {
            return Integer.parseInt(m.group(1));
        }
        boolean data = name.equals("data") || name.equals("bad checksum") || name.startsWith("no ") || words.contains("with data") || words.contains("carries data");
        return data ? 5 : 0;
    }

    private static byte[] text(int length) {
        return WireScene.bytes("hello".repeat(length / 5 + 1).substring(0, length));
    }

    /// Where the acknowledgment lies, counted from SND.NXT.
    private static int acked(String words) {
        Matcher m = ACKED.matcher(words);
        if (!m.find()) {
            return 0;
        }
        if (m.group(2) == null) {
            return m.group().contains("= ISS") ? -1 : m.group().contains("wrong") ? 6 : 5000;
        }
        String far = m.group(1);
        boolean iss = m.group().contains("ISS");
        int by = far == null ? iss ? 4 : 1000 : far.equals("far") ? FAR : far.equals("one") ? 1 : Integer.parseInt(far);
        return m.group(2).equals("above") ? by : -by - (iss ? 1 : 0);
    }

    /// Where the segment lies, counted from RCV.NXT.
    private int offset(String place, int flags, int length) {
        if (place.contains("last byte")) {
            return window - 1;
        }
        if (place.contains("crossing the right edge")) {
            return window - 2;
        }
        if (place.contains("ending at the right edge")) {
            return window - length;
        }
        if (place.contains("just outside") || place.contains("just beyond")) {
            return window;
        }
        Matcher step = STEP.matcher(place);
        if (step.find()) {
            int by = step.group(1).equals("one") ? 1 : Integer.parseInt(step.group(1));
            return step.group(2).equals("above") ? by : -by;
        }
        if (place.contains("beyond the window")) {
            return window + 10;
        }
        if (place.contains("outside") || place.contains("out of window")) {
            return 200_000;
        }
        if (place.contains("other seq") || place.contains("lower seq")) {
            return place.contains("other") ? 100 : -100;
        }
        if (place.contains("far below")) {
            return -FAR;
        }
        if (place.contains("below")) {
            return (flags & SYN) != 0 ? -1 : -100;
        }
        boolean off = place.contains("in window") || place.contains("above") || place.contains("not exact");
        return !off ? 0 : (flags & RST) != 0 ? 100 : 10;
    }
}
