package org.lastack.core.socket;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Listening TCP sockets, or UDP sockets without a peer, that a packet cannot tell apart by score: with SO_REUSEPORT the flow's hash decides
/// between them, without it the newest has everything.
final class DemuxGroup {
    final long high;
    final long low;
    final int port;
    final int domain;
    final boolean v6Only;
    final int device;
    final boolean reusePort;
    /// Owner of the members of a SO_REUSEPORT group; without the option owners do not matter.
    final int uid;
    /// The table's clock when the newest member entered.
    long newest;
    @Nullable DemuxGroup next;

    private @Nullable InetSocket[] members = new @Nullable InetSocket[1];
    private int size;

    DemuxGroup(InetSocket s, long high, long low) {
        this.high = high;
        this.low = low;
        port = s.localPort();
        domain = s.domain();
        v6Only = s.v6Only();
        device = s.boundInterface();
        reusePort = s.option(InetSocket.REUSEPORT);
        uid = reusePort ? s.owner().uid() : 0;
    }

    boolean accepts(InetSocket s, long addressHigh, long addressLow) {
        return port == s.localPort() && low == addressLow && high == addressHigh && domain == s.domain() && v6Only == s.v6Only()
                && device == s.boundInterface() && reusePort == s.option(InetSocket.REUSEPORT) && (!reusePort || uid == s.owner().uid());
    }

    int size() {
        return size;
    }

    InetSocket at(int index) {
        InetSocket member = members[index];
        if (member == null) {
            throw new IndexOutOfBoundsException(index);
        }
        return member;
    }

    void add(InetSocket s) {
        if (size == members.length) {
            members = Arrays.copyOf(members, size * 2);
        }
        s.demuxGroup = this;
        members[size++] = s;
    }

    void remove(InetSocket s) {
        int index = 0;
        while (members[index] != s) {
            index++;
        }
        s.demuxGroup = null;
        size--;
        // The order is the age of the members; with SO_REUSEPORT Linux moves the last one into the gap, so that few flows move.
        if (reusePort) {
            members[index] = members[size];
        } else {
            System.arraycopy(members, index + 1, members, index, size - index);
        }
        members[size] = null;
    }

    InetSocket newestMember() {
        return at(size - 1);
    }
}
