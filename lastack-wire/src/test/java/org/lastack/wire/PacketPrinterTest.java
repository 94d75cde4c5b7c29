package org.lastack.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/// Our lines against those of tcpdump 4.99.3 for the packets of [PrinterSamples].
class PacketPrinterTest {
    private static final IpAddress A = IpAddress.of("198.18.0.1");
    private static final IpAddress B = IpAddress.of("198.18.0.2");

    private static List<String> golden(String name) {
        try (InputStream in = Objects.requireNonNull(PacketPrinterTest.class.getResourceAsStream(name), name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// The packets that tcpdump prints: it refuses to show an empty record.
    private static List<byte[]> samples() {
        return PrinterSamples.all().stream().filter(packet -> packet.length > 0).toList();
    }

    private static String print(PacketPrinter printer, byte[] packet) {
        return printer.ip(packet, 0, packet.length).stripTrailing();
    }

    @Test
    void linesAreTcpdumpsButForTheListedDeviations() {
        Map<Integer, String> deviations = new HashMap<>();
        for (String line : golden("deviations.txt")) {
            if (!line.startsWith("#")) {
                deviations.put(Integer.parseInt(line.substring(0, line.indexOf('\t'))) - 1, line.substring(line.indexOf('\t') + 1));
            }
        }
        List<String> lines = golden("tcpdump.txt");
        List<byte[]> samples = samples();
        assertThat(lines).hasSameSizeAs(samples);
        for (int i = 0; i < lines.size(); i++) {
            String ours = print(new PacketPrinter(), samples.get(i));
            assertThat(ours).as("line %d", i + 1).isEqualTo(deviations.getOrDefault(i, lines.get(i)));
            if (deviations.containsKey(i)) {
                assertThat(ours).as("line %d of deviations.txt is one", i + 1).isNotEqualTo(lines.get(i));
            }
        }
    }

    @Test
    void verboseLinesOfSegmentsAreTcpdumpsInOneLine() {
        List<String> lines = golden("tcpdump-v.txt");
        List<String> ours = samples().stream().map(packet -> print(new PacketPrinter().verbose(), packet))
                .filter(line -> line.contains("Flags [") && !line.contains("ICMP")).toList();
        assertThat(lines).hasSameSizeAs(ours);
        int equal = 0;
        for (int i = 0; i < lines.size(); i++) {
            String fields = lines.get(i).substring(0, lines.get(i).indexOf("Flags ["));
            assertThat(ours.get(i).replace("bytes missing! (hlim", "bytes missing!(hlim")).startsWith(fields);
            equal += ours.get(i).equals(lines.get(i)) ? 1 : 0;
        }
        // The rest: the deviations of the plain lines, and tcpdump's text from the data of a reset.
        assertThat(equal).isEqualTo(lines.size() - 10);
    }

    @Test
    void numbersRelativeToTheStartOfAConnection() {
        PacketPrinter printer = new PacketPrinter().relative(new TcpFlows());
        assertThat(PrinterSamples.conversation().stream().map(packet -> print(printer, packet)).toList())
                .isEqualTo(golden("tcpdump-relative.txt"));
    }

    @Test
    void ethernetHeaders() {
        PacketPrinter printer = new PacketPrinter().linkHeader();
        assertThat(PrinterSamples.frames().stream().map(frame -> printer.ethernet(frame, 0, frame.length)).toList())
                .isEqualTo(golden("tcpdump-e.txt"));
        byte[] arp = PrinterSamples.frames().get(0);
        assertThat(new PacketPrinter().ethernet(arp, 0, arp.length)).isEqualTo("ARP, Request who-has 198.18.0.2 tell 198.18.0.1, length 46");
        byte[] tcp = PrinterSamples.frames().get(3);
        assertThat(new PacketPrinter().ethernet(tcp, 0, tcp.length))
                .isEqualTo("IP 198.18.0.1.41234 > 198.18.0.2.9000: Flags [S], seq 1, win 65535, length 0");
        assertThat(new PacketPrinter().ethernet(tcp, 0, 13)).isEqualTo("[|ether]");
    }

    @Test
    void verboseChecksumsOfUdpAndIcmp() {
        PacketPrinter printer = new PacketPrinter().verbose();
        String fields = "IP (tos 0x0, ttl 64, id 0, offset 0, flags [DF], proto UDP (17), length 33) 198.18.0.1.40000 > 198.18.0.2.9000: ";
        assertThat(print(printer, Packets.udp(A, 40_000, B, 9000).payload(5).build())).isEqualTo(fields + "[udp sum ok] UDP, length 5");
        assertThat(print(printer, Packets.udp(A, 40_000, B, 9000).payload(5).badChecksum().build()))
                .isEqualTo(fields + "[bad udp cksum 0xf465 -> 0xae3f!] UDP, length 5");
        byte[] none = Packets.udp(A, 40_000, B, 9000).payload(5).build();
        Bytes.put16(none, 26, 0);
        assertThat(print(printer, none)).isEqualTo(fields + "[no cksum] UDP, length 5");
        assertThat(print(printer, Packets.echoRequest(A, B, 77, 1).payload(56).badChecksum().build()))
                .isEqualTo("IP (tos 0x0, ttl 64, id 0, offset 0, flags [DF], proto ICMP (1), length 84) 198.18.0.1 > 198.18.0.2: "
                        + "ICMP echo request, id 77, seq 1, length 64 (wrong icmp cksum 5ac5 (->9f)!)");
        assertThat(print(printer, Packets.echoRequest(PrinterSamples.A6, PrinterSamples.B6, 77, 1).payload(56).badChecksum().build()))
                .isEqualTo("IP6 (hlim 64, next-header ICMPv6 (58) payload length: 64) fd00::1 > fd00::2: "
                        + "[bad icmp6 cksum 0xd445 -> 0x8e1f!] ICMP6, echo request, id 77, seq 1, length 64");
    }

    @Test
    void flowsAreBounded() {
        TcpFlows flows = new TcpFlows();
        PacketPrinter printer = new PacketPrinter().relative(flows);
        for (int port = 1; port <= 2 * TcpFlows.MAX_FLOWS; port++) {
            print(printer, Packets.tcp(A, port, B, 60_000).seq(port).ack(1).build());
        }
        assertThat(flows.size()).isEqualTo(TcpFlows.MAX_FLOWS);
        byte[] remembered = Packets.tcp(A, 2 * TcpFlows.MAX_FLOWS, B, 60_000).seq(2 * TcpFlows.MAX_FLOWS).ack(1).payload(1).build();
        assertThat(print(printer, remembered)).contains("seq 0:1, ack 1");
        assertThat(print(printer, Packets.tcp(A, 1, B, 60_000).seq(77).ack(1).payload(1).build())).contains("seq 77:78, ack 1");
    }

    @Test
    void mappedAddressesInIpv6PacketsAreShownAsSuch() {
        byte[] packet = Packets.udp(PrinterSamples.A6, 1, PrinterSamples.B6, 2).build();
        Bytes.put64(packet, 8, 0);
        Bytes.put64(packet, 16, 0x0000_ffff_0102_0304L);
        assertThat(PacketPrinter.print(packet, 0, packet.length)).isEqualTo("IP6 ::ffff:1.2.3.4.1 > fd00::2.2: UDP, length 0");
    }

    @Test
    @DisplayName("SECURITY section 1: no octets whatever make the printer throw, and nothing outside the capture is read")
    void anyOctets() {
        Random random = new Random(1);
        List<byte[]> samples = PrinterSamples.all();
        List<byte[]> frames = PrinterSamples.frames();
        PacketPrinter[] printers = {new PacketPrinter(), new PacketPrinter().verbose(), new PacketPrinter().relative(new TcpFlows()).linkHeader()};
        for (int round = 0; round < 60_000; round++) {
            byte[] seed = round % 8 == 0 ? frames.get(random.nextInt(frames.size())) : samples.get(random.nextInt(samples.size()));
            // The array ends where the capture ends: a read beyond it would throw.
            byte[] packet = Arrays.copyOf(seed, random.nextInt(3) == 0 ? random.nextInt(seed.length + 1) : seed.length);
            for (int change = random.nextInt(6); change > 0 && packet.length > 0; change--) {
                packet[random.nextInt(Math.min(packet.length, 90))] = (byte) random.nextInt(256);
            }
            PacketPrinter printer = printers[round % 3];
            assertThat(printer.ip(packet, 0, packet.length)).isNotEmpty().doesNotContain("\n");
            assertThat(printer.ethernet(packet, 0, packet.length)).isNotEmpty().doesNotContain("\n");
        }
    }

    @Test
    void everyPrefixOfEverySample() {
        PacketPrinter printer = new PacketPrinter().verbose();
        for (byte[] sample : PrinterSamples.all()) {
            for (int length = 0; length <= Math.min(sample.length, 150); length++) {
                byte[] packet = Arrays.copyOf(sample, length);
                assertThat(printer.ip(packet, 0, length)).isNotEmpty();
            }
        }
    }
}
