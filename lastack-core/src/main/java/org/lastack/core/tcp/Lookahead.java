package org.lastack.core.tcp;

import org.jspecify.annotations.Nullable;
import org.lastack.wire.Frame;
import org.lastack.wire.IpAddress;
import org.lastack.wire.IpProtocol;
import org.lastack.wire.Ipv4Header;
import org.lastack.wire.Ipv6Header;
import org.lastack.wire.TcpHeader;

/// Fetches what a batch of segments will need before the first of them is processed. Where hundreds of thousands of connections speak in turn, the state of
/// each is in no cache, and the rules would wait for it line by line: table, socket, state, send queue, about seven reads each of which needs the one before. A
/// processor waits for many reads as long as for one if none of them depends on another: so all segments of the batch take each of these steps together.
/// Measured on random reads from 4 GB: 156 ns each when they depend on each other, 15 ns when they do not.
///
/// It changes nothing. It reads headers as far as they are there, and guesses to which connections the segments belong; [Tcp#receive] makes sure.
final class Lookahead {
    /// Frames that are looked at together: what they need, about 25 lines each, fits into a core's second cache.
    static final int MOST = 64;
    /// With fewer open connections than this, about half a megabyte, nothing is fetched: it is in the cache already.
    private static final int FEW = 256;

    /// Octets of both ports.
    private static final int PORTS = 4;

    private final Tcp tcp;
    private final TupleTable<TcpSocket> connections;
    private final @Nullable Frame[] frames = new @Nullable Frame[MOST];
    private final int[] hashes = new int[MOST];
    /// It is a segment, and its hash is known.
    private final boolean[] segments = new boolean[MOST];
    private final @Nullable TcpSocket[] sockets = new @Nullable TcpSocket[MOST];
    private final @Nullable Tcb[] states = new @Nullable Tcb[MOST];
    private int count;
    private int next;
    /// During the processing of a frame of a batch: whose it probably is.
    @Nullable Tcb expected;
    /// The connection that was worked on last.
    @Nullable Tcb used;
    /// Depends on everything that was read, so that no compiler leaves it out.
    private int sum;

    Lookahead(Tcp tcp, TupleTable<TcpSocket> connections) {
        this.tcp = tcp;
        this.connections = connections;
    }

    /// These frames will come next, in this order; their link headers have `skip` octets.
    void expect(Frame[] batch, int length, int skip) {
        next = 0;
        count = 0;
        if (length < 2 || tcp.folding().openCount() < FEW) {
            return;
        }
        int n = Math.min(length, MOST);
        for (int i = 0; i < n; i++) {
            Frame f = batch[i];
            frames[i] = f;
            segments[i] = hash(i, f.data, f.offset + skip, f.length - skip);
        }
        fetch(n);
        count = n;
    }

    private void fetch(int n) {
        int read = 0;
        for (int i = 0; i < n; i++) {
            read += segments[i] ? connections.line(hashes[i]) : 0;
        }
        for (int i = 0; i < n; i++) {
            sockets[i] = segments[i] ? connections.first(hashes[i]) : null;
        }
        for (int i = 0; i < n; i++) {
            TcpSocket socket = sockets[i];
            states[i] = socket == null ? null : socket.open();
        }
        for (int i = 0; i < n; i++) {
            Tcb c = states[i];
            TcpSocket socket = sockets[i];
            read += c != null ? c.lines() : socket != null ? socket.lines() : 0;
        }
        for (int i = 0; i < n; i++) {
            Tcb c = states[i];
            read += c == null ? 0 : c.linesBehind();
        }
        sum = read;
    }

    /// A connection begins to be worked on of which no batch has told.
    void use(Tcb c) {
        if (used != c) {
            used = c;
            sum = c.lines() + c.linesBehind();
        }
    }

    /// That frame is being received; null: no longer. If it is the next of the batch, [#expected] is its connection, as far as known.
    void arriving(@Nullable Frame frame) {
        if (frame == null || next >= count || frames[next] != frame) {
            expected = null;
            return;
        }
        expected = states[next];
        frames[next] = null;
        states[next] = null;
        sockets[next++] = null;
    }

    private boolean hash(int index, byte[] data, int at, int length) {
        if (length < Ipv4Header.MIN_LENGTH + PORTS) {
            return false;
        }
        int version = Ipv4Header.version(data, at);
        if (version == 4) {
            int segment = at + Ipv4Header.headerLength(data, at);
            if (Ipv4Header.protocol(data, at) != IpProtocol.TCP || Ipv4Header.isFragment(data, at) || segment + PORTS > at + length) {
                return false;
            }
            hashes[index] = tcp.hash(0, IpAddress.lowOfV4(Ipv4Header.destination(data, at)), TcpHeader.destinationPort(data, segment), 0,
                    IpAddress.lowOfV4(Ipv4Header.source(data, at)), TcpHeader.sourcePort(data, segment));
            return true;
        }
        int segment = at + Ipv6Header.LENGTH;
        if (version != 6 || segment + PORTS > at + length || Ipv6Header.nextHeader(data, at) != IpProtocol.TCP) {
            return false;
        }
        hashes[index] = tcp.hash(Ipv6Header.destinationHigh(data, at), Ipv6Header.destinationLow(data, at), TcpHeader.destinationPort(data, segment),
                Ipv6Header.sourceHigh(data, at), Ipv6Header.sourceLow(data, at), TcpHeader.sourcePort(data, segment));
        return true;
    }
}
