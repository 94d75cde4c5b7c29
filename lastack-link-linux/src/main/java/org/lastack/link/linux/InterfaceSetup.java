package org.lastack.link.linux;

import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.lastack.wire.IpAddress;

/// Configures the kernel's interfaces of the present network namespace, through rtnetlink, without any external tool. Needs root or CAP_NET_ADMIN there.
///
/// One thread at a time, the one that opened it. No method blocks for longer than the kernel works.
public final class InterfaceSetup implements AutoCloseable {
    private static final int IFF_UP = 1;
    private static final int IFLA_ADDRESS = 1;
    private static final int IFLA_IFNAME = 3;
    private static final int IFLA_MTU = 4;
    private static final int IFLA_TXQLEN = 13;
    private static final int IFLA_LINKINFO = 18;
    private static final int IFLA_INFO_KIND = 1;
    private static final int IFLA_INFO_DATA = 2;
    private static final int VETH_INFO_PEER = 1;
    private static final int IFA_ADDRESS = 1;
    private static final int IFA_LOCAL = 2;
    private static final int IFA_F_NODAD = 2;
    private static final int RTA_DST = 1;
    private static final int RTA_OIF = 4;
    private static final int RTA_GATEWAY = 5;
    private static final int RT_TABLE_MAIN = 254;
    private static final int RTPROT_STATIC = 4;
    private static final int RT_SCOPE_UNIVERSE = 0;
    private static final int RT_SCOPE_LINK = 253;
    private static final int RTN_UNICAST = 1;
    private static final int RTN_LOCAL = 2;
    private static final int LOCAL_TRIES = 1000;
    private static final long LOCAL_PAUSE_NS = 1_000_000;

    private final Netlink netlink;

    private InterfaceSetup(Netlink netlink) {
        this.netlink = netlink;
    }

    /// @throws NativeException if the kernel gives no netlink socket
    /// @throws UnsupportedOperationException if this is not Linux
    public static InterfaceSetup open() throws NativeException {
        Platform.check();
        return new InterfaceSetup(new Netlink());
    }

    /// Brings an interface up (administratively).
    public void up(String name) throws NativeException {
        change(name, IFF_UP);
        check("cannot bring " + name + " up");
    }

    /// Takes an interface down. Its IPv6 addresses and its routes are lost.
    public void down(String name) throws NativeException {
        change(name, 0);
        check("cannot take " + name + " down");
    }

    private void change(String name, int flags) throws NativeException {
        netlink.begin(Netlink.RTM_NEWLINK, 0);
        linkHeader(index(name), flags, IFF_UP);
    }

    /// Sets the MTU, in octets of IP packet.
    public void mtu(String name, int octets) throws NativeException {
        netlink.begin(Netlink.RTM_NEWLINK, 0);
        linkHeader(index(name), 0, 0).attribute(IFLA_MTU, octets);
        check("cannot set the MTU of " + name + " to " + octets);
    }

    /// Sets how many frames may wait in the kernel until the link's other side takes them (`txqueuelen`).
    public void transmitQueue(String name, int frames) throws NativeException {
        netlink.begin(Netlink.RTM_NEWLINK, 0);
        linkHeader(index(name), 0, 0).attribute(IFLA_TXQLEN, frames);
        check("cannot set the transmit queue of " + name + " to " + frames);
    }

    /// Sets the 48 bits of the MAC address.
    public void macAddress(String name, long mac) throws NativeException {
        byte[] octets = new byte[6];
        for (int i = 0; i < octets.length; i++) {
            octets[i] = (byte) (mac >>> (40 - 8 * i));
        }
        netlink.begin(Netlink.RTM_NEWLINK, 0);
        linkHeader(index(name), 0, 0).attribute(IFLA_ADDRESS, octets);
        check("cannot set the MAC address of " + name);
    }

    /// Adds an address; the kernel adds the route to its prefix. An IPv6 address works when this returns, if the interface is up (it waits for the kernel, a second at most): nobody
    /// is asked whether the address is taken.
    public void addAddress(String name, IpAddress address, int prefixLength) throws NativeException {
        address(Netlink.RTM_NEWADDR, Netlink.CREATE | Netlink.REPLACE, name, address, prefixLength);
        check("cannot give " + name + " the address " + address + "/" + prefixLength);
        if (!address.isV4() && isUp(name)) {
            awaitLocal(address);
        }
    }

    /// The kernel answers before an IPv6 address works: it makes it local a moment later, by a work queue, and drops what arrives for it until then.
    private void awaitLocal(IpAddress address) {
        for (int i = 0; i < LOCAL_TRIES && netlink.routeType(address.toBytes()) != RTN_LOCAL; i++) {
            LockSupport.parkNanos(LOCAL_PAUSE_NS);
        }
    }

    /// Removes an address.
    public void removeAddress(String name, IpAddress address, int prefixLength) throws NativeException {
        address(Netlink.RTM_DELADDR, 0, name, address, prefixLength);
        check("cannot remove the address " + address + "/" + prefixLength + " from " + name);
    }

    private void address(int type, int flags, String name, IpAddress address, int prefixLength) throws NativeException {
        checkPrefix(address, prefixLength);
        byte[] octets = address.toBytes();
        netlink.begin(type, flags).u8(family(address)).u8(prefixLength).u8(address.isV4() ? 0 : IFA_F_NODAD).u8(RT_SCOPE_UNIVERSE).u32(index(name));
        netlink.attribute(IFA_LOCAL, octets).attribute(IFA_ADDRESS, octets);
    }

    /// Adds or replaces a route of the main table.
    ///
    /// @param gateway the next hop, of the same family as the destination; null if the destination is on the interface's own link
    public void addRoute(IpAddress destination, int prefixLength, @Nullable IpAddress gateway, String name) throws NativeException {
        route(Netlink.RTM_NEWROUTE, Netlink.CREATE | Netlink.REPLACE, destination, prefixLength, gateway, name);
        check("cannot add a route to " + destination + "/" + prefixLength + " through " + name);
    }

    /// Removes a route of the main table.
    public void removeRoute(IpAddress destination, int prefixLength, @Nullable IpAddress gateway, String name) throws NativeException {
        route(Netlink.RTM_DELROUTE, 0, destination, prefixLength, gateway, name);
        check("cannot remove the route to " + destination + "/" + prefixLength + " through " + name);
    }

    private void route(int type, int flags, IpAddress destination, int prefixLength, @Nullable IpAddress gateway, String name) throws NativeException {
        checkPrefix(destination, prefixLength);
        int scope = gateway == null && destination.isV4() ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
        netlink.begin(type, flags).u8(family(destination)).u8(prefixLength).u8(0).u8(0);
        netlink.u8(RT_TABLE_MAIN).u8(RTPROT_STATIC).u8(scope).u8(RTN_UNICAST).u32(0);
        if (prefixLength > 0) {
            netlink.attribute(RTA_DST, destination.toBytes());
        }
        if (gateway != null) {
            netlink.attribute(RTA_GATEWAY, gateway.toBytes());
        }
        netlink.attribute(RTA_OIF, index(name));
    }

    /// Makes two Ethernet interfaces that are connected to each other.
    public void createVethPair(String name, String peer) throws NativeException {
        Platform.checkInterfaceName(name);
        Platform.checkInterfaceName(peer);
        netlink.begin(Netlink.RTM_NEWLINK, Netlink.CREATE | Netlink.EXCL);
        linkHeader(0, 0, 0).attribute(IFLA_IFNAME, name);
        long info = netlink.nest(IFLA_LINKINFO);
        netlink.attribute(IFLA_INFO_KIND, "veth");
        long data = netlink.nest(IFLA_INFO_DATA);
        long other = netlink.nest(VETH_INFO_PEER);
        linkHeader(0, 0, 0).attribute(IFLA_IFNAME, peer);
        netlink.end(other).end(data).end(info);
        check("cannot create the veth pair " + name + ", " + peer);
    }

    /// Deletes an interface (of a veth pair: both).
    public void delete(String name) throws NativeException {
        netlink.begin(Netlink.RTM_DELLINK, 0);
        linkHeader(index(name), 0, 0);
        check("cannot delete " + name);
    }

    /// True if the namespace has an interface of that name.
    public boolean exists(String name) {
        return InterfaceQuery.index(name) > 0;
    }

    /// True if the interface exists and is administratively up.
    public boolean isUp(String name) {
        int flags = InterfaceQuery.flags(name);
        return flags > 0 && (flags & IFF_UP) != 0;
    }

    private Netlink linkHeader(int index, int flags, int change) {
        return netlink.u8(0).u8(0).u16(0).u32(index).u32(flags).u32(change);
    }

    private static int family(IpAddress address) {
        return address.isV4() ? Libc.AF_INET : Libc.AF_INET6;
    }

    private static void checkPrefix(IpAddress address, int prefixLength) {
        int bits = address.isV4() ? 32 : 128;
        if (prefixLength < 0 || prefixLength > bits) {
            throw new IllegalArgumentException("prefix length " + prefixLength + " is outside 0.." + bits);
        }
    }

    private static int index(String name) throws NativeException {
        int index = InterfaceQuery.index(name);
        if (index < 0) {
            throw new NativeException("no interface " + name, -index, "`ip link` lists those of this network namespace.");
        }
        return index;
    }

    private void check(String what) throws NativeException {
        int result = netlink.send();
        if (result < 0) {
            throw new NativeException(what, -result, remedy(-result));
        }
    }

    private static @Nullable String remedy(int errno) {
        return switch (errno) {
            case NativeErrno.EPERM, NativeErrno.EACCES ->
                "It needs CAP_NET_ADMIN in this network namespace: run as root, or inside `unshare -rn`.";
            case NativeErrno.ENETUNREACH -> "The next hop is not on a link of this namespace, or the interface is down.";
            case NativeErrno.ENETDOWN -> "Bring the interface up first.";
            case NativeErrno.EEXIST -> "Something of that name exists already.";
            case NativeErrno.EAFNOSUPPORT, NativeErrno.EOPNOTSUPP -> "The kernel has no support for it (a missing module, or IPv6 is switched off).";
            default -> null;
        };
    }

    @Override
    public void close() {
        netlink.close();
    }
}
