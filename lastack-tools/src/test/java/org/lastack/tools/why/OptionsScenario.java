package org.lastack.tools.why;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.lastack.core.Errno;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.Owner;
import org.lastack.core.tcp.TcpSocket;
import org.lastack.core.udp.UdpSocket;
import org.lastack.host.Host;
import org.lastack.host.VirtualDriver;
import org.lastack.link.linux.KernelSockets;

/// The socket options that this stack has, and those that nobody has, set and read on fresh sockets of this stack and of the kernel, with good and bad sizes and values: errno and
/// octets must be the same. Runs in a namespace of its own.
public final class OptionsScenario {
    private static final int[] VALUES = {-1, 0, 1, 2, 3, 64, 255, 256, 32_767, 65_536};
    private static final int[] LENGTHS = {0, 1, 3, 4, 8};
    private static final int[] ROOMS = {0, 1, 4, 16};
    private static final int MOST = 80;
    private static final int SOL_SOCKET = 1;
    private static final int IPPROTO_TCP = 6;
    private static final int IPPROTO_UDP = 17;
    private static final int IPPROTO_IPV6 = 41;

    /// Options whose answers depend on the machine, name things that a stack in a JVM has not, or whose structures are compared elsewhere.
    private static final Map<Integer, List<Integer>> LEFT_OUT = new LinkedHashMap<>();

    private OptionsScenario() {}

    public static void main(String[] arguments) {
        boolean all = arguments.length > 0;
        leaveOut();
        List<String> differences = new ArrayList<>();
        int compared = 0;
        try (Host host = Host.builder().name("h").driver(new VirtualDriver()).seed(1).build()) {
            for (int level : new int[] {SOL_SOCKET, 0, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_IPV6}) {
                for (int name = 0; name < MOST || level == IPPROTO_UDP && name < 106; name++) {
                    if (all || !LEFT_OUT.getOrDefault(level, List.of()).contains(name)) {
                        for (int domain : new int[] {InetSocket.AF_INET, InetSocket.AF_INET6}) {
                            for (int type = 1; type <= 2; type++) {
                                compared += compare(host, domain, type, level, name, differences);
                            }
                        }
                    }
                }
            }
        }
        differences.forEach(each -> System.out.println("WRONG " + each));
        System.out.println(compared + " compared, " + differences.size() + " different");
        System.out.println(differences.isEmpty() ? "DONE" : "differences");
    }

    private static int compare(Host host, int domain, int type, int level, int name, List<String> differences) {
        int compared = 0;
        String what = (domain == 2 ? "v4 " : "v6 ") + (type == 1 ? "tcp" : "udp") + " level " + level + " option " + name + ": ";
        for (int room : ROOMS) {
            compared++;
            differ(differences, what + "get(" + room + ")", get(kernel(domain, type), true, level, name, room), get(own(host, domain, type), false, level, name, room));
        }
        for (int length : LENGTHS) {
            for (int value : VALUES) {
                compared++;
                byte[] octets = Arrays.copyOf(ByteBuffer.allocate(4).order(java.nio.ByteOrder.LITTLE_ENDIAN).putInt(value).array(), length);
                differ(differences, what + "set(" + value + ", " + length + ")", set(kernel(domain, type), level, name, octets), set(own(host, domain, type), level, name, octets));
            }
        }
        return compared;
    }

    private static void differ(List<String> differences, String what, String kernel, String own) {
        if (!kernel.equals(own)) {
            differences.add(what + " kernel " + kernel + ", here " + own);
        }
    }

    private static Object kernel(int domain, int type) {
        return KernelStage.check(KernelSockets.socket(domain, type, 0), "socket");
    }

    private static Object own(Host host, int domain, int type) {
        return host.call(() -> type == 1 ? host.engine().tcpSocket(domain, Owner.ROOT) : host.engine().udpSocket(domain, Owner.ROOT));
    }

    private static String set(Object socket, int level, int name, byte[] value) {
        int result = switch (socket) {
            case TcpSocket s -> s.setOption(level, name, value, 0, value.length);
            case UdpSocket s -> s.setOption(level, name, value, 0, value.length);
            default -> KernelSockets.setOption((int) socket, level, name, value);
        };
        return result < 0 ? errno(-result) + close(socket) : get(socket, socket instanceof Integer, level, name, 4);
    }

    private static String get(Object socket, boolean kernel, int level, int name, int room) {
        byte[] out = new byte[Math.max(8, room)];
        int result;
        if (kernel) {
            KernelSockets.Filled filled = KernelSockets.getOption((int) socket, level, name, room);
            result = filled.result() < 0 ? filled.result() : filled.value().length;
            out = filled.value();
        } else {
            result = socket instanceof TcpSocket s ? s.getOption(level, name, out, 0, room) : ((UdpSocket) socket).getOption(level, name, out, 0, room);
        }
        return (result < 0 ? errno(-result) : HexFormat.of().formatHex(Arrays.copyOf(out, Math.min(result, room)))) + close(socket);
    }

    private static String close(Object socket) {
        switch (socket) {
            case TcpSocket s -> s.close();
            case UdpSocket s -> s.close();
            default -> KernelSockets.close((int) socket);
        }
        return "";
    }

    private static String errno(int errno) {
        return Errno.name(errno);
    }

    private static void leaveOut() {
        // PEERCRED, PASSCRED, PASSSEC and PEERSEC (Unix sockets, security modules), GET_FILTER, ATTACH_FILTER and its relatives (BPF), TIMESTAMPING,
        // PEERNAME without a peer, WIFI_STATUS, NOFCS, LOCK_FILTER, BUSY_POLL and its relatives, BPF_EXTENSIONS, INCOMING_CPU, CNX_ADVICE, INCOMING_NAPI_ID,
        // COOKIE, PEERGROUPS, TXTIME, NETNS_COOKIE, RESERVE_MEM, RCVMARK and newer ones; BINDTOIFINDEX (the devices are others); RCVLOWAT of -1 (by tcp_rmem).
        LEFT_OUT.put(SOL_SOCKET, List.of(14, 16, 17, 18, 26, 27, 28, 31, 34, 37, 41, 43, 44, 46, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 61, 62, 63, 64, 65, 66, 67, 68, 69,
                70, 71, 73, 75, 76, 77));
        // OPTIONS, ROUTER_ALERT, RETOPTS, PKTOPTIONS, policies, PASSSEC, RECVORIGDSTADDR, CHECKSUM, RECVFRAGSIZE, RECVERR_RFC4884, source filters, UNICAST_IF, netfilter's;
        // multicast options of TCP sockets, which mean nothing.
        LEFT_OUT.put(0, List.of(4, 5, 7, 9, 16, 17, 18, 20, 23, 25, 26, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 64, 65, 66, 67));
        // CONGESTION and FASTOPEN_KEY (the machine's), MD5SIG, REPAIR and its relatives, TIMESTAMP, CC_INFO, ULP, MD5SIG_EXT, ZEROCOPY_RECEIVE, TX_DELAY, IS_MPTCP;
        // FASTOPEN_CONNECT (the kernel allows it by default); time-outs in the kernel's ticks.
        LEFT_OUT.put(IPPROTO_TCP, List.of(13, 14, 19, 20, 21, 22, 24, 26, 29, 30, 31, 32, 33, 35, 37, 43, 44, 45, 46));
        // UDP-Lite's coverage; encapsulation.
        LEFT_OUT.put(IPPROTO_UDP, List.of(10, 11, 100));
        // RFC 2292's and RFC 3542's options of extension headers, ADDRFORM, CHECKSUM, NEXTHOP, AUTHHDR, FLOWINFO, multicast options of TCP sockets, ROUTER_ALERT, anycast,
        // MULTICAST_ALL, ROUTER_ALERT_ISOLATE, FLOWLABEL_MGR, FLOWINFO_SEND, policies, HDRINCL, source filters, RECVPATHMTU, PATHMTU, DONTFRAG, netfilter's,
        // RECVORIGDSTADDR, UNICAST_IF, RECVFRAGSIZE, RECVERR_RFC4884, ADDR_PREFERENCES, AUTOFLOWLABEL.
        LEFT_OUT.put(IPPROTO_IPV6, List.of(1, 2, 3, 4, 5, 6, 8, 9, 11, 17, 18, 19, 20, 21, 22, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 42, 43, 44, 45, 46, 47, 48, 50, 52, 53, 54, 55,
                56, 57, 58, 59, 60, 61, 62, 64, 65, 68, 69, 70, 72, 74, 76, 77));
    }
}
