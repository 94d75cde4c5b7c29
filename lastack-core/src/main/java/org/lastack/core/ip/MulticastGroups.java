package org.lastack.core.ip;

import java.util.ArrayList;
import java.util.List;
import org.lastack.core.Errno;
import org.lastack.core.Interface;

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

    private final List<Membership> memberships = new ArrayList<>();

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
        return 0;
    }

    public void leave(int interfaceIndex, long high, long low) {
        Membership found = find(interfaceIndex, high, low);
        if (found != null && --found.users == 0) {
            memberships.remove(found);
        }
    }

    private @org.jspecify.annotations.Nullable Membership find(int interfaceIndex, long high, long low) {
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
        if (!org.lastack.wire.Ndp.isSolicitedNode(high, low)) {
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
