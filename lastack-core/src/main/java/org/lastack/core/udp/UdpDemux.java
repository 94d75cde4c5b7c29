package org.lastack.core.udp;

import org.jspecify.annotations.Nullable;
import org.lastack.core.Entropy;
import org.lastack.core.Interface;
import org.lastack.core.SipHash;
import org.lastack.core.socket.InetSocket;
import org.lastack.wire.IpAddress;

/// Finds the socket for a datagram (BEHAVIOUR S4-14): connected sockets by all four parts of the name, others by port and score. Of equal
/// scores the socket that was bound last wins, of a SO_REUSEPORT group one by the hash of the flow (oracle P141-P150). Chained hash tables
/// with a secret key (SECURITY R-16) that grow with the number of sockets.
final class UdpDemux {
    /// Told of each socket that hears a group or broadcast.
    interface Each {
        void accept(UdpSocket socket);
    }

    private @Nullable UdpSocket[] unconnected = new @Nullable UdpSocket[64];
    private @Nullable UdpSocket[] connected = new @Nullable UdpSocket[64];
    private int unconnectedCount;
    private int connectedCount;
    private final SipHash hash;

    UdpDemux(Entropy entropy) {
        hash = new SipHash(entropy);
    }

    /// Enters a socket that has a port under its present names.
    void enter(UdpSocket s) {
        if (s.demuxed) {
            throw new IllegalStateException("socket is in the demultiplexer already");
        }
        s.demuxed = true;
        s.demuxConnected = s.remotePort() != 0;
        if (s.demuxConnected) {
            if (++connectedCount > connected.length) {
                connected = grow(connected, true);
            }
            link(connected, s);
        } else {
            if (++unconnectedCount > unconnected.length) {
                unconnected = grow(unconnected, false);
            }
            link(unconnected, s);
        }
    }

    /// Removes a socket; must run before its names change.
    void leave(UdpSocket s) {
        if (!s.demuxed) {
            return;
        }
        s.demuxed = false;
        @Nullable UdpSocket[] table = s.demuxConnected ? connected : unconnected;
        if (s.demuxConnected) {
            connectedCount--;
        } else {
            unconnectedCount--;
        }
        int slot = slot(table, s);
        UdpSocket each = table[slot];
        if (each == s) {
            table[slot] = s.demuxNext;
        } else {
            while (each != null && each.demuxNext != s) {
                each = each.demuxNext;
            }
            if (each == null) {
                throw new IllegalStateException("socket is not where its names say");
            }
            each.demuxNext = s.demuxNext;
        }
        s.demuxNext = null;
    }

    private int slot(@Nullable UdpSocket[] table, UdpSocket s) {
        return s.demuxConnected
                ? connectedSlot(table, s.localHigh(), s.localLow(), s.localPort(), s.remoteHigh(), s.remoteLow(), s.remotePort())
                : portSlot(table, s.localPort());
    }

    private int portSlot(@Nullable UdpSocket[] table, int port) {
        return (int) hash.hash(port) & (table.length - 1);
    }

    private int connectedSlot(@Nullable UdpSocket[] table, long localHigh, long localLow, int localPort, long remoteHigh, long remoteLow,
            int remotePort) {
        return (int) hash.hash(localHigh, localLow, remoteHigh, remoteLow, (long) localPort << 16 | remotePort) & (table.length - 1);
    }

    private void link(@Nullable UdpSocket[] table, UdpSocket s) {
        int slot = slot(table, s);
        s.demuxNext = table[slot];
        table[slot] = s;
    }

    private @Nullable UdpSocket[] grow(@Nullable UdpSocket[] table, boolean isConnected) {
        @Nullable UdpSocket[] larger = new @Nullable UdpSocket[table.length * 2];
        for (UdpSocket head : table) {
            // Chains are newest first; linking in reverse keeps that order.
            UdpSocket reversed = null;
            for (UdpSocket each = head; each != null;) {
                UdpSocket next = each.demuxNext;
                each.demuxNext = reversed;
                reversed = each;
                each = next;
            }
            for (UdpSocket each = reversed; each != null;) {
                UdpSocket next = each.demuxNext;
                if (each.demuxConnected == isConnected) {
                    link(larger, each);
                }
                each = next;
            }
        }
        return larger;
    }

    /// The socket for a unicast datagram, or null.
    @Nullable UdpSocket find(long localHigh, long localLow, int localPort, long remoteHigh, long remoteLow, int remotePort, int interfaceIndex) {
        if (connectedCount > 0) {
            int slot = connectedSlot(connected, localHigh, localLow, localPort, remoteHigh, remoteLow, remotePort);
            UdpSocket found = best(connected[slot], localHigh, localLow, localPort, remoteHigh, remoteLow, remotePort, interfaceIndex);
            if (found != null) {
                return found;
            }
        }
        UdpSocket head = unconnected[portSlot(unconnected, localPort)];
        return best(head, localHigh, localLow, localPort, remoteHigh, remoteLow, remotePort, interfaceIndex);
    }

    private @Nullable UdpSocket best(@Nullable UdpSocket head, long localHigh, long localLow, int localPort, long remoteHigh, long remoteLow,
            int remotePort, int interfaceIndex) {
        UdpSocket best = null;
        int bestScore = -1;
        int members = 0;
        for (UdpSocket each = head; each != null; each = each.demuxNext) {
            int score = score(each, localHigh, localLow, localPort, remoteHigh, remoteLow, remotePort, interfaceIndex);
            if (score > bestScore) {
                best = each;
                bestScore = score;
                members = 1;
            } else if (score == bestScore && score >= 0 && each.option(InetSocket.REUSEPORT)) {
                members++;
            }
        }
        if (best == null || members == 1 || !best.option(InetSocket.REUSEPORT)) {
            return best;
        }
        long flow = hash.hash(localHigh, localLow, remoteHigh, remoteLow, (long) localPort << 16 | remotePort);
        long chosen = Long.remainderUnsigned(flow, members);
        for (UdpSocket each = best; each != null; each = each.demuxNext) {
            boolean member = each.option(InetSocket.REUSEPORT)
                    && score(each, localHigh, localLow, localPort, remoteHigh, remoteLow, remotePort, interfaceIndex) == bestScore;
            if (member && chosen-- == 0) {
                return each;
            }
        }
        return best;
    }

    /// -1 if the datagram is not for this socket, else the more the closer the match.
    private static int score(UdpSocket s, long localHigh, long localLow, int localPort, long remoteHigh, long remoteLow, int remotePort,
            int interfaceIndex) {
        if (s.localPort() != localPort) {
            return -1;
        }
        boolean v4 = IpAddress.isV4(localHigh, localLow);
        if (s.domain() == InetSocket.AF_INET ? !v4 : v4 && s.v6Only()) {
            return -1;
        }
        int score = s.domain() == InetSocket.AF_INET ? 1 : 0;
        if (!wild(s)) {
            if (s.localHigh() != localHigh || s.localLow() != localLow) {
                return -1;
            }
            score += 4;
        } else if (s.localLow() != 0 && !v4) {
            // Bound to ::ffff:0.0.0.0.
            return -1;
        }
        if (s.remotePort() != 0) {
            if (s.remotePort() != remotePort || s.remoteHigh() != remoteHigh || s.remoteLow() != remoteLow) {
                return -1;
            }
            score += 8;
        }
        if (s.boundInterface() != 0) {
            if (s.boundInterface() != interfaceIndex) {
                return -1;
            }
            score += 2;
        }
        return score;
    }

    private static boolean wild(UdpSocket s) {
        return IpAddress.isUnspecified(s.localHigh(), s.localLow());
    }

    /// Tells `receiver` every socket that hears a datagram to a group or broadcast address (P151, P152).
    void forEach(long localHigh, long localLow, int localPort, long remoteHigh, long remoteLow, int remotePort, Interface in, Each receiver) {
        for (UdpSocket each = unconnected[portSlot(unconnected, localPort)]; each != null;) {
            UdpSocket next = each.demuxNext;
            if (score(each, localHigh, localLow, localPort, remoteHigh, remoteLow, remotePort, in.index()) >= 0) {
                receiver.accept(each);
            }
            each = next;
        }
        for (int i = 0; connectedCount > 0 && i < connected.length; i++) {
            for (UdpSocket each = connected[i]; each != null; each = each.demuxNext) {
                if (score(each, localHigh, localLow, localPort, remoteHigh, remoteLow, remotePort, in.index()) >= 0) {
                    receiver.accept(each);
                }
            }
        }
    }

    /// Visits all sockets that have a port.
    void all(Each visitor) {
        for (UdpSocket head : unconnected) {
            for (UdpSocket each = head; each != null; each = each.demuxNext) {
                visitor.accept(each);
            }
        }
        for (UdpSocket head : connected) {
            for (UdpSocket each = head; each != null; each = each.demuxNext) {
                visitor.accept(each);
            }
        }
    }
}
