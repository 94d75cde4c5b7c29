package org.lastack.fuzz;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// A fixed number of random mutations of the seeds in every build, the same each time; a failure prints the octets that replay it.
class WireMutationTest {
    private static final byte[] INTERESTING = {0, 1, 2, 3, 4, 5, 7, 8, 15, 16, 20, 40, 43, 44, 58, 60, 0x7f, (byte) 0x80, (byte) 0xc2, (byte) 0xff};

    private final WireTargets targets = new WireTargets();

    private static void search(Stream<byte[]> seeds, int rounds, long seed, Consumer<byte[]> target) {
        List<byte[]> corpus = seeds.toList();
        Random random = new Random(seed);
        for (int round = 0; round < rounds; round++) {
            byte[] input = mutate(corpus, random);
            byte[] shown = input.clone();
            try {
                target.accept(input);
            } catch (RuntimeException | AssertionError e) {
                throw new AssertionError("round " + round + ", octets " + HexFormat.of().formatHex(shown), e);
            }
        }
    }

    private static byte[] mutate(List<byte[]> corpus, Random random) {
        byte[] input = corpus.get(random.nextInt(corpus.size())).clone();
        if (random.nextInt(4) == 0) {
            input = Arrays.copyOf(input, random.nextInt(input.length + 24));
        }
        for (int change = random.nextInt(5); change > 0 && input.length > 0; change--) {
            int at = random.nextInt(input.length);
            switch (random.nextInt(4)) {
                case 0 -> input[at] ^= (byte) (1 << random.nextInt(8));
                case 1 -> input[at] = (byte) random.nextInt(256);
                case 2 -> input[at] = INTERESTING[random.nextInt(INTERESTING.length)];
                default -> {
                    byte[] other = corpus.get(random.nextInt(corpus.size()));
                    int from = random.nextInt(other.length);
                    System.arraycopy(other, from, input, at, Math.min(1 + random.nextInt(12), Math.min(other.length - from, input.length - at)));
                }
            }
        }
        return input;
    }

    @Test
    void ipPackets() {
        search(WireSeeds.packets(), 300_000, 1, targets::ipPacket);
    }

    @Test
    void ethernetFrames() {
        search(WireSeeds.frames(), 150_000, 2, targets::ethernetFrame);
    }

    @Test
    void tcpOptions() {
        search(WireSeeds.tcpOptions(), 300_000, 3, targets::tcpOptions);
    }

    @Test
    void ndpMessages() {
        search(WireSeeds.ndpMessages(), 200_000, 4, targets::ndpMessage);
    }

    @Test
    void printedPackets() {
        search(WireSeeds.packets(), 50_000, 5, targets::printer);
    }

    @Test
    void printedFrames() {
        search(WireSeeds.frames(), 30_000, 6, targets::printer);
    }

    @Test
    void addressTexts() {
        search(WireSeeds.addresses(), 200_000, 7, targets::addressText);
    }

    @Test
    void checksums() {
        search(WireSeeds.packets(), 100_000, 8, targets::checksum);
    }
}
