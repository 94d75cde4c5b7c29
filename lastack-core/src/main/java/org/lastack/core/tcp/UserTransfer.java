package org.lastack.core.tcp;

import org.jspecify.annotations.Nullable;
import org.lastack.core.Counter;
import org.lastack.core.Errno;
import org.lastack.core.Sysctl;
import org.lastack.core.ip.IcmpError;
import org.lastack.core.ip.Route;
import org.lastack.core.socket.FieldStream;
import org.lastack.core.socket.ExtraOptions;
import org.lastack.core.socket.Msg;
import org.lastack.core.socket.Owner;
import org.lastack.core.socket.PortTable;
import org.lastack.core.socket.SocketOptions;
import org.lastack.core.udp.ReceivedFrom;
import org.lastack.wire.IpAddress;
import org.lastack.wire.TcpHeader;

/// The user calls SEND and RECEIVE (RFC 9293 §3.9.1.2-3, §3.10.2-3).
abstract class UserTransfer extends UserOpen {
    private boolean noSpace;

    UserTransfer(Tcp tcp, int domain, Owner owner) {
        super(tcp, domain, owner);
    }

    /// As [#foldConnection].
    final void foldUserTransfer(FieldStream f) {
        noSpace = f.bit(noSpace);
    }

    /// Reads the error queue (MSG_ERRQUEUE): an ICMP error about a connection attempt, times of what was sent, ends of sends with MSG_ZEROCOPY.
    ///
    /// @return octets of what the entry is about, as far as they fit, or -EAGAIN if there is no entry
    public int receiveError(byte[] target, int offset, int room, ReceivedFrom info) {
        SendNotices present = notices;
        int octets = present == null ? -Errno.EAGAIN : present.errors.take(target, offset, room, info);
        if (octets >= 0 && present != null) {
            error = present.errors.pendingAfter(info, error);
        }
        return octets;
    }

    /// An ICMP error about a connection attempt waits in the error queue, even without IP_RECVERR (Linux).
    final void queueError(IcmpError e, int errno, int port) {
        notices().errors.add(e, errno, port, 0, tcp.now(), receiveBuffer);
    }

    final boolean errorQueued() {
        SendNotices present = notices;
        return present != null && !present.errors.isEmpty();
    }

    /// What has been put into the send buffer by one call is to be told about.
    private void noteSent(int flags, int octets, int unsentBefore) {
        boolean withoutCopying = (flags & Msg.ZEROCOPY) != 0 && option(ZEROCOPY);
        if (withoutCopying || (timestamping & SocketOptions.TX_STAMPS) != 0) {
            notices().sent(this, withoutCopying, (flags & Msg.CONTINUED) != 0, octets, unsentBefore);
        }
    }

    final void waitForSpace() {
        noSpace = true;
    }

    /// Enough to read, or so much that more will not come.
    final boolean readable(int target) {
        int available = rcv.nxt - rcv.copied - (finReceived ? 1 : 0);
        return available > 0 && (available >= target || rcv.window() <= receiveMss);
    }

    final int queued() {
        return unacknowledged();
    }

    final boolean writeable() {
        int queued = queued();
        return sendBuffer - queued >= queued >> 1 && sendBuffer > queued && 2L * unsent() < notSentLimit() && (queued == 0 || !tcp.memoryExhausted());
    }

    /// TCP_NOTSENT_LOWAT: octets that may wait unsent. Above it send() takes nothing; poll() reports space below half of it, as Linux does.
    private long notSentLimit() {
        return notSentLowWater >= 0 ? notSentLowWater : tcp.sysctls().get(Sysctl.TCP_NOTSENT_LOWAT);
    }

    final boolean waitingForBuffer() {
        return noSpace;
    }

    // ---- SEND (RFC 9293 §3.10.2) --------------------------------------------------------------------------------------------------------------

    /// Queues octets for sending; returns how many were taken (fewer than asked when the buffer fills), or -EAGAIN when none fit, -EPIPE, or the
    /// pending error. `flags` are those of [Msg].
    public int send(byte[] source, int offset, int length, int flags) {
        TcpState state = tcpState();
        if (connectDeferred()) {
            return sendWithSyn(source, offset, length, flags);
        }
        if (state != TcpState.ESTABLISHED && state != TcpState.CLOSE_WAIT && !(awaitsHandshake() && state == TcpState.SYN_RECEIVED)) {
            if (error != 0) {
                return -takePending();
            }
            if (state != TcpState.SYN_SENT && state != TcpState.SYN_RECEIVED) {
                return -Errno.EPIPE;
            }
            return -Errno.EAGAIN;
        }
        if (error != 0 || (shutdownMask & SEND_SHUTDOWN) != 0) {
            return error != 0 ? -takePending() : -Errno.EPIPE;
        }
        Sender present = sender;
        if (present != null) {
            Sending.noteApplicationLimit(this, present);
        }
        int room = room();
        int take = Math.min(room, length);
        if (take == 0 && length > 0) {
            noSpace = true;
            return -Errno.EAGAIN;
        }
        if (take < length) {
            noSpace = true;
        }
        if (take > 0) {
            Sender s = sender();
            int unsent = unsent();
            int together = s.bytes.large(take) ? Sending.superSegment(this) : 0;
            if (together > 0) {
                s.bytes.align(snd.nxt - textBase(), take, mss, together);
            }
            s.bytes.append(snd.writeEnd - textBase(), source, offset, take, together);
            snd.writeEnd += take;
            noteSent(flags, take, unsent);
            if ((flags & Msg.OOB) != 0 && take == length) {
                // RFC 9293 §3.8.5, MUST-62; Linux points behind the last octet.
                snd.up = snd.writeEnd;
            }
        }
        boolean more = (flags & Msg.MORE) != 0 && take == length;
        // RFC 9293 §3.9.1.2, MAY-15: a SEND without MSG_MORE is one with PUSH.
        moreToCome = more;
        holdsPartial = more;
        tcp.wantOutput(this);
        return take;
    }

    /// send() with MSG_FASTOPEN: connects and sends in one call, the text in the SYN as far as it fits and a cookie for that server is known (RFC 7413
    /// §4.2.1). On a connection that exists it is [#send].
    ///
    /// @return octets taken, the attempt being under way; -EINPROGRESS: it is under way and nothing was taken, send again when it has ended; -EOPNOTSUPP
    ///     if `tcp_fastopen` does not allow it; -EISCONN, -EALREADY and the errors of connect()
    public int sendFastOpen(long high, long low, int port, byte[] source, int offset, int length, int flags) {
        if (!tcp.fastOpenClient().enabled()) {
            return -Errno.EOPNOTSUPP;
        }
        if (connectDeferred()) {
            return send(source, offset, length, flags);
        }
        if (socketState != UNCONNECTED) {
            int outcome = socketState == CONNECTED ? -Errno.EISCONN : connect(high, low, port);
            return outcome < 0 ? outcome : send(source, offset, length, flags);
        }
        if (tcpState() != TcpState.CLOSED) {
            return -Errno.EISCONN;
        }
        int begun = open(high, low, port);
        if (begun < 0) {
            return begun;
        }
        socketState = CONNECTING;
        return sendWithSyn(source, offset, length, flags);
    }

    private int sendWithSyn(byte[] source, int offset, int length, int flags) {
        int taken = sendSyn(fastOpen(), source, offset, length);
        if (taken > 0) {
            noteSent(flags, taken, 0);
        }
        return taken > 0 ? taken : -Errno.EINPROGRESS;
    }

    /// What send() with MSG_FASTOPEN and without an address returns on a socket that is not connected.
    public int fastOpenNeedsAddress() {
        if (!tcp.fastOpenClient().enabled()) {
            return -Errno.EOPNOTSUPP;
        }
        return socketState == CONNECTED ? -Errno.EISCONN : -Errno.EINVAL;
    }

    private int takePending() {
        int pending = error;
        error = 0;
        return pending;
    }

    /// Octets that the send buffer takes now. As in Linux the last unit of a super-segment's size may be filled beyond the limit.
    private int room() {
        int queued = queued();
        long waiting = notSentLimit() - unsent();
        if (queued >= sendBuffer || waiting <= 0 || queued > 0 && tcp.memoryExhausted()) {
            return 0;
        }
        int unit = Math.max(1, sizeGoal());
        long limit = ((long) sendBuffer + unit - 1) / unit * unit;
        return (int) Math.min(Integer.MAX_VALUE / 2, Math.min(limit - queued, (waiting + unit - 1) / unit * unit));
    }

    private int sizeGoal() {
        int goal = 65_535 - 320;
        if (snd.maxWnd > 0) {
            // Half of the largest window; a peer that never opened one sets no bound (Linux).
            goal = Math.min(goal, Math.max(snd.maxWnd > 536 ? snd.maxWnd >>> 1 : snd.maxWnd, mss));
        }
        return mss > 0 ? Math.max(1, goal / mss) * mss : goal;
    }

    /// Called after output: space that appeared is announced once.
    final void afterOutput() {
        if (noSpace && writeable() && tcpState() != TcpState.SYN_SENT) {
            noSpace = false;
            raise(POLLOUT);
        }
        if (sender != null && tcpState() == TcpState.ESTABLISHED) {
            expandSendBuffer();
        }
    }

    // ---- RECEIVE (RFC 9293 §3.10.3) -------------------------------------------------------------------------------------------------------------

    /// Takes octets that have arrived: their number, 0 at end of file, -EAGAIN when there are none yet, or the pending error (once). Flags: OOB, PEEK,
    /// TRUNC (discard instead of copying).
    public int receive(byte[] target, int offset, int length, int flags) {
        if ((flags & Msg.ERRQUEUE) != 0) {
            return receiveError(target, offset, length, new ReceivedFrom());
        }
        if (tcpState() == TcpState.LISTEN) {
            return length == 0 ? 0 : -Errno.ENOTCONN;
        }
        if ((flags & Msg.OOB) != 0) {
            return receiveUrgent(target, offset, length, flags);
        }
        int copied = copy(target, offset, length, flags);
        if (copied > 0) {
            return copied;
        }
        if (length == 0) {
            return 0;
        }
        if (done) {
            if (error != 0 && (shutdownMask & RCV_SHUTDOWN) == 0 || error != 0 && !finReceived) {
                return -takePending();
            }
            return 0;
        }
        if (error != 0) {
            return -takePending();
        }
        if ((shutdownMask & RCV_SHUTDOWN) != 0) {
            return 0;
        }
        if (tcpState() == TcpState.CLOSED) {
            return -Errno.ENOTCONN;
        }
        return -Errno.EAGAIN;
    }

    private int copy(byte[] target, int offset, int length, int flags) {
        Receiver from = receiver;
        boolean peek = (flags & Msg.PEEK) != 0;
        ExtraOptions options = extras;
        int position = rcv.copied + (peek && options != null ? Math.max(0, options.peekOffset) : 0);
        int total = 0;
        while (total < length && from != null) {
            int available = (finReceived ? rcv.nxt - 1 : rcv.nxt) - position;
            if (available <= 0) {
                break;
            }
            int use = Math.min(available, length - total);
            if (urgentState != Receiving.URGENT_NONE) {
                int distance = urgentSeq - position;
                if (distance == 0) {
                    if (total > 0) {
                        break;
                    }
                    if (!option(OOBINLINE)) {
                        // The urgent octet is not part of the normal stream.
                        position++;
                        if (available == 1) {
                            break;
                        }
                        use = Math.min(available - 1, length);
                    }
                } else if (distance > 0 && distance < use) {
                    use = distance;
                }
            }
            if ((flags & Msg.TRUNC) == 0) {
                from.bytes.read(position - rcv.copied, target, offset + total, use);
            }
            position += use;
            total += use;
        }
        if (!peek && position != rcv.copied && from != null) {
            consumed(from, position, total);
        }
        if (options != null && total > 0) {
            if (peek) {
                options.peeked(total);
            } else {
                options.read(total);
            }
        }
        return total;
    }

    private void consumed(Receiver from, int position, int octets) {
        from.bytes.drop(position - rcv.copied);
        rcv.copied = position;
        if (urgentState != Receiving.URGENT_NONE && Seq.gt(rcv.copied, urgentSeq)) {
            urgentState = Receiving.URGENT_NONE;
        }
        if (unread() == 0 && from.islands.isEmpty()) {
            from.bytes.clear();
            if (from.idle() && from.recentCount == 0) {
                receiver = null;
                tcp.slabs().give(from);
            }
        }
        ReceiveWindow.readerAdvanced(this);
        if (tcpState() != TcpState.CLOSED) {
            Acknowledging.afterRead(this, octets);
        }
    }

    private int receiveUrgent(byte[] target, int offset, int length, int flags) {
        if (option(OOBINLINE) || urgentState == Receiving.URGENT_NONE || urgentState == Receiving.URGENT_READ) {
            return -Errno.EINVAL;
        }
        if (tcpState() == TcpState.CLOSED && !done) {
            return -Errno.ENOTCONN;
        }
        if (urgentState == Receiving.URGENT_VALID) {
            if (length > 0) {
                target[offset] = urgentByte;
            }
            if ((flags & Msg.PEEK) == 0) {
                urgentState = Receiving.URGENT_READ;
            }
            return length > 0 ? 1 : 0;
        }
        if (tcpState() == TcpState.CLOSED || (shutdownMask & RCV_SHUTDOWN) != 0) {
            return 0;
        }
        return -Errno.EAGAIN;
    }
}
