package org.lastack.core;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lastack.core.ip.IpLayer;
import org.lastack.core.ip.Transport;
import org.lastack.core.socket.Owner;
import org.lastack.core.socket.SocketOptions;
import org.lastack.core.tcp.Tcp;
import org.lastack.core.tcp.TcpSocket;
import org.lastack.core.udp.Udp;
import org.lastack.core.udp.UdpSocket;
import org.lastack.wire.EthernetHeader;
import org.lastack.wire.Frame;
import org.lastack.wire.FramePool;
import org.lastack.wire.IpProtocol;

/// The sans-IO engine of one host: frames and user calls go in, frames and readiness come out, time is told. It has no thread, lock, clock
/// or randomness of its own; the same inputs give the same outputs, bit for bit. Everything runs under the lock of whoever drives it.
///
/// The driver's loop: [#setNow], then [#input] for each frame that came, then [#poll] until null, then wait until [#nextTimeoutNs] (or the
/// next frame or user call), [#setNow], [#timeout], [#poll] until null. After every user call on a socket: [#poll] until null. Calling early
/// or often does no harm.
public final class Engine {
    private final EngineConfig config;
    private final Entropy entropy;
    private final Counters counters = new Counters();
    private final TimerWheel timers = new TimerWheel();
    private final FramePool frames = new FramePool();
    private final List<Interface> interfaces = new ArrayList<>();
    private final List<Interface> interfacesView = Collections.unmodifiableList(interfaces);
    private final Interface loopback;
    private final IpLayer ip;
    private final SocketOptions socketOptions;
    private final Udp udp;
    private final Tcp tcp;
    private Output[] outputs = new Output[0];
    private int lastInterfaceIndex;
    private long now;
    private @Nullable RuntimeException lastFault;
    /// The frame that is being received, if it is of [#frames] and may therefore be kept.
    private @Nullable Frame arriving;

    /// A host with a loopback interface `lo` (127.0.0.1/8, ::1) and nothing else.
    public Engine(EngineConfig config, Entropy entropy) {
        this.config = config;
        this.entropy = entropy;
        ip = new IpLayer(this);
        socketOptions = new SocketOptions(this);
        loopback = addInterface("lo", Interface.Kind.LOOPBACK, 0, 65_536);
        loopback.addAddress(Interface.Address.of("127.0.0.1/8"));
        loopback.addAddress(Interface.Address.of("::1/128"));
        udp = new Udp(this);
        transport(IpProtocol.UDP, udp);
        output(udp);
        tcp = new Tcp(this);
    }

    /// Tells the time in nanoseconds; it must not go backwards.
    public void setNow(long nowNs) {
        now = nowNs;
    }

    /// The time last told.
    public long now() {
        return now;
    }

    /// Adds an interface without addresses.
    ///
    /// @param mac the 48 bits of the station address for [Interface.Kind#ETHERNET], else 0
    /// @param mtu largest IP packet in octets
    /// @throws IllegalArgumentException if the name is taken or the MTU outside 68..65536
    public Interface addInterface(String name, Interface.Kind kind, long mac, int mtu) {
        if (interfaceNamed(name) != null) {
            throw new IllegalArgumentException("there is an interface " + name + " already");
        }
        Interface added = new Interface(++lastInterfaceIndex, name, kind, mac, mtu);
        interfaces.add(added);
        added.listener(ip::interfaceChanged);
        ip.interfaceChanged(added, null, null);
        return added;
    }

    /// Removes an interface with its addresses and routes.
    ///
    /// @throws IllegalArgumentException for the loopback
    public void removeInterface(Interface gone) {
        if (gone == loopback) {
            throw new IllegalArgumentException("the loopback cannot be removed");
        }
        if (interfaces.remove(gone)) {
            gone.listener(null);
            gone.up(false);
            ip.interfaceChanged(gone, null, null);
        }
    }

    /// All interfaces, the loopback first: a live view.
    public List<Interface> interfaces() {
        return interfacesView;
    }

    public @Nullable Interface interfaceNamed(String name) {
        for (Interface each : interfaces) {
            if (each.name().equals(name)) {
                return each;
            }
        }
        return null;
    }

    /// The interface with that index, or null.
    public @Nullable Interface interfaceAt(int index) {
        for (int i = 0; i < interfaces.size(); i++) {
            if (interfaces.get(i).index() == index) {
                return interfaces.get(i);
            }
        }
        return null;
    }

    public Interface loopback() {
        return loopback;
    }

    /// A frame has arrived. Borrows the array during the call. Malformed frames are counted and dropped.
    public void input(Interface in, byte[] data, int offset, int length) {
        input(in, data, offset, length, false, 0);
    }

    /// A frame has arrived whose link may have verified checksums or merged segments ([Frame#checksumVerified], [Frame#needsChecksum],
    /// [Frame#gsoSize]). Borrows the frame: the caller releases it. One that came from [#frames] may be held until its text has been read ([Frame#held]); then the
    /// caller must not use it for something else.
    public void input(Interface in, Frame frame) {
        boolean verified = frame.checksumVerified || frame.needsChecksum;
        arriving = frames.owns(frame) ? frame : null;
        tcp.arriving(frame);
        try {
            input(in, frame.data, frame.offset, frame.length, verified, frame.gsoType == Frame.GSO_NONE ? 0 : frame.gsoSize);
        } finally {
            tcp.arriving(null);
            arriving = null;
        }
    }

    /// Says that the first `count` frames of `batch` will be given to [#input] next, in this order. What they need of memory that is in no cache is then fetched for
    /// all of them at once (see `Lookahead`): with a million connections that speak in turn a segment costs about two thirds. Nothing else changes, and nothing
    /// happens if they are not given, or others are.
    public void expect(Interface in, Frame[] batch, int count) {
        tcp.expect(batch, count, in.kind() == Interface.Kind.ETHERNET ? EthernetHeader.LENGTH : 0);
    }

    /// During [#input]: the frame that is being received, if its octets may be kept by [Frame#hold].
    public @Nullable Frame arriving() {
        return arriving;
    }

    private void input(Interface in, byte[] data, int offset, int length, boolean checksumVerified, int gsoSize) {
        if (!in.up()) {
            return;
        }
        try {
            ip.input(in, data, offset, length, checksumVerified, gsoSize);
        } catch (RuntimeException fault) {
            fault(fault);
        }
    }

    /// SECURITY J-01: a packet that finds a fault of ours costs one packet, not the host.
    private void fault(RuntimeException fault) {
        if (config.rethrowFaults()) {
            throw fault;
        }
        lastFault = fault;
        counters.increment(Counter.LastackInputFaults);
    }

    /// The last exception counted under [Counter#LastackInputFaults], or null.
    public @Nullable RuntimeException lastFault() {
        return lastFault;
    }

    /// The next outgoing frame, or null if there is none; [Frame#interfaceIndex] says through which interface. The caller owns it and releases
    /// it. Delivers packets of this host to itself on the way, and has pending transport output built.
    public @Nullable Frame poll() {
        while (true) {
            Frame frame = ip.pollLink();
            if (frame != null) {
                return frame;
            }
            if (!deliverLooped() && !flush()) {
                return null;
            }
        }
    }

    private boolean deliverLooped() {
        try {
            return ip.deliverLooped();
        } catch (RuntimeException fault) {
            fault(fault);
            return true;
        }
    }

    /// Has [#poll] keep back acknowledgments that an answer may carry, because the caller is about to give one: those of single segments. They leave with the first poll
    /// after `holdAcks(false)`, which the caller must see to within a millisecond or so, or earlier with the answer.
    ///
    /// @return whether any is being kept back
    public boolean holdAcks(boolean hold) {
        boolean any = false;
        for (Output each : outputs) {
            any |= each.holdAcks(hold);
        }
        return any;
    }

    private boolean flush() {
        boolean sent = false;
        for (Output each : outputs) {
            sent |= each.flush();
        }
        return sent;
    }

    /// Adds a protocol that is asked for output by [#poll].
    public void output(Output source) {
        Output[] more = java.util.Arrays.copyOf(outputs, outputs.length + 1);
        more[outputs.length] = source;
        outputs = more;
    }

    /// Registers the receiver of an IP protocol.
    public void transport(int protocol, Transport receiver) {
        ip.transport(protocol, receiver);
    }

    /// The time at which [#timeout] must be called, or [WheelTimer#NEVER].
    public long nextTimeoutNs() {
        return timers.nextDeadlineNs();
    }

    /// Runs everything that is due at [#now].
    public void timeout() {
        timers.expire(now);
    }

    public EngineConfig config() {
        return config;
    }

    public Sysctls sysctls() {
        return config.sysctls();
    }

    public Counters counters() {
        return counters;
    }

    public IpLayer ip() {
        return ip;
    }

    public Tcp tcp() {
        return tcp;
    }

    /// A new TCP socket in CLOSED.
    ///
    /// @param domain AF_INET or AF_INET6 of [org.lastack.core.socket.InetSocket]
    public TcpSocket tcpSocket(int domain, Owner owner) {
        return tcp.socket(domain, owner);
    }

    public Udp udp() {
        return udp;
    }

    /// A new UDP socket.
    ///
    /// @param domain AF_INET or AF_INET6
    public UdpSocket udpSocket(int domain, Owner owner) {
        return udp.socket(domain, owner);
    }

    /// The options that all sockets share.
    public SocketOptions socketOptions() {
        return socketOptions;
    }

    public TimerWheel timers() {
        return timers;
    }

    public Entropy entropy() {
        return entropy;
    }

    public FramePool frames() {
        return frames;
    }
}
