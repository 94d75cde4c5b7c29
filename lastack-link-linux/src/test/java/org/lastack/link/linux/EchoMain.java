package org.lastack.link.linux;

import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.util.Arrays;
import java.util.Random;
import org.lastack.link.Link;
import org.lastack.wire.IpAddress;

/// Runs inside a fresh namespace: the kernel sends datagrams through a device, [Echo] sends them back. `EchoMain KIND HEADER MTU`.
public final class EchoMain {
    private static final int ROUND_TRIPS = 1000;

    private EchoMain() {}

    public static void main(String[] arguments) throws Exception {
        boolean header = arguments[1].equals("vnet");
        int mtu = Integer.parseInt(arguments[2]);
        try (InterfaceSetup setup = InterfaceSetup.open();
                Link link = open(setup, arguments[0], header)) {
            String kernelSide = arguments[0].equals("packet") ? "veth-k" : link.name();
            for (String each : kernelSide.equals(link.name()) ? new String[] {kernelSide} : new String[] {kernelSide, link.name()}) {
                setup.mtu(each, mtu);
                setup.up(each);
            }
            setup.addAddress(kernelSide, IpAddress.of("10.9.0.1"), 24);
            check(link.mtu() == mtu, "MTU " + link.mtu());
            Echo echo = new Echo(link);
            Thread thread = Thread.ofPlatform().start(echo);
            roundTrips("10.9.0.2", mtu - 28);
            int v4 = ROUND_TRIPS;
            if (arguments[0].equals("tun")) {
                setup.addAddress(kernelSide, IpAddress.of("fd09::1"), 64);
                roundTrips("fd09::2", mtu - 48);
                v4 += ROUND_TRIPS;
            }
            check(link.counters().txDropped() == 0 && link.counters().rxDropped() == 0, "drops: " + link.counters());
            end(link, thread);
            check(echo.echoed >= v4, "echoed " + echo.echoed);
            // Local datagrams leave the kernel with unfinished sums if the device says that it completes them.
            check(header == (echo.unfinished > 0), "unfinished " + echo.unfinished);
            System.out.println("OK " + link.counters() + " unfinished=" + echo.unfinished + " closed: " + link.closeReason());
        }
    }

    private static void end(Link link, Thread receiver) throws InterruptedException {
        link.close();
        receiver.join();
    }

    private static Link open(InterfaceSetup setup, String kind, boolean header) throws NativeException {
        return switch (kind) {
            case "tun" -> TunLink.open(TunLink.Options.tun("tun%d").withVirtioHeader(header));
            case "tap" -> TunLink.open(TunLink.Options.tap("tap7").withVirtioHeader(header));
            case "packet" -> {
                setup.createVethPair("veth-k", "veth-l");
                yield PacketSocketLink.open(PacketSocketLink.Options.of("veth-l").withVirtioHeader(header));
            }
            default -> throw new IllegalArgumentException(kind);
        };
    }

    private static void roundTrips(String peer, int largest) throws Exception {
        Random random = new Random(42);
        try (DatagramSocket socket = new DatagramSocket()) {
            socket.setSendBufferSize(1 << 20);
            socket.setReceiveBufferSize(1 << 20);
            socket.setSoTimeout(10_000);
            socket.connect(new InetSocketAddress(InetAddress.getByName(peer), 7));
            byte[] back = new byte[65_536];
            for (int i = 0; i < ROUND_TRIPS; i++) {
                byte[] out = new byte[i < 10 ? Math.min(largest, 65_507) : 1 + random.nextInt(Math.min(largest, 65_507))];
                random.nextBytes(out);
                socket.send(new DatagramPacket(out, out.length));
                DatagramPacket in = new DatagramPacket(back, back.length);
                try {
                    socket.receive(in);
                } catch (SocketTimeoutException e) {
                    throw new AssertionError("datagram " + i + " of " + out.length + " octets to " + peer + " did not come back", e);
                }
                check(Arrays.equals(out, 0, out.length, back, 0, in.getLength()), "datagram " + i + " of " + out.length + " came back as " + in.getLength());
            }
        }
    }

    static void check(boolean holds, String what) {
        if (!holds) {
            throw new AssertionError(what);
        }
    }
}
