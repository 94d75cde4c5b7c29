package org.lastack.sim;

import org.lastack.core.Entropy;

/// One stream of random numbers (SplitMix64). Every link, host and application has its own, derived from the simulation's seed, so that more
/// traffic on one link does not change the luck of another.
public final class Randomness implements Entropy {
    private static final double UNIT = 0x1.0p-53;

    private long state;

    Randomness(long seed) {
        state = seed;
    }

    /// The stream with that number of a seed.
    static Randomness stream(long seed, int number) {
        Randomness source = new Randomness(seed ^ number * 0xd1342543de82ef95L);
        return new Randomness(source.nextLong());
    }

    @Override
    public long nextLong() {
        state += 0x9e3779b97f4a7c15L;
        long mixed = state;
        mixed = (mixed ^ mixed >>> 30) * 0xbf58476d1ce4e5b9L;
        mixed = (mixed ^ mixed >>> 27) * 0x94d049bb133111ebL;
        return mixed ^ mixed >>> 31;
    }

    /// Evenly from `[0, 1)`.
    public double nextDouble() {
        return (nextLong() >>> 11) * UNIT;
    }

    /// True with that probability.
    public boolean chance(double probability) {
        return probability > 0 && nextDouble() < probability;
    }

    /// Evenly from `[0, bound)`.
    public long nextLong(long bound) {
        return Long.remainderUnsigned(nextLong(), bound);
    }
}
