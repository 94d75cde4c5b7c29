package org.lastack.link.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.lastack.link.LinkDrop;
import org.lastack.link.LinkType;
import org.lastack.link.Offloads;
import org.lastack.wire.Frame;
import org.lastack.wire.FramePool;

/// Runs inside a fresh namespace: inherited descriptors, several queues, and closing while others work.
public final class DescriptorMain {
    private DescriptorMain() {}

    public static void main(String[] arguments) throws Exception {
        try (InterfaceSetup setup = InterfaceSetup.open()) {
            inherited();
            queues(setup);
            closing(setup);
        }
        System.out.println("OK " + DescriptorMain.class.getSimpleName());
    }

    /// A descriptor of this process that some other code attached: found through /proc as a launcher's child would get it by number.
    private static void inherited() throws Exception {
        List<Integer> before = tunDescriptors();
        TunLink first = TunLink.open(TunLink.Options.tap("tap3").withVirtioHeader(true).withMacAddress(0x0200_0000_00aaL));
        EchoMain.check(first.macAddress() == 0x0200_0000_00aaL, "mac");
        List<Integer> now = tunDescriptors();
        now.removeAll(before);
        EchoMain.check(now.size() == 1, "descriptors " + now);
        TunLink second = TunLink.ofDescriptor(now.get(0), 1400);
        EchoMain.check(second.name().equals("tap3") && second.type() == LinkType.ETHERNET && second.mtu() == 1400, second.name() + second.type() + second.mtu());
        EchoMain.check(second.offloads().equals(Offloads.ALL), second.offloads().toString());
        EchoMain.check((second.macAddress() & 0x0300_0000_0000L) == 0x0200_0000_0000L, "derived mac " + Long.toHexString(second.macAddress()));
        second.close();
        // The number is closed under the first link's feet: that ends it with a reason, not with an endless loop.
        EchoMain.check(!first.awaitReadable(Long.MAX_VALUE) && !first.isOpen(), "a stolen descriptor is not noticed");
        EchoMain.check(first.closeReason() != null && first.closeReason().contains("closed by someone else"), "reason " + first.closeReason());
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = Libc.capture(arena);
            int event = Libc.eventfd(errno);
            try {
                TunLink.ofDescriptor(event, 1500);
                throw new AssertionError("an eventfd is no TUN");
            } catch (NativeException e) {
                EchoMain.check(e.getMessage().contains("not attached to a TUN"), e.getMessage());
            }
            Libc.close(errno, event);
        }
    }

    private static List<Integer> tunDescriptors() throws Exception {
        List<Integer> found = new ArrayList<>();
        try (Stream<Path> all = Files.list(Path.of("/proc/self/fd"))) {
            for (Path each : all.toList()) {
                if (Files.isSymbolicLink(each) && Files.readSymbolicLink(each).toString().endsWith("/tun")) {
                    found.add(Integer.parseInt(each.getFileName().toString()));
                }
            }
        }
        return found;
    }

    private static void queues(InterfaceSetup setup) throws Exception {
        TunLink.Options options = TunLink.Options.tun("multi").withMultiQueue(true);
        try (TunLink one = TunLink.open(options);
                TunLink two = TunLink.open(options)) {
            setup.up("multi");
            EchoMain.check(one.name().equals(two.name()) && setup.isUp("multi"), "two queues");
            try {
                TunLink.open(options.withMultiQueue(false));
                throw new AssertionError("attached without multi-queue");
            } catch (NativeException e) {
                EchoMain.check(e.errnoName().equals("EINVAL") && e.getMessage().contains("multi-queue"), e.getMessage());
            }
        }
        EchoMain.check(!setup.exists("multi"), "the interface outlived its links");
        try (TunLink kept = TunLink.open(TunLink.Options.tun("kept"))) {
            kept.persist(true, 65_534);
            try {
                TunLink.open(TunLink.Options.tun("kept"));
                throw new AssertionError("attached twice");
            } catch (NativeException e) {
                EchoMain.check(e.errnoName().equals("EBUSY") && e.getMessage().contains("in use"), e.getMessage());
            }
        }
        EchoMain.check(setup.exists("kept"), "a persistent interface vanished");
        setup.delete("kept");
    }

    /// Opens and closes under a receiver and a sender, often; descriptors do not leak and no call meets another's number.
    private static void closing(InterfaceSetup setup) throws Exception {
        int before = descriptors();
        for (int i = 0; i < 100; i++) {
            TunLink link = TunLink.open(TunLink.Options.tun("c0"));
            setup.up("c0");
            Thread receiver = Thread.ofPlatform().start(() -> {
                Frame frame = Frame.unpooled(FramePool.LARGE);
                frame.offset = 128;
                while (link.receive(frame) >= 0) {
                    link.awaitReadable(Long.MAX_VALUE);
                }
            });
            Thread sender = Thread.ofPlatform().start(() -> {
                Frame frame = Frame.unpooled(2000);
                frame.offset = 128;
                frame.length = 40;
                frame.data[128] = 0x45;
                while (link.isOpen()) {
                    link.send(frame);
                    link.wakeup();
                }
            });
            while (link.counters().txPackets() < 5) {
                Thread.onSpinWait();
            }
            link.close();
            receiver.join();
            sender.join();
            EchoMain.check("closed by the user".equals(link.closeReason()), link.closeReason());
            EchoMain.check(link.counters().txDropped(LinkDrop.OTHER) == 0, link.counters() + " " + link.lastError());
        }
        EchoMain.check(descriptors() == before, "descriptors before " + before + " after " + descriptors());
    }

    private static int descriptors() throws Exception {
        try (Stream<Path> all = Files.list(Path.of("/proc/self/fd"))) {
            return (int) all.count();
        }
    }
}
