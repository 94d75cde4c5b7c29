package org.lastack.core.ip;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lastack.core.Engine;
import org.lastack.core.Errno;
import org.lastack.core.Interface;
import org.lastack.wire.IpAddress;
import org.lastack.wire.Ndp;

/// Which groups each interface listens to, with a count of the sockets that asked. All-hosts (224.0.0.1), all-nodes (ff02::1, ff01::1) and the
/// solicited-node groups of own addresses are members without asking (RFC 1112 §7.2, RFC 4291 §2.8).
public final class MulticastGroups {
    /// Memberships of one host; beyond it joining fails with ENOBUFS.
    private static final int MAX_MEMBERSHIPS = 4096;
    private static final int ALL_HOSTS = 0xe000_0001;

    private static final class Membership {
        final int interfaceIndex;
        final long high;
        final long low;
        int users;

        Membership(int interfaceIndex, long high, long low) {
            this.interfaceIndex = interfaceIndex;
            this.high = high;
            this.low = low;
        }
    }

    /// Visits the groups of an interface.
    interface Visitor {
        void group(long high, long low, int index);
    }

    private final List<Membership> memberships = new ArrayList<>();
    private @Nullable ListenerReports reports;
    private @Nullable GroupReports reportsV4;
    private final Engine engine;

    MulticastGroups(Engine engine) {
        this.engine = engine;
    }

    void reports(ListenerReports to) {
        reports = to;
    }

    void reports(GroupReports to) {
        reportsV4 = to;
    }

    /// Numbers the joined IPv4 groups of an interface, up to `limit`; returns how many there are.
    int forEachV4(Interface in, Visitor visitor, int limit) {
        int index = 0;
        for (int i = 0; i < memberships.size() && index < limit; i++) {
            Membership each = memberships.get(i);
            if (each.interfaceIndex == in.index() && each.high == 0) {
                visitor.group(each.high, each.low, index++);
            }
        }
        return index;
    }

    /// Numbers the joined IPv6 groups of an interface from `first` on, up to `limit`; returns the number after the last.
    int forEachV6(Interface in, Visitor visitor, int first, int limit) {
        int index = first;
        for (int i = 0; i < memberships.size() && index < limit; i++) {
            Membership each = memberships.get(i);
            // RFC 3810 §6: never about all-nodes or groups of interface scope.
            if (each.interfaceIndex == in.index() && each.high >>> 56 == 0xff && (each.high >>> 48 & 15) > 1) {
                visitor.group(each.high, each.low, index++);
            }
        }
        return index;
    }

    /// 0 or -ENOBUFS.
    public int join(Interface in, long high, long low) {
        Membership found = find(in.index(), high, low);
        if (found == null) {
            if (memberships.size() >= MAX_MEMBERSHIPS) {
                return -Errno.ENOBUFS;
            }
            found = new Membership(in.index(), high, low);
            memberships.add(found);
        }
        found.users++;
        if (found.users == 1 && reports != null && high != 0) {
            reports.joined(in);
        }
        if (found.users == 1 && reportsV4 != null && high == 0) {
            reportsV4.joined(in, (int) low);
        }
        return 0;
    }

    public void leave(int interfaceIndex, long high, long low) {
        Membership found = find(interfaceIndex, high, low);
        if (found != null && --found.users == 0) {
            memberships.remove(found);
            Interface in = engine.interfaceAt(interfaceIndex);
            if (reports != null && high != 0 && in != null) {
                reports.left(in, new IpAddress(high, low));
            }
            if (reportsV4 != null && high == 0 && in != null) {
                reportsV4.left(in, (int) low);
            }
        }
    }

    private @Nullable Membership find(int interfaceIndex, long high, long low) {
        for (int i = 0; i < memberships.size(); i++) {
            Membership each = memberships.get(i);
            if (each.interfaceIndex == interfaceIndex && each.low == low && each.high == high) {
                return each;
            }
        }
        return null;
    }

    /// True if packets to this group are for us when they arrive on this interface.
    public boolean member(Interface in, long high, long low) {
        return isImplicit(in, high, low) || find(in.index(), high, low) != null;
    }

    private static boolean isImplicit(Interface in, long high, long low) {
        if (high == 0) {
            return (int) low == ALL_HOSTS;
        }
        if (low == 1 && (high == 0xff02_0000_0000_0000L || high == 0xff01_0000_0000_0000L)) {
            return true;
        }
        if (!Ndp.isSolicitedNode(high, low)) {
            return false;
        }
        for (int i = 0; i < in.addresses().size(); i++) {
            // Tentative addresses too: duplicate address detection listens there.
            if ((in.addresses().get(i).address().low() & 0xff_ffff) == (low & 0xff_ffff) && !in.addresses().get(i).address().isV4()) {
                return true;
            }
        }
        return false;
    }
}
