package org.lastack.javalibs;

import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import javax.management.ObjectName;

/// What is alive on this JVM's heap.
///
/// @param octets by class, as in `jcmd GC.class_histogram`
/// @param direct octets in direct buffers
record Heap(Map<String, Long> octets, long direct) {
    static Heap now() throws Exception {
        // What has to be enqueued first, or belongs to a thread that is about to end, is dropped by a later one.
        long before;
        long used = Long.MAX_VALUE;
        do {
            before = used;
            System.gc();
            used = Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
        } while (used < before - before / 1000);
        Map<String, Long> octets = new HashMap<>();
        String histogram = (String) ManagementFactory.getPlatformMBeanServer().invoke(new ObjectName("com.sun.management:type=DiagnosticCommand"), "gcClassHistogram",
                new Object[] {new String[0]}, new String[] {String[].class.getName()});
        for (String line : histogram.split("\n")) {
            String[] words = line.trim().split("\\s+");
            if (words.length >= 4 && words[0].endsWith(":")) {
                octets.merge(words[3], Long.parseLong(words[2]), Long::sum);
            }
        }
        long direct = ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream().mapToLong(BufferPoolMXBean::getMemoryUsed).sum();
        return new Heap(octets, direct);
    }

    /// To compare a later one with: as that one will be measured with this on the heap, so is this with another.
    static Heap baseline() throws Exception {
        Heap first = now();
        Heap second = now();
        java.lang.ref.Reference.reachabilityFence(first);
        return second;
    }

    /// Heap and direct buffers.
    long octetsMore(Heap before) {
        return total() - before.total();
    }

    private long total() {
        return octets.values().stream().mapToLong(Long::longValue).sum() + direct;
    }

    /// By class, those that have grown most first.
    Map<String, Long> growth(Heap before) {
        Map<String, Long> more = new HashMap<>();
        octets.forEach((name, now) -> more.put(name, now - before.octets.getOrDefault(name, 0L)));
        Map<String, Long> sorted = new LinkedHashMap<>();
        more.entrySet().stream().sorted(Map.Entry.comparingByValue(Comparator.reverseOrder())).forEach(each -> sorted.put(each.getKey(), each.getValue()));
        return sorted;
    }
}
