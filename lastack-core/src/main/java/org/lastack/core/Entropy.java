package org.lastack.core;

/// The only source of randomness that an engine has, handed over at construction: a seeded generator in a simulation, a
/// cryptographically strong one on a real host (SECURITY J-05). Called under the engine's lock only.
@FunctionalInterface
public interface Entropy {
    /// 64 random bits.
    long nextLong();

    /// A number in `0 .. bound-1`; `bound` is positive.
    default int nextInt(int bound) {
        return (int) Long.remainderUnsigned(nextLong(), bound);
    }

    /// A reproducible generator (SplitMix64) for simulations and tests.
    static Entropy seeded(long seed) {
        return new Entropy() {
            private long state = seed;

            @Override
            public long nextLong() {
                state += 0x9e3779b97f4a7c15L;
                long mixed = state;
                mixed = (mixed ^ mixed >>> 30) * 0xbf58476d1ce4e5b9L;
                mixed = (mixed ^ mixed >>> 27) * 0x94d049bb133111ebL;
                return mixed ^ mixed >>> 31;
            }
        };
    }
}
