package org.lastack.tools.up;

import java.util.List;

/// What `up` was asked for.
///
/// @param name of the host
/// @param kernelAddresses of the kernel's side, each as `198.18.0.1/24`
/// @param ourAddresses of the stack's side, each as `198.18.0.2/24`
/// @param mtu octets of IP packet
/// @param offload exchange super-segments and unfinished checksums with the kernel
/// @param queues of the TUN device, each with an engine of its own
public record Plan(String name, List<String> kernelAddresses, List<String> ourAddresses, int mtu, boolean offload, int queues) {
    /// With one queue.
    public Plan(String name, List<String> kernelAddresses, List<String> ourAddresses, int mtu, boolean offload) {
        this(name, kernelAddresses, ourAddresses, mtu, offload, 1);
    }

    /// For the host behind another queue: the name has the queue's number.
    public Plan ofQueue(int queue) {
        return new Plan(name + "." + queue, kernelAddresses, ourAddresses, mtu, offload, queues);
    }

    /// The range of RFC 2544 for benchmarks: nobody's real network.
    public static final List<String> DEFAULT_KERNEL = List.of("198.18.0.1/24", "fd5a:1a57:ac4::1/64");

    /// The stack's side of [#DEFAULT_KERNEL].
    public static final List<String> DEFAULT_OURS = List.of("198.18.0.2/24", "fd5a:1a57:ac4::2/64");

    /// The address without its prefix length.
    public static String bare(String address) {
        int slash = address.indexOf('/');
        return slash < 0 ? address : address.substring(0, slash);
    }
}
