package org.lastack.link;

/// What happens to the frames of one direction on their way. Applied in this order: loss; the bottleneck's queue and rate; delay and jitter; corruption; reordering;
/// duplication. The fields follow tc-netem(8) in meaning where it has them.
///
/// @param loss probability 0..1 that a frame vanishes
/// @param duplicate probability that a second copy follows the frame at once
/// @param corrupt probability that one bit of the frame, anywhere in it, is inverted
/// @param reorder probability that a frame is held back
/// @param reorderFrames a frame held back leaves after so many later ones; 0 means that only time releases it
/// @param reorderNs a frame held back leaves after so many nanoseconds at the latest
/// @param delayNs one-way delay in nanoseconds
/// @param jitterNs the delay varies evenly within plus and minus this; not below 0
/// @param jitterReorders false keeps the order of frames in spite of jitter, as one queue would
/// @param rateBitsPerSecond of the bottleneck, counting the link's frames as they are; 0 means no bottleneck
/// @param queueOctets room before the bottleneck; a frame that finds no room is dropped (the frame being sent counts). Unused without a rate
public record Impairment(
        double loss,
        double duplicate,
        double corrupt,
        double reorder,
        int reorderFrames,
        long reorderNs,
        long delayNs,
        long jitterNs,
        boolean jitterReorders,
        long rateBitsPerSecond,
        int queueOctets) {
    /// Frames pass at once and unharmed.
    public static final Impairment NONE = new Impairment(0, 0, 0, 0, 0, 0, 0, 0, false, 0, 0);

    public Impairment {
        probability("loss", loss);
        probability("duplicate", duplicate);
        probability("corrupt", corrupt);
        probability("reorder", reorder);
        if (reorderFrames < 0 || reorderNs < 0 || delayNs < 0 || jitterNs < 0 || rateBitsPerSecond < 0 || queueOctets < 0) {
            throw new IllegalArgumentException("negative: reorderFrames " + reorderFrames + ", reorderNs " + reorderNs + ", delayNs " + delayNs + ", jitterNs "
                    + jitterNs + ", rateBitsPerSecond " + rateBitsPerSecond + ", queueOctets " + queueOctets);
        }
        if (rateBitsPerSecond > 0 && queueOctets == 0) {
            throw new IllegalArgumentException("a bottleneck without any queue passes nothing");
        }
    }

    private static void probability(String name, double value) {
        // Written so that NaN is refused too.
        if (!(value >= 0 && value <= 1)) {
            throw new IllegalArgumentException(name + " " + value + " is outside 0..1");
        }
    }

    public Impairment withLoss(double probability) {
        return new Impairment(
                probability, duplicate, corrupt, reorder, reorderFrames, reorderNs, delayNs, jitterNs, jitterReorders, rateBitsPerSecond, queueOctets);
    }

    public Impairment withDuplicate(double probability) {
        return new Impairment(loss, probability, corrupt, reorder, reorderFrames, reorderNs, delayNs, jitterNs, jitterReorders, rateBitsPerSecond, queueOctets);
    }

    public Impairment withCorrupt(double probability) {
        return new Impairment(loss, duplicate, probability, reorder, reorderFrames, reorderNs, delayNs, jitterNs, jitterReorders, rateBitsPerSecond, queueOctets);
    }

    /// Holds frames back until `frames` later ones have passed, or `ns` nanoseconds.
    public Impairment withReorder(double probability, int frames, long ns) {
        return new Impairment(loss, duplicate, corrupt, probability, frames, ns, delayNs, jitterNs, jitterReorders, rateBitsPerSecond, queueOctets);
    }

    public Impairment withDelay(long ns, long jitter) {
        return new Impairment(loss, duplicate, corrupt, reorder, reorderFrames, reorderNs, ns, jitter, jitterReorders, rateBitsPerSecond, queueOctets);
    }

    public Impairment withJitterReorders(boolean reorders) {
        return new Impairment(loss, duplicate, corrupt, reorder, reorderFrames, reorderNs, delayNs, jitterNs, reorders, rateBitsPerSecond, queueOctets);
    }

    public Impairment withRate(long bitsPerSecond, int queue) {
        return new Impairment(loss, duplicate, corrupt, reorder, reorderFrames, reorderNs, delayNs, jitterNs, jitterReorders, bitsPerSecond, queue);
    }
}
