package org.lastack.core.tcp;

import org.lastack.core.Engine;
import org.lastack.core.EngineConfig;
import org.lastack.core.Entropy;
import org.lastack.core.Interface;
import org.lastack.core.Sysctls;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.Owner;
import org.lastack.wire.Frame;

/// Two engines and a perfect wire that hands frames over as they are, without copies: for volume, and for counting garbage.
final class Cable {
    final Engine[] engines = new Engine[2];
    final Interface[] wires = new Interface[2];
    final TcpSocket[] ends = new TcpSocket[2];
    long nowNs = 1_000_000_000L;
    long frames;

    /// @param superSegment octets of segments that the link takes whole; 0 for ordinary ones with checksums
    Cable(int mtu, int superSegment, int belowTheWrap) {
        for (int i = 0; i < 2; i++) {
            engines[i] = new Engine(new EngineConfig("host" + i, new Sysctls().congestionControl("reno"), true), Entropy.seeded(5 + i));
            wires[i] = engines[i].addInterface("tun0", Interface.Kind.IP, 0, mtu);
            wires[i].addAddress(Interface.Address.of(TwoHosts.ADDRESSES[i] + "/24"));
            wires[i].offloads(superSegment > 0, superSegment);
        }
        if (belowTheWrap > 0) {
            int iss = engines[0].tcp().chooseIss(TwoHosts.ADDRESSES[0].high(), TwoHosts.ADDRESSES[0].low(), TwoHosts.CLIENT_PORT, TwoHosts.ADDRESSES[1].high(),
                    TwoHosts.ADDRESSES[1].low(), TwoHosts.PORT);
            nowNs += Integer.toUnsignedLong(-belowTheWrap - iss - (int) (nowNs >>> 6)) << 6;
        }
        tick(0);
        TcpSocket listener = engines[1].tcpSocket(InetSocket.AF_INET, Owner.ROOT);
        HostUnderTest.must(listener.bind(TwoHosts.ADDRESSES[1].high(), TwoHosts.ADDRESSES[1].low(), TwoHosts.PORT));
        HostUnderTest.must(listener.listen(1));
        ends[0] = engines[0].tcpSocket(InetSocket.AF_INET, Owner.ROOT);
        HostUnderTest.must(ends[0].bind(TwoHosts.ADDRESSES[0].high(), TwoHosts.ADDRESSES[0].low(), TwoHosts.CLIENT_PORT));
        ends[0].connect(TwoHosts.ADDRESSES[1].high(), TwoHosts.ADDRESSES[1].low(), TwoHosts.PORT);
        pump();
        TcpSocket child = listener.accept();
        if (child == null) {
            throw new AssertionError("no connection");
        }
        ends[1] = child;
    }

    /// Lets time pass; runs what is due.
    void tick(long ns) {
        nowNs += ns;
        for (int i = 0; i < 2; i++) {
            engines[i].setNow(nowNs);
            if (engines[i].nextTimeoutNs() <= nowNs) {
                engines[i].timeout();
            }
        }
    }

    /// Carries frames until neither side has any.
    void pump() {
        boolean moved = true;
        while (moved) {
            moved = false;
            for (int i = 0; i < 2; i++) {
                for (Frame frame = engines[i].poll(); frame != null; frame = engines[i].poll()) {
                    engines[1 - i].input(wires[1 - i], frame);
                    frame.release();
                    frames++;
                    moved = true;
                }
            }
        }
    }
}
