package org.lastack.core.tcp;

import org.jspecify.annotations.Nullable;
import org.lastack.core.WheelTimer;
import org.lastack.core.ip.Route;
import org.lastack.core.socket.FieldStream;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.Owner;

/// The transmission control block of RFC 9293 §3.3.1: all variables of one connection. The rules that act on it live in the classes of this
/// package; user calls in [Tcb], which adds them to this class so that a connection is one object.
abstract class Connection extends InetSocket {
    /// Kinds of [#retransmitKind]: what the retransmission timer stands for. As in Linux there is one timer for the four of them.
    static final byte TIMER_NONE = 0;
    static final byte TIMER_RETRANSMIT = 1;
    static final byte TIMER_PROBE = 2;
    static final byte TIMER_LOSS_PROBE = 3;
    static final byte TIMER_REORDER = 4;

    final Tcp tcp;
    private TcpState state = TcpState.CLOSED;
    final SendSequence snd = new SendSequence();
    final ReceiveSequence rcv = new ReceiveSequence();
    @Nullable Sender sender;
    /// Parts of [#sender], here as well: [Tcb#lines] reaches them without waiting for it.
    @Nullable Flight flight;
    @Nullable ByteRing sendBytes;
    @Nullable CongestionControl control;
    @Nullable Receiver receiver;
    /// What the error queue tells about sends; null if nobody asked.
    @Nullable SendNotices notices;
    /// The search for the path MTU, if `tcp_mtu_probing` has begun one.
    @Nullable MtuProbing mtuProbing;
    /// Fast Open, if this socket has to do with it.
    @Nullable FastOpen fastOpen;
    @Nullable Route route;
    @Nullable Listener listener;
    /// The listener whose accept queue this connection waits in, or in which its embryo was born.
    @Nullable Connection parent;
    /// Next in the accept queue of [#parent].
    @Nullable Connection nextQueued;

    // Negotiated at the handshake
    boolean sackPermitted;
    boolean timestamps;
    boolean windowScaling;
    boolean ecn;
    /// MSS that the peer announced, or the default (RFC 9293 §3.7.1, MUST-15).
    int peerMss;
    /// MSS that we announced.
    int advertisedMss;
    /// Octets of text per segment, options of every segment already deducted (MUST-16).
    int mss;
    /// Path MTU from which [#mss] was derived.
    int mssPathMtu;
    /// TCP_MAXSEG by the user, 0 = none.
    int userMss;
    boolean passiveOpen;

    // Timestamps (RFC 7323)
    int tsRecent;
    long tsRecentStampNs;
    int tsOffset;
    /// RCV.NXT when the last ACK was sent: TS.Recent follows segments that cover it (RFC 7323 §4.3).
    int lastAckSent;

    // Round-trip time (RFC 6298), microseconds; srtt times 8, mdev times 4
    int srttUs8;
    int mdevUs4;
    int mdevMaxUs4;
    int rttvarUs4;
    int rttSeq;
    int rtoUs = 1_000_000;
    int backoff;
    int minRttUs = Integer.MAX_VALUE;
    long minRttStampNs;

    // Timers, absolute nanoseconds, WheelTimer.NEVER = off
    byte retransmitKind;
    long retransmitDeadlineNs = NEVER;
    long delayedAckDeadlineNs = NEVER;
    long keepaliveDeadlineNs = NEVER;
    long pacingDeadlineNs = NEVER;
    int retransmits;
    int probesOut;
    int keepaliveProbes;
    /// Time of the first of the present retransmissions: R2 counts from it.
    long retransmitSinceNs;
    long probeSinceNs;

    // Acknowledging
    boolean ackPending;
    boolean ackNow;
    boolean ackPushed;
    boolean ackPushedTwice;
    boolean pingpong;
    byte pingpongCount;
    int quickAcks;
    int ackTimeoutUs;
    int receiveMss;
    int lastSegmentSize;
    long lastReceiveNs;
    long lastSendNs;
    long lastAckReceivedNs;
    long lastChallengeNs = Long.MIN_VALUE / 2;
    boolean quickAckPersistent = true;

    // Urgent data (RFC 9293 §3.8.5)
    byte urgentState;
    byte urgentByte;
    int urgentSeq;

    // Receive window
    int windowClamp;
    /// The clamp is the user's (TCP_WINDOW_CLAMP).
    boolean userClamp;
    /// Payload per 256 octets of receive buffer.
    int spaceRatio = ReceiveWindow.DEFAULT_RATIO;
    int receiveThreshold;
    // Automatic tuning of the receive buffer
    int tuneSpace;
    int tuneSeq;
    long tuneStampNs;
    int receiveRttUs;
    int receiveRttSeq;
    long receiveRttStampNs;

    // Closing
    boolean finQueued;
    boolean finReceived;
    /// The peer has closed or reset: a reader gets end of file where it would get ENOTCONN otherwise.
    boolean done;
    boolean orphan;
    boolean outputPending;
    /// In [HeldAcks].
    boolean ackHeld;
    /// The ACK at hand is a duplicate one and must not be aggregated.
    boolean separateAck;
    /// MSG_MORE: the last partial segment waits for more.
    boolean moreToCome;
    /// The output that follows a write with MSG_MORE holds a partial segment back; the next occasion, an ACK or a timer, does not (MUST-60).
    boolean holdsPartial;
    /// A SYN or SYN-ACK was lost: the initial window is one segment (RFC 6928 §2).
    boolean synLost;
    /// Our SYN is not acknowledged: SND.UNA is the ISS.
    boolean synUnacked;
    /// Congestion control has begun.
    boolean senderStarted;
    boolean dead;
    /// Somebody waits in a blocking send for the connection to come.
    boolean writerWaits;

    // User settings
    boolean noDelay;
    boolean cork;
    /// `TCP_NODELAY` or uncorking set a one-time push.
    boolean pushOnce;
    int userTimeoutMs;
    int keepIdleSeconds;
    int keepIntervalSeconds;
    int keepProbes;
    int synRetries;
    int linger2Seconds;
    int deferAcceptRetries;
    long notSentLowWater = -1;
    /// TCP_RTO_MIN_US, TCP_RTO_MAX_MS and TCP_DELACK_MAX_US; 0 = the host's.
    int rtoMinUs;
    int rtoMaxMs;
    int delayedAckMaxUs;
    /// TCP_THIN_LINEAR_TIMEOUTS: a connection with few segments in flight does not double its first time-outs.
    boolean thinLinear;

    // Explicit congestion notification (RFC 3168), receiver's side
    boolean ecnDemandCwr;
    boolean ecnSeen;

    // Statistics of TCP_INFO
    int totalRetransmits;
    long bytesAcked;
    long bytesReceived;
    long bytesSent;
    long bytesRetransmitted;
    int segmentsIn;
    int segmentsOut;
    int dataSegmentsIn;
    int dataSegmentsOut;
    int dsackDuplicates;
    int outOfOrderPackets;
    int totalTimeouts;
    int timeoutRecoveries;
    /// Milliseconds spent in recovery from time-outs that is over; the latter since when one goes on, 0 = none.
    int timeoutMs;
    long timeoutSinceNs;
    /// Changes of the flow label after time-outs: perhaps another of several paths works (RFC 6437 §2 leaves the choice of labels to the source).
    int rehashes;
    long stateSinceNs;
    long openedNs;
    /// Who sent the first FIN: 0 nobody, 1 we, 2 the peer.
    byte firstCloser;

    /// Next connection with pending output.
    @Nullable Connection nextPending;

    Connection(Tcp tcp, int domain, Owner owner) {
        super(domain, owner);
        this.tcp = tcp;
    }

    /// All fields of the connection but those that refer to objects, for [Folding]; every new field belongs here (a test looks). The order is that of use as
    /// predictions: a connection that has exchanged something and rests takes a bit for most of them.
    final void foldConnection(FieldStream f) {
        state = TcpState.at(f.number(state.ordinal(), TcpState.ESTABLISHED.ordinal()));
        rcv.fold(f);
        snd.fold(f, rcv.nxt);
        foldNegotiated(f);
        foldTimes(f);
        foldReceiving(f);
        foldStatistics(f);
        f.open();
        foldTimers(f);
        f.close();
        f.open();
        foldClosing(f);
        f.close();
        f.open();
        foldSettings(f);
        f.close();
    }

    private void foldNegotiated(FieldStream f) {
        sackPermitted = f.bit(sackPermitted);
        timestamps = f.bit(timestamps);
        windowScaling = f.bit(windowScaling);
        ecn = f.bit(ecn);
        passiveOpen = f.bit(passiveOpen);
        senderStarted = f.bit(senderStarted);
        advertisedMss = f.number(advertisedMss, 1460);
        peerMss = f.number(peerMss, advertisedMss);
        mss = f.number(mss, Math.min(peerMss, advertisedMss) - fixedOptions());
        mssPathMtu = f.number(mssPathMtu, advertisedMss + 40);
        tsOffset = f.number(tsOffset, tcp.timestampOffset(localHigh, localLow, remoteHigh, remoteLow));
        tsRecent = timestamps ? f.word(tsRecent) : f.number(tsRecent, 0);
        lastAckSent = f.number(lastAckSent, rcv.nxt);
    }

    private void foldTimes(FieldStream f) {
        openedNs = f.number(openedNs, 0);
        stateSinceNs = f.number(stateSinceNs, openedNs);
        lastReceiveNs = f.number(lastReceiveNs, stateSinceNs);
        lastSendNs = f.number(lastSendNs, lastReceiveNs);
        lastAckReceivedNs = f.number(lastAckReceivedNs, lastSendNs);
        tsRecentStampNs = f.number(tsRecentStampNs, timestamps ? lastAckReceivedNs : stateSinceNs);
        lastChallengeNs = f.number(lastChallengeNs, Long.MIN_VALUE / 2);
        srttUs8 = f.number(srttUs8, 0);
        mdevUs4 = f.number(mdevUs4, srttUs8 >> 2);
        rttvarUs4 = f.number(rttvarUs4, 200_000);
        mdevMaxUs4 = f.number(mdevMaxUs4, 200_000);
        rttSeq = f.number(rttSeq, snd.nxt);
        rtoUs = f.number(rtoUs, (srttUs8 >> 3) + rttvarUs4);
        minRttUs = f.number(minRttUs, srttUs8 >> 3);
        minRttStampNs = f.number(minRttStampNs, lastAckReceivedNs);
    }

    private void foldReceiving(FieldStream f) {
        quickAckPersistent = !f.bit(!quickAckPersistent);
        ackPending = f.bit(ackPending);
        ackNow = f.bit(ackNow);
        ackPushed = f.bit(ackPushed);
        ackPushedTwice = f.bit(ackPushedTwice);
        pingpong = f.bit(pingpong);
        userClamp = f.bit(userClamp);
        pingpongCount = (byte) f.number(pingpongCount, 0);
        quickAcks = f.number(quickAcks, 0);
        ackTimeoutUs = f.number(ackTimeoutUs, Acknowledging.MIN_TIMEOUT_US);
        receiveMss = f.number(receiveMss, 536);
        lastSegmentSize = f.number(lastSegmentSize, 0);
        windowClamp = f.number(windowClamp, rcv.wnd);
        spaceRatio = f.number(spaceRatio, ReceiveWindow.DEFAULT_RATIO);
        receiveThreshold = f.number(receiveThreshold, rcv.wnd);
        tuneSpace = f.number(tuneSpace, 10 * advertisedMss);
        tuneSeq = f.number(tuneSeq, rcv.irs + 1);
        tuneStampNs = f.number(tuneStampNs, stateSinceNs);
        receiveRttUs = f.number(receiveRttUs, 0);
        receiveRttSeq = f.number(receiveRttSeq, rcv.irs + 1 + rcv.wnd);
        receiveRttStampNs = f.number(receiveRttStampNs, lastReceiveNs);
        urgentSeq = f.number(urgentSeq, rcv.irs + 1);
        urgentState = (byte) f.number(urgentState, 0);
        urgentByte = (byte) f.number(urgentByte, 0);
    }

    private void foldStatistics(FieldStream f) {
        bytesSent = f.number(bytesSent, snd.nxt - snd.iss - 1);
        bytesAcked = f.number(bytesAcked, bytesSent);
        bytesReceived = f.number(bytesReceived, rcv.nxt - rcv.irs - 1);
        segmentsIn = f.number(segmentsIn, 0);
        segmentsOut = f.number(segmentsOut, segmentsIn);
        dataSegmentsIn = f.number(dataSegmentsIn, 0);
        dataSegmentsOut = f.number(dataSegmentsOut, dataSegmentsIn);
        f.open();
        totalRetransmits = f.number(totalRetransmits, 0);
        bytesRetransmitted = f.number(bytesRetransmitted, 0);
        dsackDuplicates = f.number(dsackDuplicates, 0);
        outOfOrderPackets = f.number(outOfOrderPackets, 0);
        totalTimeouts = f.number(totalTimeouts, 0);
        timeoutRecoveries = f.number(timeoutRecoveries, 0);
        timeoutMs = f.number(timeoutMs, 0);
        timeoutSinceNs = f.number(timeoutSinceNs, 0);
        rehashes = f.number(rehashes, 0);
        f.close();
    }

    private void foldTimers(FieldStream f) {
        retransmitKind = (byte) f.number(retransmitKind, TIMER_NONE);
        retransmitDeadlineNs = f.number(retransmitDeadlineNs, NEVER);
        delayedAckDeadlineNs = f.number(delayedAckDeadlineNs, NEVER);
        boolean keepsAlive = f.bit(keepaliveDeadlineNs != NEVER);
        keepaliveDeadlineNs = keepsAlive ? f.number(keepaliveDeadlineNs, lastReceiveNs) : NEVER;
        pacingDeadlineNs = f.number(pacingDeadlineNs, NEVER);
        backoff = f.number(backoff, 0);
        retransmits = f.number(retransmits, 0);
        probesOut = f.number(probesOut, 0);
        keepaliveProbes = f.number(keepaliveProbes, 0);
        retransmitSinceNs = f.number(retransmitSinceNs, 0);
        probeSinceNs = f.number(probeSinceNs, 0);
    }

    private void foldClosing(FieldStream f) {
        finQueued = f.bit(finQueued);
        finReceived = f.bit(finReceived);
        done = f.bit(done);
        orphan = f.bit(orphan);
        outputPending = f.bit(outputPending);
        ackHeld = f.bit(ackHeld);
        separateAck = f.bit(separateAck);
        moreToCome = f.bit(moreToCome);
        holdsPartial = f.bit(holdsPartial);
        synLost = f.bit(synLost);
        synUnacked = f.bit(synUnacked);
        dead = f.bit(dead);
        ecnDemandCwr = f.bit(ecnDemandCwr);
        ecnSeen = f.bit(ecnSeen);
        firstCloser = (byte) f.number(firstCloser, 0);
        writerWaits = f.bit(writerWaits);
    }

    private void foldSettings(FieldStream f) {
        noDelay = f.bit(noDelay);
        cork = f.bit(cork);
        pushOnce = f.bit(pushOnce);
        thinLinear = f.bit(thinLinear);
        userMss = f.number(userMss, 0);
        userTimeoutMs = f.number(userTimeoutMs, 0);
        keepIdleSeconds = f.number(keepIdleSeconds, 0);
        keepIntervalSeconds = f.number(keepIntervalSeconds, 0);
        keepProbes = f.number(keepProbes, 0);
        synRetries = f.number(synRetries, 0);
        linger2Seconds = f.number(linger2Seconds, 0);
        deferAcceptRetries = f.number(deferAcceptRetries, 0);
        notSentLowWater = f.number(notSentLowWater, -1);
        rtoMinUs = f.number(rtoMinUs, 0);
        rtoMaxMs = f.number(rtoMaxMs, 0);
        delayedAckMaxUs = f.number(delayedAckMaxUs, 0);
    }

    final TcpState tcpState() {
        return state;
    }

    /// The only assignment to the state: checks that RFC 9293's figure has the edge, and tells the tracer.
    final void enter(TcpState next) {
        TcpState before = state;
        if (before == next) {
            return;
        }
        if (!before.maySucceed(next)) {
            throw new IllegalStateException(before + " -> " + next + " is not in RFC 9293's figure 5");
        }
        state = next;
        stateSinceNs = tcp.now();
        tcp.transition(this, before, next);
    }

    final boolean v4() {
        return org.lastack.wire.IpAddress.isV4(remoteHigh, remoteLow);
    }

    /// Octets of options in every segment that is not a SYN: the timestamps.
    final int fixedOptions() {
        return timestamps ? 12 : 0;
    }

    /// Octets of text in the largest segment that the peer can send us: what we announced, less the options of every segment.
    final int acceptedMss() {
        return advertisedMss - fixedOptions();
    }

    final int tosOctet() {
        return v4() ? typeOfService : trafficClass;
    }

    /// TTL or hop limit of outgoing packets, -1 = the host's default (RFC 9293 §3.9.2, MUST-49).
    final int hopCount() {
        return v4() || domain() == AF_INET ? timeToLive : hopLimit;
    }

    /// The recovery from a time-out is over (`tcpi_total_rto_time`).
    final void endTimeout(long nowNs) {
        if (timeoutSinceNs != 0) {
            timeoutMs += (int) ((nowNs - timeoutSinceNs) / 1_000_000);
            timeoutSinceNs = 0;
        }
    }

    final long maxPacingRate() {
        return maxPacingRate;
    }

    final int receiveBufferOctets() {
        return receiveBuffer;
    }

    final void receiveBufferOctets(int octets) {
        receiveBuffer = octets;
    }

    final int softError() {
        return softError;
    }

    final void softError(int errno) {
        softError = errno;
    }

    /// The peer will send no more.
    final void shutdownReceive() {
        shutdownMask |= RCV_SHUTDOWN;
        done = true;
    }

    /// The smallest of all deadlines goes on the wheel.
    final void rearm() {
        long earliest = Math.min(Math.min(retransmitDeadlineNs, delayedAckDeadlineNs), Math.min(keepaliveDeadlineNs, pacingDeadlineNs));
        tcp.wheel().arm(this, earliest);
    }

    final void retransmitTimer(byte kind, long deadlineNs) {
        retransmitKind = kind;
        retransmitDeadlineNs = deadlineNs;
        rearm();
    }

    final void stopRetransmitTimer() {
        if (retransmitKind != TIMER_NONE || retransmitDeadlineNs != NEVER) {
            retransmitTimer(TIMER_NONE, NEVER);
        }
    }

    final void delayedAckTimer(long deadlineNs) {
        delayedAckDeadlineNs = deadlineNs;
        rearm();
    }

    final void keepaliveTimer(long deadlineNs) {
        keepaliveDeadlineNs = deadlineNs;
        rearm();
    }

    final void pacingTimer(long deadlineNs) {
        pacingDeadlineNs = deadlineNs;
        rearm();
    }

    final void stopTimers() {
        retransmitKind = TIMER_NONE;
        retransmitDeadlineNs = NEVER;
        delayedAckDeadlineNs = NEVER;
        keepaliveDeadlineNs = NEVER;
        pacingDeadlineNs = NEVER;
        tcp.wheel().cancel(this);
    }

    @Override
    protected final void expire(long nowNs) {
        Timeouts.expire(this, nowNs);
    }

    final Sender sender() {
        Sender present = sender;
        if (present == null) {
            present = tcp.newSender(this);
            sender(present);
            senderCreated(present);
        }
        return present;
    }

    final void sender(@Nullable Sender s) {
        sender = s;
        flight = s == null ? null : s.flight;
        sendBytes = s == null ? null : s.bytes;
        control = s == null ? null : s.control;
    }

    /// The connection has got its [Sender].
    abstract void senderCreated(Sender s);

    abstract String congestionName();

    final int bits() {
        return optionBits;
    }

    /// The peer's and the user's options that children take over.
    final void inheritOptions(Connection from) {
        optionBits = from.optionBits;
        boundInterface = from.boundInterface;
        sendBuffer = from.sendBuffer;
        receiveBuffer = from.receiveBuffer;
        maxPacingRate = from.maxPacingRate;
        priority = from.priority;
        mark = from.mark;
        lingerSeconds = from.lingerSeconds;
        receiveLowWater = from.receiveLowWater;
        timestamping = from.timestamping;
        receiveTimeoutUs = from.receiveTimeoutUs;
        sendTimeoutUs = from.sendTimeoutUs;
        typeOfService = from.typeOfService;
        timeToLive = from.timeToLive;
        trafficClass = from.trafficClass;
        hopLimit = from.hopLimit;
        minTtl = from.minTtl;
        minHopLimit = from.minHopLimit;
        pathMtuDiscovery = from.pathMtuDiscovery;
        pathMtuDiscovery6 = from.pathMtuDiscovery6;
        portRange = from.portRange;
    }

    final FastOpen fastOpen() {
        FastOpen present = fastOpen;
        if (present == null) {
            present = new FastOpen();
            fastOpen = present;
        }
        return present;
    }

    /// A child of Fast Open whose handshake is not over: it lives in SYN-RECEIVED (or FIN-WAIT-1), and its retransmission timer is the SYN-ACK's.
    final boolean awaitsHandshake() {
        FastOpen f = fastOpen;
        return f != null && f.awaitsAck;
    }

    final SendNotices notices() {
        SendNotices present = notices;
        if (present == null) {
            present = new SendNotices();
            notices = present;
        }
        return present;
    }

    final Receiver receiver() {
        Receiver present = receiver;
        if (present == null) {
            present = tcp.slabs().takeReceiver();
            receiver = present;
        }
        return present;
    }

    /// The sequence number of the first octet in the send buffer. Not derived from the ISS: after 2 GiB that can no longer be compared.
    final int textBase() {
        return synUnacked ? snd.una + 1 : snd.una;
    }

    /// Octets written and not yet acknowledged, sent or not.
    final int unacknowledged() {
        return Math.max(0, snd.writeEnd - textBase());
    }

    /// Octets written and not yet sent.
    final int unsent() {
        return Math.max(0, snd.writeEnd - snd.nxt);
    }

    /// Octets received in order and not yet read.
    final int unread() {
        int end = finReceived ? rcv.nxt - 1 : rcv.nxt;
        return Math.max(0, end - rcv.copied);
    }

    /// The network path is to be looked up again before the next segment.
    final void forgetRoute() {
        route = null;
    }

    final void raise(int mask) {
        signal(mask);
    }

    static long never() {
        return WheelTimer.NEVER;
    }
}
