package org.lastack.bsd;

import org.jspecify.annotations.Nullable;
import org.lastack.core.Errno;
import org.lastack.core.socket.ExtraOptions;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.SocketHandle;
import org.lastack.core.socket.Msg;
import org.lastack.core.socket.OptionBytes;
import org.lastack.core.socket.SocketOptions;
import org.lastack.core.tcp.TcpOptionCalls;
import org.lastack.core.udp.ReceivedFrom;
import org.lastack.host.HostTcpSocket;
import org.lastack.host.HostUdpSocket;
import org.lastack.wire.IpAddress;

/// Sending and receiving: what Linux checks and decides above the protocols.
final class Transfers {
    private static final int SIZE_OF_IN_PKTINFO = 12;
    private static final int SIZE_OF_IN6_PKTINFO = 20;
    private static final int SIZE_OF_EXTENDED_ERROR = 16;
    private static final int SIZE_OF_IN_NAME = 16;
    private static final int SIZE_OF_IN6_NAME = 28;
    private static final int SIZE_OF_TIMESPEC = 16;
    /// What SO_TIMESTAMPING must say for received packets to be stamped.
    private static final int RX_STAMPS = SocketOptions.STAMP_RX_SOFTWARE | SocketOptions.STAMP_SOFTWARE;

    private final BsdSockets process;

    Transfers(BsdSockets process) {
        this.process = process;
    }

    int sendTo(int fd, byte[] bytes, int offset, int length, int flags, @Nullable SockAddr address) {
        return process.withSocket(fd, socket -> send(socket, bytes, offset, length, flags, address));
    }

    int sendMessage(int fd, @Nullable MsgHdr message, int flags) {
        return process.withSocket(fd, socket -> {
            if (message == null) {
                return -Errno.EFAULT;
            }
            if (message.length() < 0) {
                return -Errno.EINVAL;
            }
            byte[] all = message.gathered();
            return send(socket, all, 0, all.length, flags, message.name);
        });
    }

    private int send(Description.Socket socket, byte[] bytes, int offset, int length, int flags, @Nullable SockAddr address) {
        if (!within(bytes, offset, length)) {
            return -Errno.EFAULT;
        }
        return switch (socket.socket) {
            case HostTcpSocket tcp -> {
                int sent = (flags & Msg.FASTOPEN) != 0 ? sendFastOpen(socket, tcp, bytes, offset, length, flags, address)
                        // Without MSG_FASTOPEN an address given for a stream socket is not looked at.
                        : tcp.send(bytes, offset, length, flags, socket.timeout(flags));
                if (sent == -Errno.EPIPE && (flags & Msg.NOSIGNAL) == 0) {
                    process.sigpipe();
                }
                yield sent;
            }
            case HostUdpSocket udp -> sendDatagram(socket, udp, bytes, offset, length, flags, address);
        };
    }

    private static int sendFastOpen(Description.Socket socket, HostTcpSocket tcp, byte[] bytes, int offset, int length, int flags, @Nullable SockAddr address) {
        if (address == null) {
            return tcp.host().call(() -> tcp.tcp().fastOpenNeedsAddress());
        }
        if (address.family() == InetSocket.AF_UNSPEC) {
            return -Errno.EOPNOTSUPP;
        }
        int refusal = Addresses.refuseConnect(tcp.core(), address);
        return refusal != 0 ? refusal : tcp.sendFastOpen(address.address(), address.port(), bytes, offset, length, flags, socket.timeout(flags));
    }

    private static int sendDatagram(Description.Socket socket, HostUdpSocket udp, byte[] bytes, int offset, int length, int flags,
            @Nullable SockAddr address) {
        if (address == null) {
            return udp.send(bytes, offset, length, flags, socket.timeout(flags));
        }
        int refusal = Addresses.refuseConnect(udp.core(), address);
        // Linux takes AF_UNSPEC for AF_INET here, and on an IPv6 socket for "the peer".
        if (refusal != 0 && address.family() != InetSocket.AF_UNSPEC) {
            return refusal;
        }
        if (address.family() == InetSocket.AF_UNSPEC && udp.core().domain() == InetSocket.AF_INET6) {
            return udp.send(bytes, offset, length, flags, socket.timeout(flags));
        }
        if (address.port() == 0) {
            return -Errno.EINVAL;
        }
        IpAddress to = address.address();
        return udp.sendTo(bytes, offset, length, flags, to.high(), to.low(), address.port(), socket.timeout(flags));
    }

    int receiveFrom(int fd, byte[] bytes, int offset, int length, int flags, @Nullable SockAddr @Nullable [] from) {
        return process.withSocket(fd, socket -> {
            if (!within(bytes, offset, length)) {
                return -Errno.EFAULT;
            }
            return switch (socket.socket) {
                case HostTcpSocket tcp -> {
                    if (from != null && from.length > 0) {
                        from[0] = null;
                    }
                    yield tcp.receive(bytes, offset, length, flags, socket.timeout(flags));
                }
                case HostUdpSocket udp -> {
                    ReceivedFrom info = new ReceivedFrom();
                    int octets = udp.receive(bytes, offset, length, flags, info, socket.timeout(flags));
                    if (octets >= 0 && from != null && from.length > 0) {
                        from[0] = source(udp, info);
                    }
                    yield octets;
                }
            };
        });
    }

    private static SockAddr source(HostUdpSocket udp, ReceivedFrom info) {
        return new SockAddr(udp.core().domain(), new IpAddress(info.sourceHigh, info.sourceLow), info.sourcePort);
    }

    int receiveMessage(int fd, @Nullable MsgHdr message, int flags) {
        return process.withSocket(fd, socket -> {
            if (message == null) {
                return -Errno.EFAULT;
            }
            int room = message.length();
            if (room < 0) {
                return -Errno.EINVAL;
            }
            byte[] all = message.parts.length == 1 ? message.parts[0] : new byte[room];
            message.control.clear();
            message.flags = 0;
            int octets = switch (socket.socket) {
                case HostTcpSocket tcp -> {
                    message.name = null;
                    yield (flags & Msg.ERRQUEUE) != 0 ? receiveError(tcp, all, room, message) : receiveStream(socket, tcp, all, room, message, flags);
                }
                case HostUdpSocket udp -> receiveDatagram(socket, udp, all, message, flags);
            };
            if (octets > 0 && message.parts.length != 1) {
                message.scatter(all, octets);
            }
            return octets;
        });
    }

    private static int receiveStream(Description.Socket socket, HostTcpSocket tcp, byte[] all, int room, MsgHdr message, int flags) {
        int count = tcp.receive(all, 0, room, flags, socket.timeout(flags));
        message.flags = count > 0 ? flags & Msg.OOB : 0;
        if (count > 0 && wantsStamps(tcp.core())) {
            long ns = tcp.host().call(() -> tcp.tcp().lastReceivedNs());
            stamps(tcp.core(), tcp.host().driver().timeOfDayNs(ns), message);
        }
        if (count >= 0 && tcp.host().call(() -> reportsInq(tcp))) {
            add(message, true, TcpOptionCalls.IPPROTO_TCP, TcpOptionCalls.TCP_INQ, Options.bytesOf(tcp.host().call(() -> tcp.tcp().inq())));
        }
        return count;
    }

    private static int receiveError(HostTcpSocket tcp, byte[] all, int room, MsgHdr message) {
        ReceivedFrom info = new ReceivedFrom();
        int octets = tcp.receiveError(all, 0, room, info);
        if (octets >= 0) {
            message.flags = Msg.ERRQUEUE | (info.truncated ? Msg.TRUNC : 0);
            if (info.stamped) {
                timestamping(tcp.host().driver().timeOfDayNs(info.timeNs), message);
            }
            explain(tcp.core(), info, message);
        }
        return octets;
    }

    private static boolean wantsStamps(SocketHandle core) {
        return core.option(InetSocket.TIMESTAMP) || core.option(InetSocket.TIMESTAMPNS) || (core.timestamping() & RX_STAMPS) == RX_STAMPS;
    }

    /// When something was received, in each form that was asked for.
    private static void stamps(SocketHandle core, long timeOfDayNs, MsgHdr message) {
        if (core.option(InetSocket.TIMESTAMP) || core.option(InetSocket.TIMESTAMPNS)) {
            boolean nanoseconds = core.option(InetSocket.TIMESTAMPNS);
            byte[] time = new byte[SIZE_OF_TIMESPEC];
            OptionBytes.put64(time, 0, timeOfDayNs / 1_000_000_000);
            OptionBytes.put64(time, 8, timeOfDayNs % 1_000_000_000 / (nanoseconds ? 1 : 1000));
            add(message, true, SocketOptions.SOL_SOCKET, nanoseconds ? SocketOptions.SO_TIMESTAMPNS : SocketOptions.SO_TIMESTAMP, time);
        }
        if ((core.timestamping() & RX_STAMPS) == RX_STAMPS) {
            timestamping(timeOfDayNs, message);
        }
    }

    /// `struct scm_timestamping`: the time of the software, and two of hardware that does not exist.
    private static void timestamping(long timeOfDayNs, MsgHdr message) {
        byte[] times = new byte[3 * SIZE_OF_TIMESPEC];
        OptionBytes.put64(times, 0, timeOfDayNs / 1_000_000_000);
        OptionBytes.put64(times, 8, timeOfDayNs % 1_000_000_000);
        add(message, true, SocketOptions.SOL_SOCKET, SocketOptions.SO_TIMESTAMPING, times);
    }

    private static boolean reportsInq(HostTcpSocket tcp) {
        ExtraOptions extras = tcp.core().inet().extras();
        return extras != null && extras.reportsInq;
    }

    private static int receiveDatagram(Description.Socket socket, HostUdpSocket udp, byte[] all, MsgHdr message, int flags) {
        ReceivedFrom info = new ReceivedFrom();
        boolean errors = (flags & Msg.ERRQUEUE) != 0;
        // The error queue is never waited for.
        int octets = udp.receive(all, 0, all.length, flags, info, errors ? 0 : socket.timeout(flags));
        if (octets >= 0) {
            // What is no error has no address.
            message.name = errors && info.sourcePort == 0 ? null : source(udp, info);
            message.flags = (info.truncated ? Msg.TRUNC : 0) | (errors ? Msg.ERRQUEUE : 0);
            if (errors && info.stamped) {
                timestamping(udp.host().driver().timeOfDayNs(info.timeNs), message);
            } else if (!errors) {
                stamps(udp.core(), udp.host().driver().timeOfDayNs(info.timeNs), message);
            }
            describe(udp.core(), info, message);
            if (errors) {
                explain(udp.core(), info, message);
            }
        }
        return octets;
    }

    /// `struct sock_extended_err` and the address of whoever sent the ICMP message (`SO_EE_OFFENDER`).
    private static void explain(SocketHandle core, ReceivedFrom info, MsgHdr message) {
        boolean v6 = core.domain() == InetSocket.AF_INET6;
        IpAddress offender = new IpAddress(info.offenderHigh, info.offenderLow);
        boolean icmp = info.errorOrigin == ReceivedFrom.ORIGIN_ICMP || info.errorOrigin == ReceivedFrom.ORIGIN_ICMP6;
        byte[] name = icmp ? new SockAddr(core.domain(), offender, 0).toBytes() : new byte[v6 ? SIZE_OF_IN6_NAME : SIZE_OF_IN_NAME];
        byte[] data = new byte[SIZE_OF_EXTENDED_ERROR + name.length];
        OptionBytes.put32(data, 0, info.errno);
        data[4] = (byte) info.errorOrigin;
        data[5] = (byte) info.errorType;
        data[6] = (byte) info.errorCode;
        OptionBytes.put32(data, 8, info.errorInfo);
        OptionBytes.put32(data, 12, info.errorData);
        System.arraycopy(name, 0, data, SIZE_OF_EXTENDED_ERROR, name.length);
        add(message, true, v6 ? SocketOptions.IPPROTO_IPV6 : SocketOptions.IPPROTO_IP, v6 ? SocketOptions.IPV6_RECVERR : SocketOptions.IP_RECVERR, data);
    }

    /// Control messages that the socket's options ask for.
    private static void describe(SocketHandle core, ReceivedFrom info, MsgHdr message) {
        boolean v4 = IpAddress.isV4(info.destinationHigh, info.destinationLow);
        if (v4) {
            add(message, core.option(InetSocket.RECVTTL), SocketOptions.IPPROTO_IP, SocketOptions.IP_TTL, Options.bytesOf(info.ttl));
            add(message, core.option(InetSocket.RECVTOS), SocketOptions.IPPROTO_IP, SocketOptions.IP_TOS, new byte[] {(byte) info.tos});
        } else {
            add(message, core.option(InetSocket.RECVHOPLIMIT), SocketOptions.IPPROTO_IPV6, Linux.IPV6_HOPLIMIT, Options.bytesOf(info.ttl));
            add(message, core.option(InetSocket.RECVTCLASS), SocketOptions.IPPROTO_IPV6, SocketOptions.IPV6_TCLASS, Options.bytesOf(info.tos));
        }
        add(message, core.option(InetSocket.RXQ_OVFL) && info.lost != 0, SocketOptions.SOL_SOCKET, SocketOptions.SO_RXQ_OVFL, Options.bytesOf(info.lost));
        add(message, core.option(InetSocket.RECVOPTS) && info.optionsLength > 0, SocketOptions.IPPROTO_IP, SocketOptions.IP_RECVOPTS,
                java.util.Arrays.copyOf(info.options, info.optionsLength));
        if (v4 && core.option(InetSocket.PKTINFO)) {
            byte[] pktinfo = new byte[SIZE_OF_IN_PKTINFO];
            OptionBytes.put32(pktinfo, 0, info.interfaceIndex);
            byte[] destination = new IpAddress(info.destinationHigh, info.destinationLow).toBytes();
            System.arraycopy(destination, 0, pktinfo, 4, 4);
            System.arraycopy(destination, 0, pktinfo, 8, 4);
            add(message, true, SocketOptions.IPPROTO_IP, SocketOptions.IP_PKTINFO, pktinfo);
        }
        if (core.option(InetSocket.RECVPKTINFO6)) {
            byte[] pktinfo = new byte[SIZE_OF_IN6_PKTINFO];
            System.arraycopy(new SockAddr(InetSocket.AF_INET6, new IpAddress(info.destinationHigh, info.destinationLow), 0).toBytes(), 8, pktinfo, 0, 16);
            OptionBytes.put32(pktinfo, 16, info.interfaceIndex);
            add(message, true, SocketOptions.IPPROTO_IPV6, Linux.IPV6_PKTINFO, pktinfo);
        }
    }

    private static void add(MsgHdr message, boolean wanted, int level, int type, byte[] data) {
        if (wanted) {
            message.control.add(new MsgHdr.Control(level, type, data));
        }
    }

    private static boolean within(byte @Nullable [] bytes, int offset, int length) {
        return bytes != null && (offset | length) >= 0 && length <= bytes.length - offset;
    }
}
