package org.lastack.core.tcp;

import java.util.ArrayDeque;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.SocketOptions;
import org.lastack.core.udp.ErrorQueue;
import org.lastack.core.udp.ReceivedFrom;
import org.lastack.wire.IpProtocol;

/// What the error queue of a connection tells its sender: when the last octet of each send left and was acknowledged (SO_TIMESTAMPING), and which sends with
/// MSG_ZEROCOPY are over. Sockets that never ask have none.
final class SendNotices {
    /// The end of a send in sequence space, and what is still to be told about it.
    private static final class Stamp {
        int start;
        int end;
        int wanted;
    }

    /// Sends with MSG_ZEROCOPY that end together.
    private static final class Zerocopy {
        int end;
        int first;
        int last;
    }

    private static final byte[] NOTHING = {};

    final ErrorQueue errors = new ErrorQueue();
    private final ArrayDeque<Stamp> stamps = new ArrayDeque<>();
    private final ArrayDeque<Zerocopy> zerocopy = new ArrayDeque<>();
    private int zerocopySends;
    /// SOF_TIMESTAMPING_OPT_ID: the octet with key 0.
    int stampBase;

    /// A send has put octets into the buffer, up to SND's write pointer.
    ///
    /// @param continued it is the rest of the call before
    /// @param octets how many
    /// @param unsentBefore octets that waited to be sent before it: with those the new ones share segments
    void sent(Connection c, boolean withoutCopying, boolean continued, int octets, int unsentBefore) {
        int end = c.snd.writeEnd;
        int wanted = c.timestamping() & SocketOptions.TX_STAMPS;
        if (wanted != 0) {
            Stamp newest = stamps.peekLast();
            if (continued && newest != null && newest.end == end - octets) {
                // Only the last octet of the call is stamped.
                newest.end = end;
            } else if (newest == null || unsentBefore == 0 || Seq.le(newest.end, c.snd.nxt)) {
                newest = new Stamp();
                newest.start = end - octets;
                stamps.add(newest);
            }
            // A segment has one stamp, its last send's (Linux).
            newest.end = end;
            newest.wanted = wanted;
        }
        if (withoutCopying) {
            Zerocopy newest = zerocopy.peekLast();
            if (continued && newest != null && newest.end == end - octets) {
                newest.end = end;
                return;
            }
            if (newest == null || unsentBefore == 0 || newest.end != end - octets) {
                newest = new Zerocopy();
                newest.first = zerocopySends;
                zerocopy.add(newest);
            }
            newest.end = end;
            newest.last = zerocopySends++;
        }
    }

    /// A segment has been given to IP: its header at `offset`, text `[seq, seq + length)`.
    void transmitted(Connection c, int seq, int length, byte[] data, int offset, int octets) {
        for (Stamp each : stamps) {
            if (Seq.gt(each.end, seq + length)) {
                break;
            }
            if (Seq.gt(each.end, seq)) {
                stamp(c, each, SocketOptions.STAMP_TX_SCHED, ReceivedFrom.STAMP_SCHEDULED, data, offset, octets);
                stamp(c, each, SocketOptions.STAMP_TX_SOFTWARE, ReceivedFrom.STAMP_SENT, data, offset, octets);
            }
        }
    }

    private void stamp(Connection c, Stamp about, int bit, int kind, byte[] data, int offset, int octets) {
        if ((about.wanted & bit) == 0) {
            return;
        }
        int bits = c.timestamping();
        byte[] packet = {};
        if ((bits & SocketOptions.STAMP_OPT_TSONLY) != 0) {
            // The time alone.
        } else if (kind == ReceivedFrom.STAMP_ACKNOWLEDGED) {
            // Without headers: what is kept until then has none.
            packet = text(c, about);
        } else {
            packet = ErrorQueue.packet(c.localHigh(), c.localLow(), c.remoteHigh(), c.remoteLow(), IpProtocol.TCP, c.tosOctet(), Math.max(1, c.hopCount()), data,
                    offset, octets);
        }
        int key = (bits & SocketOptions.STAMP_OPT_ID) != 0 ? about.end - 1 - stampBase : 0;
        errors.addStamp(kind, key, (bits & SocketOptions.STAMP_SOFTWARE) != 0, c.tcp.now(), packet, packet.length, c.receiveBufferOctets());
        c.raise(InetSocket.POLLERR);
    }

    private static byte[] text(Connection c, Stamp about) {
        int from = Seq.max(about.start, c.textBase());
        byte[] text = new byte[Math.max(0, about.end - from)];
        c.sender().bytes.read(from - c.textBase(), text, 0, text.length);
        return text;
    }

    /// SND.UNA is about to move; what lies before `ack` is still in the send buffer.
    void acknowledged(Connection c, int ack) {
        Stamp oldest = stamps.peekFirst();
        while (oldest != null && Seq.le(oldest.end, ack)) {
            stamp(c, oldest, SocketOptions.STAMP_TX_ACK, ReceivedFrom.STAMP_ACKNOWLEDGED, NOTHING, 0, 0);
            stamps.removeFirst();
            oldest = stamps.peekFirst();
        }
        finish(c, ack);
    }

    /// The send buffer is thrown away.
    void purged(Connection c) {
        stamps.clear();
        finish(c, c.snd.writeEnd);
    }

    private void finish(Connection c, int upTo) {
        Zerocopy oldest = zerocopy.peekFirst();
        while (oldest != null && Seq.le(oldest.end, upTo)) {
            errors.addZerocopy(oldest.first, oldest.last, c.receiveBufferOctets());
            zerocopy.removeFirst();
            c.raise(InetSocket.POLLERR);
            oldest = zerocopy.peekFirst();
        }
    }

    /// For another connection: what was told stays to be read, numbers go on.
    void forget() {
        stamps.clear();
        zerocopy.clear();
    }
}
