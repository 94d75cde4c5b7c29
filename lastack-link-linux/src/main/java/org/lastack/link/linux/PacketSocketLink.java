package org.lastack.link.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.lastack.link.LinkType;
import org.lastack.link.Offloads;

/// A packet socket (AF_PACKET, SOCK_RAW) on an Ethernet interface of the kernel, such as one end of a veth pair: packet(7).
///
/// The link sees every frame that arrives at the interface and sends frames through it. By default it answers to a MAC address of its own, so that the kernel takes
/// unicast frames for the link as somebody else's and leaves them alone. The kernel still sees broadcast and multicast frames: give the interface no IP address.
/// VLAN tags of received frames are removed by the kernel and not shown.
///
/// Needs CAP_NET_RAW, which everybody has inside `unshare -rn`. While the interface is down, frames are dropped and counted; when it is deleted, the link ends.
public final class PacketSocketLink extends DeviceLink {
    private static final int ETH_P_ALL = 3;
    private static final int SOL_PACKET = 263;
    private static final int SOL_SOCKET = 1;
    private static final int SO_RCVBUF = 8;
    /// One TCP window of super-segments: the default of 208 KiB holds three of them, and a local sender is not held back by the veth pair.
    private static final int RECEIVE_OCTETS = 8 << 20;

    private static final int PACKET_ADD_MEMBERSHIP = 1;
    private static final int PACKET_VNET_HDR = 15;
    private static final int PACKET_IGNORE_OUTGOING = 23;
    private static final int PACKET_MR_PROMISC = 1;
    private static final int SOCKADDR_LL_BYTES = 20;
    private static final int PACKET_MREQ_BYTES = 16;

    /// How to open one.
    ///
    /// @param interfaceName of an existing Ethernet interface of this network namespace
    /// @param virtioHeader exchange super-segments and unfinished checksums with the kernel. Without it, frames that local programs send through a veth pair arrive with
    ///     checksums that were never computed, unless the other end switches that offload off
    /// @param macAddress which address the link answers to; if empty, one is derived from the interface's own
    public record Options(String interfaceName, boolean virtioHeader, OptionalLong macAddress) {
        public Options {
            Platform.checkInterfaceName(interfaceName);
            if (macAddress.isPresent() && (macAddress.getAsLong() & 0xffff_0100_0000_0000L) != 0) {
                throw new IllegalArgumentException("not a unicast MAC address: 0x" + Long.toHexString(macAddress.getAsLong()));
            }
        }

        /// With virtio-net header and a derived MAC address.
        public static Options of(String interfaceName) {
            return new Options(interfaceName, true, OptionalLong.empty());
        }

        public Options withVirtioHeader(boolean wanted) {
            return new Options(interfaceName, wanted, macAddress);
        }

        public Options withMacAddress(long address) {
            return new Options(interfaceName, virtioHeader, OptionalLong.of(address));
        }
    }

    private final int index;
    private volatile int mtu;

    private PacketSocketLink(Options options, int index, int fd, long macAddress, int mtu) throws NativeException {
        super(
                options.interfaceName,
                LinkType.ETHERNET,
                macAddress,
                options.virtioHeader ? Offloads.ALL : Offloads.NONE,
                fd,
                options.virtioHeader ? VirtioHeader.OCTETS : 0);
        this.index = index;
        this.mtu = mtu;
    }

    /// Opens a socket on an interface. Does not bring the interface up: [InterfaceSetup] does.
    ///
    /// @throws NativeException with errno and remedy
    /// @throws UnsupportedOperationException if this is not Linux
    public static PacketSocketLink open(Options options) throws NativeException {
        Platform.check();
        String name = options.interfaceName;
        int index = answered(InterfaceQuery.index(name), "cannot find interface " + name, "`ip link` lists the interfaces of this network namespace.");
        long mac = InterfaceQuery.macAddress(name);
        int mtu = answered(InterfaceQuery.mtu(name), "cannot ask for the MTU of " + name, null);
        answered((int) Math.min(mac, 0), "cannot ask for the MAC address of " + name, null);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = Libc.capture(arena);
            // Protocol 0: nothing arrives before bind says from which interface.
            int fd = Libc.socket(errno, Libc.AF_PACKET, Libc.SOCK_RAW | Libc.SOCK_NONBLOCK | Libc.SOCK_CLOEXEC, 0);
            answered(fd, "cannot open a packet socket", "It needs CAP_NET_RAW: run as root, or inside `unshare -rn`.");
            boolean done = false;
            try {
                long own = options.macAddress.isPresent() ? options.macAddress.getAsLong() : TunLink.neighbourOf(mac);
                configure(arena, errno, fd, options, index, own != mac);
                PacketSocketLink link = new PacketSocketLink(options, index, fd, own, mtu);
                done = true;
                return link;
            } finally {
                if (!done) {
                    Libc.close(errno, fd);
                }
            }
        }
    }

    private static void configure(Arena arena, MemorySegment errno, int fd, Options options, int index, boolean promiscuous) throws NativeException {
        String name = options.interfaceName;
        MemorySegment one = arena.allocateFrom(JAVA_INT, 1);
        answered(
                Libc.setsockopt(errno, fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, one),
                "cannot ignore our own frames on " + name,
                "Linux 4.20 or newer is needed.");
        // The kernel cuts it to net.core.rmem_max, which it says nothing about; less room only means that a burst loses frames.
        Libc.setsockopt(errno, fd, SOL_SOCKET, SO_RCVBUF, arena.allocateFrom(JAVA_INT, RECEIVE_OCTETS));
        if (options.virtioHeader) {
            answered(Libc.setsockopt(errno, fd, SOL_PACKET, PACKET_VNET_HDR, one), "cannot switch on the virtio-net header of " + name, "Open it without.");
        }
        MemorySegment address = arena.allocate(SOCKADDR_LL_BYTES, 4);
        address.set(JAVA_SHORT, 0, (short) Libc.AF_PACKET);
        boolean little = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;
        address.set(JAVA_SHORT, 2, (short) (little ? ETH_P_ALL << 8 : ETH_P_ALL));
        address.set(JAVA_INT, 4, index);
        answered(Libc.bind(errno, fd, address), "cannot bind a packet socket to " + name, null);
        if (promiscuous) {
            // Hardware (and macvlan) drops frames for addresses that it does not know.
            MemorySegment membership = arena.allocate(PACKET_MREQ_BYTES, 4);
            membership.set(JAVA_INT, 0, index);
            membership.set(JAVA_SHORT, 4, (short) PACKET_MR_PROMISC);
            answered(
                    Libc.setsockopt(errno, fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, membership),
                    "cannot make " + name + " promiscuous",
                    "Give the link the interface's own MAC address instead.");
        }
    }

    private static int answered(int result, String what, @Nullable String remedy) throws NativeException {
        if (result < 0) {
            throw new NativeException(what, -result, remedy);
        }
        return result;
    }

    /// The interface's MTU now; the last known one after the interface is gone.
    @Override
    public int mtu() {
        int now = isOpen() ? InterfaceQuery.mtu(name()) : 0;
        if (now > 0) {
            mtu = now;
        }
        return mtu;
    }

    /// ENETDOWN comes once when the interface goes down, and also when it is deleted; only the first can be waited out.
    @Override
    @Nullable String endAfter(int errno) {
        if (errno == NativeErrno.ENODEV || ((errno == NativeErrno.ENETDOWN || errno == NativeErrno.ENXIO) && InterfaceQuery.index(name()) != index)) {
            return "interface " + name() + " was deleted";
        }
        return null;
    }
}
