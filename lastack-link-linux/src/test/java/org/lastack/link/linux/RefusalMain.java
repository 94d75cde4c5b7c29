package org.lastack.link.linux;

import org.lastack.wire.IpAddress;

/// Runs inside a user namespace: every refusal of the kernel becomes an exception that names errno and remedy.
public final class RefusalMain {
    private RefusalMain() {}

    private interface Attempt {
        void run() throws Exception;
    }

    public static void main(String[] arguments) throws Exception {
        try (InterfaceSetup setup = InterfaceSetup.open()) {
            expect("ENODEV", "no interface nosuch", () -> setup.up("nosuch"));
            expect("ENODEV", "cannot find interface nosuch", () -> PacketSocketLink.open(PacketSocketLink.Options.of("nosuch")));
            setup.createVethPair("v0", "v1");
            expect("EEXIST", "exists already", () -> setup.createVethPair("v0", "v2"));
            expect("EINVAL", "MTU of v0", () -> setup.mtu("v0", 70_000));
            setup.addAddress("v0", IpAddress.of("192.0.2.1"), 24);
            expect("ENETDOWN", "up first", () -> setup.addRoute(IpAddress.of("198.51.100.0"), 24, null, "v0"));
            setup.up("v0");
            setup.up("v1");
            expect("ENETUNREACH", "next hop", () -> setup.addRoute(IpAddress.of("198.51.100.0"), 24, IpAddress.of("203.0.113.1"), "v0"));
            setup.addRoute(IpAddress.of("198.51.100.0"), 24, IpAddress.of("192.0.2.2"), "v0");
            setup.addRoute(IpAddress.ANY_V4, 0, IpAddress.of("192.0.2.2"), "v0");
            setup.addAddress("v0", IpAddress.of("2001:db8::1"), 64);
            setup.addRoute(IpAddress.of("2001:db8:1::"), 48, IpAddress.of("2001:db8::2"), "v0");
            setup.macAddress("v1", 0x0200_0000_0011L);
            EchoMain.check(InterfaceQuery.macAddress("v1") == 0x0200_0000_0011L, "mac " + Long.toHexString(InterfaceQuery.macAddress("v1")));
            setup.removeRoute(IpAddress.of("198.51.100.0"), 24, IpAddress.of("192.0.2.2"), "v0");
            expect("ESRCH", "cannot remove the route", () -> setup.removeRoute(IpAddress.of("198.51.100.0"), 24, IpAddress.of("192.0.2.2"), "v0"));
            setup.removeAddress("v0", IpAddress.of("192.0.2.1"), 24);
            expect("EADDRNOTAVAIL", "cannot remove the address", () -> setup.removeAddress("v0", IpAddress.of("192.0.2.1"), 24));
            setup.delete("v0");
            EchoMain.check(!setup.exists("v1"), "half a veth pair");
            try {
                Namespaces.delete("lastack-nosuch");
                throw new AssertionError("deleted a namespace that does not exist");
            } catch (Namespaces.NamespaceException e) {
                EchoMain.check(e.getMessage().contains("lastack-nosuch") && e.getMessage().contains("root and iproute2"), e.getMessage());
            }
            for (String bad : new String[] {"", "sixteen-octets--", "a/b", "a b", ".."}) {
                try {
                    TunLink.Options.tun(bad);
                    throw new AssertionError("took the name '" + bad + "'");
                } catch (IllegalArgumentException e) {
                    EchoMain.check(e.getMessage().contains(bad), e.getMessage());
                }
            }
        }
        System.out.println("OK " + RefusalMain.class.getSimpleName());
    }

    private static void expect(String errno, String words, Attempt attempt) throws Exception {
        try {
            attempt.run();
        } catch (NativeException e) {
            EchoMain.check(e.errnoName().equals(errno) && e.getMessage().contains(words), "wanted " + errno + " and '" + words + "', got " + e.getMessage());
            return;
        }
        throw new AssertionError("no " + errno);
    }
}
