package org.lastack.core.socket;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.lastack.core.Entropy;
import org.lastack.core.Sysctls;

/// Placeholder until the port table lands.
public final class PortTable {
    private final Map<Integer, InetSocket> listeners = new HashMap<>();
    private int next = 32768;
    public PortTable() {}
    public PortTable(int protocol, Sysctls sysctls, Entropy entropy, LocalAddresses locals) {}
    public void optionsChanged(InetSocket socket) {}
    public int bind(InetSocket s, long high, long low, int port) { s.localName(high, low, port == 0 ? next++ : port); s.localLocks(true, true); s.portClaim(1); return 0; }
    public int autobind(InetSocket s) { s.localName(s.localHigh(), s.localLow(), next++); s.portClaim(1); return 0; }
    public int listen(InetSocket s) { listeners.put(s.localPort(), s); return 0; }
    public void stopListening(InetSocket s) { listeners.remove(s.localPort()); }
    public int connect(InetSocket s, long sh, long sl, long dh, long dl, int dp, TupleUse t) { s.localName(sh, sl, s.localPort() == 0 ? next++ : s.localPort()); s.portClaim(1); return 0; }
    public void connectFailed(InetSocket s) {}
    public void child(InetSocket l, InetSocket c) { c.portClaim(1); }
    public int toTimeWait(InetSocket s) { s.portClaim(0); return 1; }
    public void leave(int claim) {}
    public void release(InetSocket s) { s.portClaim(0); }
    public @Nullable InetSocket listener(long dh, long dl, int dp, long sh, long sl, int sp, int i) { return listeners.get(dp); }
}
