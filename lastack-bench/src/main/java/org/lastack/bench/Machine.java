package org.lastack.bench;

import com.sun.management.OperatingSystemMXBean;
import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/// What the measurements ran on, and its meters: heap, allocation, CPU time.
final class Machine {
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final OperatingSystemMXBean SYSTEM = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

    private Machine() {}

    /// Processor, cores, memory, kernel, JVM with its flags, and how busy the machine was with other things.
    static String description() {
        return String.format(Locale.ROOT, "%s, %d cores, %d GiB, %s %s, JDK %s (%s), load average %.1f before the run", processor(),
                Runtime.getRuntime().availableProcessors(), Math.round(SYSTEM.getTotalMemorySize() / 0x1p30), System.getProperty("os.name"),
                System.getProperty("os.version"), Runtime.version(),
                String.join(" ", ManagementFactory.getRuntimeMXBean().getInputArguments().stream().filter(each -> each.startsWith("-XX")).map(Machine::base).toList()),
                SYSTEM.getSystemLoadAverage());
    }

    /// Flags of this JVM that say what it uses: collector, object headers.
    static List<String> choices() {
        return ManagementFactory.getRuntimeMXBean().getInputArguments().stream().filter(each -> each.startsWith("-XX:+Use") || each.startsWith("-XX:-Use")).toList();
    }

    /// Flags that name files say more about the directory than about the run.
    private static String base(String flag) {
        int slash = flag.lastIndexOf('/');
        int equals = flag.indexOf('=');
        return slash > equals && equals > 0 ? flag.substring(0, equals + 1) + flag.substring(slash + 1) : flag;
    }

    private static String processor() {
        try {
            return Files.readAllLines(Path.of("/proc/cpuinfo")).stream().filter(each -> each.startsWith("model name")).findFirst()
                    .map(each -> each.substring(each.indexOf(':') + 1).strip()).orElse(System.getProperty("os.arch"));
        } catch (IOException e) {
            return System.getProperty("os.arch");
        }
    }

    /// Octets of live heap, after collections until the figure stands still.
    static long liveHeap() {
        long before = Long.MAX_VALUE;
        for (int i = 0; i < 5; i++) {
            System.gc();
            long used = Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
            if (used >= before - 4096) {
                return used;
            }
            before = used;
        }
        return before;
    }

    /// Octets allocated by this thread since it began.
    static long allocated() {
        return THREADS.getCurrentThreadAllocatedBytes();
    }

    /// Octets allocated by the platform threads whose names begin so.
    static long allocatedBy(String... prefixes) {
        long sum = 0;
        for (ThreadInfo each : THREADS.getThreadInfo(THREADS.getAllThreadIds())) {
            if (each != null && Arrays.stream(prefixes).anyMatch(each.getThreadName()::startsWith)) {
                sum += THREADS.getThreadAllocatedBytes(each.getThreadId());
            }
        }
        return sum;
    }

    /// CPU time of this thread in nanoseconds: what single-threaded work costs, whatever else the machine does meanwhile.
    static long threadNs() {
        return THREADS.getCurrentThreadCpuTime();
    }

    /// Time that this JVM's compilers have worked.
    static long compilationMs() {
        return ManagementFactory.getCompilationMXBean().getTotalCompilationTime();
    }

    /// CPU time of this process in nanoseconds.
    static long cpuNs() {
        return SYSTEM.getProcessCpuTime();
    }
}
