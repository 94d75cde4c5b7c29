package org.lastack.core.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lastack.core.Errno;
import org.lastack.core.socket.InetSocket;
import org.lastack.wire.IpAddress;

/// A connection in a given state, with the numbers that scripts about it use: 5 octets have come and been read, 4 have gone and been acknowledged before
/// it got there (where the state allows that).
final class Scene {
    static final int PEER_PORT = 40_000;
    static final int HOST_PORT = 80;

    /// The states of RFC 9293, with the variants that behave differently.
    enum Kind {
        CLOSED, LISTEN, SYN_SENT, SYN_RECEIVED_PASSIVE, SYN_RECEIVED_ACTIVE, ESTABLISHED, FIN_WAIT_1, FIN_WAIT_1_ORPHAN, FIN_WAIT_2, FIN_WAIT_2_ORPHAN,
        CLOSE_WAIT, CLOSING, LAST_ACK, TIME_WAIT
    }

    final HostUnderTest host;
    final Peer peer;
    /// The listener, where there is one.
    @Nullable TcpSocket listener;
    /// The socket that the events of the table are about.
    @Nullable TcpSocket socket;
    /// RCV.NXT, SND.UNA and SND.NXT, relative.
    int next = 1;
    int una = 1;
    int sent = 1;

    private Scene(HostUnderTest host) {
        this.host = host;
        peer = new Peer(host, PEER_PORT, HOST_PORT);
    }

    static Scene of(Kind kind) {
        return of(kind, new HostUnderTest());
    }

    static Scene of(Kind kind, HostUnderTest host) {
        Scene scene = new Scene(host);
        scene.reach(kind);
        scene.peer.forget();
        return scene;
    }

    private void reach(Kind kind) {
        switch (kind) {
            case CLOSED -> {
                una = 0;
                sent = 0;
            }
            case LISTEN -> {
                listener = host.listener(HOST_PORT, 5);
                socket = listener;
            }
            case SYN_SENT -> {
                socket = peer.calls();
                next = 0;
                una = 0;
            }
            case SYN_RECEIVED_PASSIVE -> {
                listener = host.listener(HOST_PORT, 5);
                peer.sends("S 0:0(0) <mss 1460>");
                una = 0;
                socket = listener;
            }
            case SYN_RECEIVED_ACTIVE -> {
                socket = peer.calls();
                peer.sends("S 0:0(0) <mss 1460>");
                una = 0;
            }
            case ESTABLISHED -> {
                established();
                fourMore();
            }
            case FIN_WAIT_1 -> finWait1();
            case FIN_WAIT_1_ORPHAN -> {
                established();
                closes();
                sent = 6;
            }
            case FIN_WAIT_2 -> {
                finWait1();
                acksFin();
            }
            case FIN_WAIT_2_ORPHAN -> {
                established();
                closes();
                sent = 6;
                acksFin();
            }
            case CLOSE_WAIT -> {
                established();
                finComes(5);
                fourMore();
            }
            case CLOSING -> {
                finWait1();
                finComes(5);
            }
            case LAST_ACK -> {
                established();
                finComes(5);
                HostUnderTest.must(socket().shutdown(InetSocket.SHUT_WR));
                host.drain();
                sent = 6;
            }
            case TIME_WAIT -> {
                finWait1();
                acksFin();
                finComes(6);
            }
        }
    }

    TcpSocket socket() {
        TcpSocket present = socket;
        if (present == null) {
            throw new IllegalStateException("no socket in this scene");
        }
        return present;
    }

    private void established() {
        listener = host.listener(HOST_PORT, 5);
        socket = peer.connects(listener);
        peer.sends("P. 1:6(5) ack 1");
        assertThat(Peer.read(socket())).isEqualTo("'abcde'");
        assertThat(peer.write(socket(), 4)).isEqualTo(4);
        peer.sends(". 6:6(0) ack 5");
        next = 6;
        una = 5;
        sent = 5;
    }

    private void fourMore() {
        assertThat(peer.write(socket(), 4)).isEqualTo(4);
        sent = 9;
    }

    private void finWait1() {
        established();
        HostUnderTest.must(socket().shutdown(InetSocket.SHUT_WR));
        host.drain();
        sent = 6;
    }

    private void closes() {
        socket().close();
        host.drain();
    }

    private void acksFin() {
        peer.sends(". 6:6(0) ack 6");
        una = 6;
    }

    private void finComes(int ack) {
        peer.sends("F. 6:6(0) ack " + ack);
        next = 7;
    }

    /// A segment in terms of RCV.NXT, SND.UNA and SND.NXT, `R+n`, `U-n`, `X+n`, in numbers.
    String resolve(String segment) {
        StringBuilder out = new StringBuilder();
        for (String word : segment.split(" ")) {
            out.append(out.isEmpty() ? word : " " + number(word));
        }
        return out.toString();
    }

    private String number(String word) {
        int paren = word.indexOf('(');
        String head = paren < 0 ? word : word.substring(0, paren);
        if (head.length() > 1 && "+-".indexOf(head.charAt(1)) < 0) {
            return word;
        }
        int base;
        switch (head.charAt(0)) {
            case 'R' -> base = next;
            case 'U' -> base = una;
            case 'X' -> base = sent;
            default -> {
                return word;
            }
        }
        int number = base + (head.length() > 1 ? Integer.parseInt(head.substring(1)) : 0);
        int octets = paren < 0 ? 0 : Integer.parseInt(word.substring(paren + 1, word.length() - 1));
        return paren < 0 ? String.valueOf(number) : number + ":" + (number + octets) + word.substring(paren);
    }

    // ---- what is there now ------------------------------------------------------------------------------------------------------------------

    /// The state of the connection between the two ports, whoever holds it.
    String state() {
        IpAddress local = HostUnderTest.HOST;
        IpAddress remote = Peer.ADDRESS;
        Tcb connection = host.tcp.connection(local.high(), local.low(), HOST_PORT, remote.high(), remote.low(), PEER_PORT);
        if (connection != null) {
            return connection.state() + (connection.orphan ? " orphan" : "");
        }
        if (host.tcp.embryo(local.high(), local.low(), HOST_PORT, remote.high(), remote.low(), PEER_PORT) != null) {
            return "SYN_RECEIVED";
        }
        String[] found = {null};
        host.tcp.rows(row -> {
            if (row.localPort() == HOST_PORT && row.remotePort() == PEER_PORT) {
                found[0] = row.state() == TcpState.FIN_WAIT_2 ? "FIN_WAIT_2 orphan" : row.state().toString();
            }
        });
        if (found[0] != null) {
            return found[0];
        }
        TcpSocket listening = listener;
        return listening != null && listening.state() == TcpState.LISTEN ? "LISTEN" : "CLOSED";
    }

    /// What the holder of the socket learns from poll(), SO_ERROR and recv().
    String seen() {
        TcpSocket mine = socket;
        if (mine == null || mine.tcb().orphan || mine.tcb().dead) {
            return "-";
        }
        int mask = mine.poll();
        String readable = mine.state() == TcpState.LISTEN ? accepts(mine) : Peer.read(mine);
        int error = mine.takeError();
        return "poll " + Peer.pollNames(mask) + ", " + readable + (error == 0 ? "" : ", SO_ERROR " + Errno.name(error));
    }

    private static String accepts(TcpSocket listening) {
        TcpSocket child = listening.accept();
        return child == null ? "accept " + Errno.name(listening.acceptError()) : "accept " + child.state() + " recv " + Peer.read(child);
    }

    String said() {
        List<String> lines = peer.said();
        return lines.isEmpty() ? "-" : String.join("; ", lines);
    }
}
