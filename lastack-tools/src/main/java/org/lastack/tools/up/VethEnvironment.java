package org.lastack.tools.up;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.lastack.core.Interface;
import org.lastack.core.Sysctl;
import org.lastack.host.HostBuilder;
import org.lastack.link.ImpairedLink;
import org.lastack.link.Impairment;
import org.lastack.link.Link;
import org.lastack.link.linux.InterfaceSetup;
import org.lastack.link.linux.PacketSocketLink;

/// A veth pair in the user and network namespace that this process is in: the kernel has one end, a packet socket of ours the other. Works for
/// an ordinary user. Everything vanishes with the last process inside.
public final class VethEnvironment implements Environment {
    private static final String KERNEL_END = "lastack0";
    private static final String OUR_END = "lastack1";

    private final Link link;

    private VethEnvironment(Link link) {
        this.link = link;
    }

    /// To be called inside those namespaces.
    public static VethEnvironment open(Plan plan) throws IOException {
        try (InterfaceSetup setup = InterfaceSetup.open()) {
            setup.up("lo");
            setup.createVethPair(KERNEL_END, OUR_END);
            // Our end is ours alone: the kernel must not give it an address of its own and speak there.
            writeIfThere(Path.of("/proc/sys/net/ipv6/conf", OUR_END, "disable_ipv6"), "1");
            writeIfThere(Path.of("/proc/sys/net/ipv6/conf", KERNEL_END, "accept_dad"), "0");
            setup.mtu(KERNEL_END, plan.mtu());
            setup.mtu(OUR_END, plan.mtu());
            for (String each : plan.kernelAddresses()) {
                Interface.Address address = Interface.Address.of(each);
                setup.addAddress(KERNEL_END, address.address(), address.prefixLength());
            }
            setup.up(KERNEL_END);
            setup.up(OUR_END);
        }
        // Always with virtio-net header: without it nobody would tell which of the kernel's checksums were left unfinished.
        PacketSocketLink socket = PacketSocketLink.open(PacketSocketLink.Options.of(OUR_END));
        if (plan.offload()) {
            return new VethEnvironment(socket);
        }
        limitSegments();
        // Passes everything unharmed, but lets the host send no super-segments.
        return new VethEnvironment(new ImpairedLink(socket, Impairment.NONE, Impairment.NONE, 0, System::nanoTime));
    }

    /// The kernel shall send segments, too. Where `ip` is missing or too old it goes on sending super-segments, which is correct, only not
    /// what was asked for.
    private static void limitSegments() {
        try {
            Tool.run("", List.of("ip", "link", "set", "dev", KERNEL_END, "gso_max_segs", "1"));
        } catch (Tool.ToolException e) {
            System.err.println("lastack: the kernel will send super-segments: " + e.getMessage());
        }
    }

    /// A kernel without IPv6 has no such file, and needs none.
    private static void writeIfThere(Path file, String value) throws IOException {
        if (Files.exists(file)) {
            Files.writeString(file, value);
        }
    }

    @Override
    public Link link() {
        return link;
    }

    /// The kernel is alone on the other end: asking for a second whether an IPv6 address is taken would only keep the user waiting.
    @Override
    public void configure(HostBuilder builder) {
        builder.sysctl(Sysctl.IPV6_DAD_TRANSMITS, 0);
    }

    @Override
    public Map<String, Object> record() {
        Map<String, Object> record = new LinkedHashMap<>();
        record.put("mode", "veth");
        record.put("device", KERNEL_END);
        record.put("namespacePid", ProcessHandle.current().pid());
        return record;
    }

    @Override
    public String description() {
        return "veth pair " + KERNEL_END + " - " + OUR_END + " in a user and network namespace of its own (no root needed), packet socket on " + OUR_END;
    }

    @Override
    public void close() {
        // The namespaces and what is in them go with this process.
    }
}
