package org.lastack.core;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lastack.wire.IpAddress;

/// A network interface of one engine: a TUN (bare IP packets), an Ethernet, or the loopback. Belongs to the engine; use under its lock.
public final class Interface {
    /// What the frames of an interface begin with.
    public enum Kind {
        /// The IP header.
        IP,
        /// An Ethernet header; next hops are resolved by ARP and NDP.
        ETHERNET,
        /// The engine itself.
        LOOPBACK
    }

    /// An address of the interface and the length of its on-link prefix in bits.
    public record Address(IpAddress address, int prefixLength) {
        public Address {
            int bits = address.isV4() ? 32 : 128;
            if (prefixLength < 0 || prefixLength > bits) {
                throw new IllegalArgumentException("prefix length " + prefixLength + " is outside 0.." + bits);
            }
        }

        /// `10.0.0.1/24`, `fd00::1/64`; without a length the address alone (/32, /128).
        public static Address of(String text) {
            int slash = text.indexOf('/');
            IpAddress address = IpAddress.of(slash < 0 ? text : text.substring(0, slash));
            try {
                return new Address(address, slash < 0 ? (address.isV4() ? 32 : 128) : Integer.parseInt(text.substring(slash + 1)));
            } catch (NumberFormatException e) {
                throw new IllegalArgumentException("not a prefix length: '" + text + "'", e);
            }
        }

        @Override
        public String toString() {
            return address + "/" + prefixLength;
        }
    }

    private final int index;
    private final String name;
    private final Kind kind;
    private final long macAddress;
    private int mtu;
    private boolean up = true;
    private final List<Address> addresses = new ArrayList<>();
    private final List<Address> addressesView = Collections.unmodifiableList(addresses);
    private @Nullable Listener listener;

    /// Told when something about an interface has changed that routes or neighbours depend on. One per interface: the Internet layer.
    public interface Listener {
        /// `added` or `removed` may be null; both are null if another property has changed.
        void changed(Interface changed, @Nullable Address added, @Nullable Address removed);
    }

    /// The link completes checksums ([org.lastack.wire.Frame#needsChecksum]).
    private boolean checksumOffload;
    /// Largest TCP super-segment in octets of IP packet that the link cuts itself, 0 if it does not.
    private int segmentationOffload;

    public Interface(int index, String name, Kind kind, long macAddress, int mtu) {
        if (mtu < 68 || mtu > 65_536) {
            throw new IllegalArgumentException("MTU " + mtu + " of " + name + " is outside 68..65536");
        }
        this.index = index;
        this.name = name;
        this.kind = kind;
        this.macAddress = macAddress;
        this.mtu = mtu;
    }

    /// 1 for the loopback, then counting up; 0 means "any interface" where an index is asked for.
    public int index() {
        return index;
    }

    public String name() {
        return name;
    }

    public Kind kind() {
        return kind;
    }

    /// The 48 bits of the MAC address; 0 unless Ethernet.
    public long macAddress() {
        return macAddress;
    }

    /// Largest IP packet in octets.
    public int mtu() {
        return mtu;
    }

    /// @throws IllegalArgumentException outside 68..65536
    public void mtu(int octets) {
        if (octets < 68 || octets > 65_536) {
            throw new IllegalArgumentException("MTU " + octets + " of " + name + " is outside 68..65536");
        }
        mtu = octets;
        tell(null, null);
    }

    public boolean up() {
        return up;
    }

    public void up(boolean isUp) {
        up = isUp;
        tell(null, null);
    }

    public boolean checksumOffload() {
        return checksumOffload;
    }

    public int segmentationOffload() {
        return segmentationOffload;
    }

    public void offloads(boolean checksum, int segmentationOctets) {
        checksumOffload = checksum;
        segmentationOffload = segmentationOctets;
    }

    /// For the engine that owns this interface.
    public void listener(@Nullable Listener receiver) {
        listener = receiver;
    }

    private void tell(@Nullable Address added, @Nullable Address removed) {
        Listener receiver = listener;
        if (receiver != null) {
            receiver.changed(this, added, removed);
        }
    }

    /// In the order in which they were added. A live view; changes go through [#addAddress] and [#removeAddress].
    public List<Address> addresses() {
        return addressesView;
    }

    /// Adds an address and the route to its prefix; does nothing if the interface has it. An IPv6 address of an Ethernet is usable only after
    /// duplicate address detection (RFC 4862 §5.4), about a second later.
    public void addAddress(Address address) {
        if (!owns(address.address().high(), address.address().low())) {
            addresses.add(address);
            tell(address, null);
        }
    }

    /// False if the interface does not have it.
    public boolean removeAddress(IpAddress address) {
        for (int i = 0; i < addresses.size(); i++) {
            if (addresses.get(i).address().equals(address)) {
                tell(null, addresses.remove(i));
                return true;
            }
        }
        return false;
    }

    /// True if the address is one of this interface's own.
    public boolean owns(long high, long low) {
        for (int i = 0; i < addresses.size(); i++) {
            IpAddress each = addresses.get(i).address();
            if (each.low() == low && each.high() == high) {
                return true;
            }
        }
        return false;
    }

    /// The first address of that family, or null.
    public @Nullable IpAddress firstAddress(boolean v4) {
        for (Address each : addresses) {
            if (each.address().isV4() == v4) {
                return each.address();
            }
        }
        return null;
    }

    @Override
    public String toString() {
        return name;
    }
}
