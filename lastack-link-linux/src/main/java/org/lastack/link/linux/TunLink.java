package org.lastack.link.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.lastack.link.LinkType;
import org.lastack.link.Offloads;

/// A TUN or TAP device: the other side is the kernel, whose interface of the same name has its own address.
///
/// While that interface is down, frames sent are dropped and counted ([org.lastack.link.LinkDrop#INTERFACE_DOWN]); when it is deleted, the link ends.
/// Linux: Documentation/networking/tuntap.rst.
public final class TunLink extends DeviceLink {
    private static final int IFF_TUN = 1;
    private static final int IFF_TAP = 2;
    private static final int IFF_MULTI_QUEUE = 0x100;
    private static final int IFF_NO_PI = 0x1000;
    private static final int IFF_VNET_HDR = 0x4000;
    private static final long TUNSETIFF = 0x4004_54caL;
    private static final long TUNSETPERSIST = 0x4004_54cbL;
    private static final long TUNSETOWNER = 0x4004_54ccL;
    private static final long TUNSETOFFLOAD = 0x4004_54d0L;
    private static final long TUNGETIFF = 0x8004_54d2L;
    private static final long TUNGETVNETHDRSZ = 0x8004_54d7L;
    private static final long TUNSETVNETHDRSZ = 0x4004_54d8L;
    private static final long SIOCGIFHWADDR = 0x8927;
    private static final int OFFLOAD_CSUM_TSO = 1 | 2 | 4;
    private static final int OFFLOAD_USO = 0x20 | 0x40;

    static final String DEVICE = "/dev/net/tun";

    /// How to open a device.
    ///
    /// @param name of the interface, at most 15 octets; the kernel replaces `%d` by a free number. An existing TUN/TAP interface is attached to, another is created
    ///     and vanishes when its last link is closed
    /// @param type [LinkType#IP] for TUN, [LinkType#ETHERNET] for TAP
    /// @param virtioHeader exchange super-segments and unfinished checksums with the kernel
    /// @param multiQueue the interface may be opened several times; the kernel spreads flows over the queues
    /// @param macAddress which address our side of a TAP answers to; if empty, one is derived from the kernel's
    public record Options(String name, LinkType type, boolean virtioHeader, boolean multiQueue, OptionalLong macAddress) {
        public Options {
            Platform.checkInterfaceName(name);
            if (macAddress.isPresent() && (macAddress.getAsLong() & (0xffff_0100_0000_0000L)) != 0) {
                throw new IllegalArgumentException("not a unicast MAC address: 0x" + Long.toHexString(macAddress.getAsLong()));
            }
        }

        /// A TUN device with virtio-net header and one queue.
        public static Options tun(String name) {
            return new Options(name, LinkType.IP, true, false, OptionalLong.empty());
        }

        /// A TAP device with virtio-net header and one queue.
        public static Options tap(String name) {
            return new Options(name, LinkType.ETHERNET, true, false, OptionalLong.empty());
        }

        public Options withVirtioHeader(boolean wanted) {
            return new Options(name, type, wanted, multiQueue, macAddress);
        }

        public Options withMultiQueue(boolean wanted) {
            return new Options(name, type, virtioHeader, wanted, macAddress);
        }

        public Options withMacAddress(long address) {
            return new Options(name, type, virtioHeader, multiQueue, OptionalLong.of(address));
        }
    }

    private final int fd;
    private final boolean mtuGiven;
    private volatile int mtu;

    private TunLink(Device device, long macAddress, int mtu, boolean mtuGiven) throws NativeException {
        super(device.name, device.type, macAddress, device.offloads, device.fd, device.headerOctets);
        this.fd = device.fd;
        this.mtu = mtu;
        this.mtuGiven = mtuGiven;
    }

    /// What the kernel says about an attached descriptor.
    private record Device(String name, LinkType type, int fd, int headerOctets, Offloads offloads) {}

    /// Opens a device. Needs root, or CAP_NET_ADMIN in the namespace and access to /dev/net/tun. Does not bring the interface up: [InterfaceSetup] does.
    ///
    /// @throws NativeException with errno and remedy
    /// @throws UnsupportedOperationException if this is not Linux
    public static TunLink open(Options options) throws NativeException {
        Platform.check();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = Libc.capture(arena);
            int fd = Libc.open(errno, arena.allocateFrom(DEVICE), Libc.O_RDWR | Libc.O_NONBLOCK | Libc.O_CLOEXEC);
            if (fd < 0) {
                throw new NativeException("cannot open " + DEVICE, -fd, openRemedy(-fd));
            }
            boolean done = false;
            try {
                MemorySegment ifreq = Platform.ifreq(arena, options.name);
                int flags = (options.type == LinkType.IP ? IFF_TUN : IFF_TAP)
                        | IFF_NO_PI
                        | (options.virtioHeader ? IFF_VNET_HDR : 0)
                        | (options.multiQueue ? IFF_MULTI_QUEUE : 0);
                ifreq.set(JAVA_SHORT, 16, (short) flags);
                int result = Libc.ioctl(errno, fd, TUNSETIFF, ifreq);
                if (result < 0) {
                    throw new NativeException("cannot attach to interface " + options.name, -result, attachRemedy(-result, options.name));
                }
                TunLink link = attached(arena, errno, fd, options.macAddress, 0);
                done = true;
                return link;
            } finally {
                if (!done) {
                    Libc.close(errno, fd);
                }
            }
        }
    }

    /// Takes over a descriptor that someone else attached to a TUN or TAP interface: an inherited one, for instance. It is closed with the link. It becomes
    /// non-blocking, also for others that share it.
    ///
    /// @param mtu of the interface, for the case that it lives in another network namespace; 0 asks the kernel by the interface's name
    /// @throws NativeException if the descriptor is not attached to such an interface, or prefixes frames with packet information (no IFF_NO_PI); the descriptor
    ///     stays open then
    public static TunLink ofDescriptor(int fd, int mtu) throws NativeException {
        return ofDescriptor(fd, mtu, OptionalLong.empty());
    }

    /// The same with a MAC address for our side of a TAP.
    public static TunLink ofDescriptor(int fd, int mtu, OptionalLong macAddress) throws NativeException {
        Platform.check();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = Libc.capture(arena);
            int flags = Libc.fcntl(errno, fd, Libc.F_GETFL, 0);
            int result = flags < 0 ? flags : Libc.fcntl(errno, fd, Libc.F_SETFL, flags | Libc.O_NONBLOCK);
            if (result < 0) {
                throw new NativeException("descriptor " + fd + " cannot be used", -result, "Is it open in this process and inherited (not close-on-exec)?");
            }
            return attached(arena, errno, fd, macAddress, mtu);
        }
    }

    private static TunLink attached(Arena arena, MemorySegment errno, int fd, OptionalLong macAddress, int mtu) throws NativeException {
        Device device = device(arena, errno, fd);
        long mac = 0;
        if (device.type == LinkType.ETHERNET) {
            mac = macAddress.isPresent() ? macAddress.getAsLong() : neighbourOf(kernelMac(arena, errno, fd));
        }
        int octets = mtu > 0 ? mtu : InterfaceQuery.mtu(device.name);
        if (octets < 0) {
            throw new NativeException("cannot ask for the MTU of " + device.name, -octets, "If the interface is in another network namespace, give its MTU.");
        }
        return new TunLink(device, mac, octets, mtu > 0);
    }

    private static Device device(Arena arena, MemorySegment errno, int fd) throws NativeException {
        MemorySegment ifreq = arena.allocate(Platform.IFREQ_BYTES, 8);
        int result = Libc.ioctl(errno, fd, TUNGETIFF, ifreq);
        if (result < 0) {
            throw new NativeException("descriptor " + fd + " is not attached to a TUN or TAP interface", -result, null);
        }
        String name = ifreq.getString(0);
        int flags = ifreq.get(JAVA_SHORT, 16) & 0xffff;
        if ((flags & IFF_NO_PI) == 0) {
            throw new NativeException(
                    "descriptor " + fd + " of " + name + " prefixes frames with packet information", NativeErrno.EINVAL, "Attach it with IFF_NO_PI.");
        }
        LinkType type = (flags & IFF_TAP) != 0 ? LinkType.ETHERNET : LinkType.IP;
        if ((flags & IFF_VNET_HDR) == 0) {
            return new Device(name, type, fd, 0, Offloads.NONE);
        }
        return new Device(name, type, fd, headerOctets(arena, errno, fd, name), offloads(errno, fd, name));
    }

    /// The size is one per interface, not per queue: one that we can work with stays as it is, for the sake of other queues.
    private static int headerOctets(Arena arena, MemorySegment errno, int fd, String name) throws NativeException {
        MemorySegment size = arena.allocate(JAVA_INT);
        int result = Libc.ioctl(errno, fd, TUNGETVNETHDRSZ, size);
        if (result >= 0 && size.get(JAVA_INT, 0) >= VirtioHeader.OCTETS && size.get(JAVA_INT, 0) <= HEADROOM) {
            return size.get(JAVA_INT, 0);
        }
        size.set(JAVA_INT, 0, VirtioHeader.OCTETS);
        result = Libc.ioctl(errno, fd, TUNSETVNETHDRSZ, size);
        if (result < 0) {
            throw new NativeException("cannot set the size of the virtio-net header of " + name, -result, null);
        }
        return VirtioHeader.OCTETS;
    }

    private static Offloads offloads(MemorySegment errno, int fd, String name) throws NativeException {
        if (Libc.ioctl(errno, fd, TUNSETOFFLOAD, (long) (OFFLOAD_CSUM_TSO | OFFLOAD_USO)) >= 0) {
            return Offloads.ALL;
        }
        // Linux before 6.2 knows no UDP segmentation on TUN.
        int result = Libc.ioctl(errno, fd, TUNSETOFFLOAD, (long) OFFLOAD_CSUM_TSO);
        if (result < 0) {
            throw new NativeException("cannot switch on the offloads of " + name, -result, "Open it without virtio-net header.");
        }
        return new Offloads(true, true, true, false, true);
    }

    private static long kernelMac(Arena arena, MemorySegment errno, int fd) throws NativeException {
        // The device answers this itself, so it works across namespaces.
        MemorySegment ifreq = arena.allocate(Platform.IFREQ_BYTES, 8);
        int result = Libc.ioctl(errno, fd, SIOCGIFHWADDR, ifreq);
        if (result < 0) {
            throw new NativeException("cannot ask for the MAC address", -result, null);
        }
        return InterfaceQuery.macAddress(ifreq);
    }

    /// A locally administered unicast address that differs from the kernel's own by one bit at least, and is the same in each run if that one is.
    static long neighbourOf(long mac) {
        return ((mac & 0xfeff_ffff_ffffL) | 0x0200_0000_0000L) ^ 1;
    }

    static @Nullable String openRemedy(int errno) {
        return switch (errno) {
            case NativeErrno.ENOENT, NativeErrno.ENODEV, NativeErrno.ENXIO ->
                "The kernel's tun module is missing (as root: modprobe tun), or this container was not given the device (--device " + DEVICE + ").";
            case NativeErrno.EACCES, NativeErrno.EPERM ->
                "Only root may open it here. Run as root, pass an open descriptor, or use a veth pair with a packet socket inside `unshare -rn`.";
            case NativeErrno.EMFILE -> "Too many descriptors are open: raise `ulimit -n`.";
            default -> null;
        };
    }

    private static @Nullable String attachRemedy(int errno, String name) {
        return switch (errno) {
            case NativeErrno.EPERM ->
                "Creating an interface needs CAP_NET_ADMIN in this network namespace: run as root, or inside `unshare -rn`; a persistent interface"
                        + " owned by the user (ip tuntap add ... user NAME) works without.";
            case NativeErrno.EBUSY -> "Interface " + name + " is in use by another process, or was opened without multi-queue. `ip tuntap` lists who has it.";
            case NativeErrno.EINVAL ->
                "Interface " + name + " exists and is of another kind (TUN or TAP, with or without multi-queue), or is no TUN/TAP at all. `ip -d link show "
                        + name + "` tells.";
            case NativeErrno.EEXIST -> "An interface of that name exists and is no TUN/TAP.";
            default -> null;
        };
    }

    /// The interface's MTU now, asked from the kernel; the last known one after the end; for a descriptor with a given MTU, that one.
    @Override
    public int mtu() {
        int now = mtuGiven || !isOpen() ? 0 : InterfaceQuery.mtu(name());
        if (now > 0) {
            mtu = now;
        }
        return mtu;
    }

    /// Makes the interface stay when its last descriptor is closed, or not.
    ///
    /// @param uid who may attach to it without privilege later; -1 leaves that as it is
    public void persist(boolean stays, int uid) throws NativeException {
        if (!enter()) {
            throw new NativeException("cannot make " + name() + (stays ? " persistent" : " transient"), NativeErrno.EBADF, "The link is closed.");
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = Libc.capture(arena);
            int result = uid < 0 ? 0 : Libc.ioctl(errno, fd, TUNSETOWNER, (long) uid);
            if (result >= 0) {
                result = Libc.ioctl(errno, fd, TUNSETPERSIST, stays ? 1L : 0L);
            }
            if (result < 0) {
                throw new NativeException("cannot make " + name() + (stays ? " persistent" : " transient"), -result, null);
            }
        } finally {
            leave();
        }
    }
}
