package org.lastack.tools.up;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.lastack.core.Errno;
import org.lastack.core.Interface;
import org.lastack.link.Link;
import org.lastack.link.linux.InterfaceSetup;
import org.lastack.link.linux.Namespaces;
import org.lastack.link.linux.NativeException;
import org.lastack.link.linux.TunLink;
import org.lastack.tools.CommandFailure;
import org.lastack.tools.ExitCode;

/// A TUN device, in a network namespace or in the present one.
///
/// For a namespace the device is made here and then moved there: its descriptor goes on working, so this process need not enter the
/// namespace, and if it dies, however that happens, the kernel removes the device.
public final class TunEnvironment implements Environment {
    /// Room for the kernel's frames towards us. TUN takes frames off the sender's account as soon as they are queued, so nothing but this
    /// queue stands between a fast sender and a loss; 500, the default, is less than one window of MTU-sized frames, and 10,000 connections that
    /// speak at once need as many.
    private static final int QUEUE_FRAMES = 20_000;

    private final TunLink link;
    private final List<Link> moreLinks;
    private final @Nullable String netns;
    private final boolean netnsCreated;

    private TunEnvironment(TunLink link, List<Link> moreLinks, @Nullable String netns, boolean netnsCreated) {
        this.link = link;
        this.moreLinks = List.copyOf(moreLinks);
        this.netns = netns;
        this.netnsCreated = netnsCreated;
    }

    /// In the present namespace, with that name. Addresses that the interface has already are left as they are.
    public static TunEnvironment here(Plan plan, String device) throws IOException {
        TunLink link = TunLink.open(options(plan, device));
        List<Link> more = new ArrayList<>();
        boolean done = false;
        try (InterfaceSetup setup = InterfaceSetup.open()) {
            setup.mtu(link.name(), plan.mtu());
            setup.transmitQueue(link.name(), QUEUE_FRAMES);
            for (String each : plan.kernelAddresses()) {
                addAddress(setup, link.name(), Interface.Address.of(each));
            }
            setup.up(link.name());
            openMore(plan, link, more);
            done = true;
            return new TunEnvironment(link, more, null, false);
        } finally {
            if (!done) {
                link.close();
                more.forEach(Link::close);
            }
        }
    }

    private static TunLink.Options options(Plan plan, String device) {
        return TunLink.Options.tun(device).withVirtioHeader(plan.offload()).withMultiQueue(plan.queues() > 1);
    }

    /// The other queues; the device must still be where this process is. The kernel keeps a flow in the queue through which we last sent for it, and chooses by a hash of
    /// addresses and ports where it has not heard of us for some seconds: for a connection that began with the peer's SYN the two are the same queue.
    private static void openMore(Plan plan, TunLink first, List<Link> more) throws IOException {
        while (more.size() + 1 < plan.queues()) {
            more.add(TunLink.open(options(plan, first.name())));
        }
    }

    private static void addAddress(InterfaceSetup setup, String device, Interface.Address address) throws NativeException {
        try {
            setup.addAddress(device, address.address(), address.prefixLength());
        } catch (NativeException e) {
            if (e.errno() != Errno.EEXIST) {
                throw e;
            }
        }
    }

    /// An inherited descriptor; its interface is somebody else's business.
    public static TunEnvironment ofDescriptor(Plan plan, int descriptor) throws IOException {
        return new TunEnvironment(TunLink.ofDescriptor(descriptor, plan.mtu()), List.of(), null, false);
    }

    /// In the namespace of that name, which is made if there is none.
    public static TunEnvironment inNamespace(Plan plan, String netns) throws IOException {
        // First the device: where that is not allowed nothing has been made yet.
        TunLink link = TunLink.open(options(plan, "lastack%d"));
        List<Link> more = new ArrayList<>();
        boolean created = false;
        boolean done = false;
        try {
            openMore(plan, link, more);
            try (InterfaceSetup setup = InterfaceSetup.open()) {
                setup.mtu(link.name(), plan.mtu());
            }
            if (Files.notExists(Path.of("/run/netns", netns))) {
                Namespaces.create(netns);
                created = true;
            }
            moveInto(netns, link);
            Tool.run(batch(plan, link.name()), List.of("ip", "-n", netns, "-batch", "-"));
            done = true;
            return new TunEnvironment(link, more, netns, created);
        } finally {
            if (!done) {
                link.close();
                more.forEach(Link::close);
                if (created) {
                    Namespaces.delete(netns);
                }
            }
        }
    }

    private static void moveInto(String netns, Link link) {
        try {
            Tool.run("", List.of("ip", "link", "set", "dev", link.name(), "netns", netns));
        } catch (Tool.ToolException e) {
            throw new CommandFailure(ExitCode.CANNOT_CREATE, "namespace " + netns + " does not take our device: " + e.getMessage(),
                    "it may be another host's (lastack netstat): choose another --netns, or end that host", e);
        }
    }

    private static String batch(Plan plan, String device) {
        StringBuilder commands = new StringBuilder("link set dev lo up\n");
        for (String each : plan.kernelAddresses()) {
            // Nobody else is on this link, and whoever types fast must not find an address that is still being checked.
            commands.append("addr add ").append(each).append(" dev ").append(device).append(each.contains(":") ? " nodad\n" : "\n");
        }
        return commands.append("link set dev ").append(device).append(" txqueuelen ").append(QUEUE_FRAMES).append(" up\n").toString();
    }

    @Override
    public Link link() {
        return link;
    }

    @Override
    public List<Link> moreLinks() {
        return moreLinks;
    }

    @Override
    public Map<String, Object> record() {
        Map<String, Object> record = new LinkedHashMap<>();
        record.put("mode", "tun");
        record.put("device", link.name());
        if (netns != null) {
            record.put("netns", netns);
            record.put("netnsCreated", netnsCreated);
        }
        return record;
    }

    @Override
    public String description() {
        return "TUN device " + link.name() + (moreLinks.isEmpty() ? "" : " with " + (moreLinks.size() + 1) + " queues") + (netns == null ? "" : " in network namespace " + netns + (netnsCreated ? " (made for it)" : ""));
    }

    @Override
    public void close() {
        if (netns != null && netnsCreated) {
            try {
                Namespaces.delete(netns);
            } catch (IOException e) {
                // somebody removed it before us, which is what was wanted
            }
        }
    }
}
