package org.lastack.link;

/// What an [ImpairedLink] did in one direction, in frames. A snapshot.
///
/// @param offered frames that came in
/// @param delivered frames that came out, duplicates included
/// @param lost by [Impairment#loss]
/// @param queueDropped because the bottleneck's queue, or the memory for delayed frames, was full
/// @param duplicated how often a second copy was made
/// @param corrupted how often a bit was inverted
/// @param reordered how often a frame was held back
/// @param waiting frames on their way now
public record ImpairmentCounters(
        long offered, long delivered, long lost, long queueDropped, long duplicated, long corrupted, long reordered, int waiting) {}
