package org.lastack.tools.oracle;

import org.lastack.core.Errno;
import org.lastack.core.Interface;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.SocketHandle;
import org.lastack.core.socket.PortTable;
import org.lastack.core.socket.SocketOptions;
import org.lastack.core.tcp.TcpSocket;
import org.lastack.core.udp.UdpSocket;
import org.lastack.wire.IpAddress;

/// A socket of an [OracleHost] with calls that block, in the sense that they let the host's packets arrive; answers are errno names.
final class OracleSocket {
    static final int AF_INET = InetSocket.AF_INET;
    static final int AF_INET6 = InetSocket.AF_INET6;
    static final String OK = "OK";

    private final OracleHost host;
    private final SocketHandle socket;

    OracleSocket(OracleHost host, SocketHandle socket) {
        this.host = host;
        this.socket = socket;
    }

    static String errno(int result) {
        return result >= 0 ? OK : Errno.name(result);
    }

    SocketHandle socket() {
        return socket;
    }

    TcpSocket tcp() {
        return (TcpSocket) socket;
    }

    UdpSocket udp() {
        return (UdpSocket) socket;
    }

    int port() {
        return socket.localPort();
    }

    /// The letters of the tables: A for SO_REUSEADDR, P for SO_REUSEPORT; those that are not there are switched off.
    OracleSocket options(String letters) {
        set(SocketOptions.SOL_SOCKET, SocketOptions.SO_REUSEADDR, letters.contains("A") ? 1 : 0);
        set(SocketOptions.SOL_SOCKET, SocketOptions.SO_REUSEPORT, letters.contains("P") ? 1 : 0);
        return this;
    }

    int set(int level, int name, int value) {
        return socket instanceof TcpSocket t ? t.setInt(level, name, value) : udp().setInt(level, name, value);
    }

    OracleSocket v6Only(boolean only) {
        set(SocketOptions.IPPROTO_IPV6, SocketOptions.IPV6_V6ONLY, only ? 1 : 0);
        return this;
    }

    OracleSocket device(String name) {
        if (!name.equals("-")) {
            Interface device = host.engine.interfaceNamed(name);
            if (device == null) {
                throw new OracleException("there is no device \"" + name + "\"");
            }
            set(SocketOptions.SOL_SOCKET, SocketOptions.SO_BINDTOIFINDEX, device.index());
        }
        return this;
    }

    String bind(IpAddress address, int port) {
        return errno(socket instanceof TcpSocket t ? t.bind(address.high(), address.low(), port) : udp().bind(address.high(), address.low(), port));
    }

    /// Binds where the situation needs it.
    OracleSocket bound(IpAddress address, int port) {
        return must(bind(address, port), "bind");
    }

    String listen() {
        return errno(tcp().listen(4096));
    }

    OracleSocket listening() {
        return must(listen(), "listen");
    }

    OracleSocket must(String result, String call) {
        if (!result.equals(OK)) {
            throw new OracleException("the situation cannot be made: " + call + " = " + result);
        }
        return this;
    }

    /// Sends the SYN and does not wait; for UDP sets the peer.
    String connectAtOnce(IpAddress address, int port) {
        return errno(socket instanceof TcpSocket t ? t.connect(address.high(), address.low(), port)
                : udp().connect(address.high(), address.low(), port));
    }

    /// As a blocking connect.
    String connect(IpAddress address, int port) {
        String begun = connectAtOnce(address, port);
        if (!begun.equals("EINPROGRESS")) {
            return begun;
        }
        host.settle();
        return connectAtOnce(address, port);
    }

    OracleSocket accept() {
        host.settle();
        TcpSocket child = tcp().accept();
        if (child == null) {
            throw new OracleException("the situation cannot be made: accept = " + Errno.name(tcp().acceptError()));
        }
        return new OracleSocket(host, child);
    }

    void close() {
        if (socket instanceof TcpSocket t) {
            t.close();
        } else {
            udp().close();
        }
        host.settle();
    }

    /// Why the port table answers as it does.
    String why(IpAddress address, int port) {
        PortTable ports = socket instanceof TcpSocket ? host.engine.tcp().ports() : host.engine.udp().ports();
        return ports.explainBind(socket.inet(), address.high(), address.low(), port).rule().sentence();
    }
}
