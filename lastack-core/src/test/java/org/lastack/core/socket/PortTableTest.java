package org.lastack.core.socket;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.lastack.core.Entropy;
import org.lastack.core.Errno;
import org.lastack.core.Sysctl;
import org.lastack.core.Sysctls;
import org.lastack.wire.IpAddress;

/// Rules of the port table one by one. The recorded tables (`BindOracleTest`) show that their combination is Linux's; here each has a name.
///
/// Sixteen rules were broken by hand, one at a time; each turned these red (O = BindOracleTest, T = ThreeSocketsOracleTest):
/// a wildcard overlaps nothing: O, T, 11 others. Devices ignored: O, addressesAndDevicesThatDoNotMeet. SO_REUSEADDR beside a listener: O, T,
/// theSecondListenerFails. SO_REUSEPORT for other owners: O, everyRefusalHasItsReason. TIME-WAIT keeps its owner: O, timeWaitForgetsTheOwner.
/// V6ONLY ignored: O, bindToPort0TakesOddPortsFirstAndSharesNone. `connect` does not narrow: O, connectNarrowsAndFailureWidens. A failed one
/// stays narrow: O, the same. TIME-WAIT loses SO_REUSEADDR: O, s0_07_restartInTimeWait. `listen` without the rule: O, theSecondListenerFails,
/// aTwinInTheSameGroupBlocks. Children do not inherit: O, childrenInheritTheListenersOptionsOfThisMoment. Options not read live: O,
/// optionsOwnerAndDeviceCountAsTheyAreNow. Chosen ports shared by options: PortChoiceTest. `connect` takes bound ports:
/// connectAvoidsPortsThatAnybodyBound. A wildcard listener before a specific one: DemuxTest. Reserved ports chosen: PortChoiceTest.
class PortTableTest {
    private static final TupleUse FREE = (lh, ll, lp, rh, rl, rp, auto) -> true;
    /// Besides the loopback addresses, on interface 2.
    private static final List<IpAddress> HERE = List.of(IpAddress.of("10.0.0.1"), IpAddress.of("2001:db8::1"), IpAddress.of("fe80::1"));
    private static final Owner ALICE = new Owner(1001, 77, "alice");
    private static final Owner BOB = new Owner(1002, 88, "bob");

    private final Sysctls sysctls = new Sysctls();
    private final LocalAddresses addresses = new LocalAddresses() {
        @Override
        public boolean isLocal(long high, long low) {
            return IpAddress.isLoopback(high, low) || HERE.contains(new IpAddress(high, low));
        }

        @Override
        public boolean isLocalOn(long high, long low, int ifIndex) {
            return isLocal(high, low) && ifIndex == (IpAddress.isLoopback(high, low) ? 1 : 2);
        }

        @Override
        public boolean isBroadcast(long high, long low) {
            return new IpAddress(high, low).equals(IpAddress.of("10.0.0.255"));
        }
    };
    private final PortTable tcp = new PortTable(PortTable.TCP, sysctls, Entropy.seeded(1), addresses);
    private final PortTable udp = new PortTable(PortTable.UDP, sysctls, Entropy.seeded(2), addresses);

    private static void refused(int result, int errno) {
        assertThat(Errno.name(result)).isEqualTo(Errno.name(errno));
    }

    private static BindRule rule(PortTable table, FakeSocket s, String address, int port) {
        IpAddress a = IpAddress.of(address);
        BindDecision decision = table.explainBind(s, a.high(), a.low(), port);
        FakeSocket twin = new FakeSocket(table, s.domain(), s.owner());
        twin.optionBits = s.optionBits;
        twin.boundInterface = s.boundInterface;
        int result = table.bind(twin, a.high(), a.low(), port);
        assertThat(Errno.name(result)).as("the errno follows from the rule").isEqualTo(Errno.name(decision.errno()));
        table.release(twin);
        return decision.rule();
    }

    // Names that a socket cannot have

    @Test
    void namesThatASocketCannotHave() {
        assertThat(rule(tcp, FakeSocket.v4(tcp), "10.9.9.9", 5000)).isEqualTo(BindRule.NOT_LOCAL);
        assertThat(rule(tcp, FakeSocket.v4(tcp).with(InetSocket.FREEBIND), "10.9.9.9", 5000)).isEqualTo(BindRule.FREE);
        assertThat(rule(tcp, FakeSocket.v4(tcp).with(InetSocket.TRANSPARENT), "10.9.9.9", 5000)).isEqualTo(BindRule.FREE);
        sysctls.set(Sysctl.IP_NONLOCAL_BIND, 1);
        assertThat(rule(tcp, FakeSocket.v4(tcp), "10.9.9.9", 5000)).isEqualTo(BindRule.FREE);
        sysctls.set(Sysctl.IP_NONLOCAL_BIND, 0);
        assertThat(rule(tcp, FakeSocket.v4(tcp), "::1", 5000)).isEqualTo(BindRule.WRONG_FAMILY);
        assertThat(rule(tcp, FakeSocket.v6(tcp).with(InetSocket.V6ONLY), "::ffff:127.0.0.1", 5000)).isEqualTo(BindRule.V6ONLY_MAPPED);
        assertThat(rule(tcp, FakeSocket.v6(tcp), "ff02::1", 5000)).isEqualTo(BindRule.STREAM_MULTICAST);
        assertThat(rule(udp, FakeSocket.v6(udp), "ff02::1", 5000)).isEqualTo(BindRule.FREE);
        assertThat(rule(tcp, FakeSocket.v4(tcp), "224.0.0.1", 5000)).isEqualTo(BindRule.FREE);
        assertThat(rule(tcp, FakeSocket.v4(tcp), "10.0.0.255", 5000)).isEqualTo(BindRule.FREE);
    }

    /// Recorded from Linux: only IPv6 addresses of less than global scope must be on the socket's device.
    @Test
    void aNarrowIpv6AddressMustBeOnTheDevice() {
        assertThat(rule(tcp, FakeSocket.v6(tcp).device(2), "::1", 5000)).isEqualTo(BindRule.NOT_ON_DEVICE);
        assertThat(rule(tcp, FakeSocket.v6(tcp).device(1), "::1", 5000)).isEqualTo(BindRule.FREE);
        assertThat(rule(tcp, FakeSocket.v6(tcp).device(2), "::", 5000)).isEqualTo(BindRule.FREE);
        assertThat(rule(tcp, FakeSocket.v6(tcp).device(2), "::ffff:127.0.0.1", 5000)).isEqualTo(BindRule.FREE);
        assertThat(rule(tcp, FakeSocket.v4(tcp).device(2), "127.0.0.1", 5000)).isEqualTo(BindRule.FREE);
        assertThat(rule(tcp, FakeSocket.v6(tcp).device(1), "fe80::1", 5000)).isEqualTo(BindRule.NOT_ON_DEVICE);
        assertThat(rule(tcp, FakeSocket.v6(tcp).device(2), "fe80::1", 5000)).isEqualTo(BindRule.FREE);
        assertThat(rule(tcp, FakeSocket.v6(tcp).device(1), "2001:db8::1", 5000)).as("global, of another device").isEqualTo(BindRule.FREE);
        assertThat(rule(tcp, FakeSocket.v6(tcp).device(1), "2001:db8::2", 5000)).isEqualTo(BindRule.NOT_LOCAL);
    }

    @Test
    void privilegedPorts() {
        assertThat(rule(tcp, new FakeSocket(tcp, InetSocket.AF_INET, ALICE), "127.0.0.1", 1023)).isEqualTo(BindRule.PRIVILEGED);
        assertThat(rule(tcp, new FakeSocket(tcp, InetSocket.AF_INET, ALICE), "127.0.0.1", 1024)).isEqualTo(BindRule.FREE);
        assertThat(rule(tcp, FakeSocket.v4(tcp), "127.0.0.1", 1023)).isEqualTo(BindRule.FREE);
        assertThat(rule(tcp, new FakeSocket(tcp, InetSocket.AF_INET, ALICE), "127.0.0.1", 0)).as("a port of the range").isEqualTo(BindRule.FREE);
        // The address is looked at first.
        assertThat(rule(tcp, new FakeSocket(tcp, InetSocket.AF_INET, ALICE), "10.9.9.9", 80)).isEqualTo(BindRule.NOT_LOCAL);
    }

    /// P100, P101.
    @Test
    void aSocketIsBoundOnce() {
        FakeSocket s = FakeSocket.v4(tcp).bound("127.0.0.1", 5000);
        refused(s.bind("127.0.0.1", 5001), Errno.EINVAL);
        FakeSocket connected = FakeSocket.v4(tcp);
        connected.connect("127.0.0.1", "127.0.0.9", 80, FREE);
        refused(connected.bind("127.0.0.1", 5001), Errno.EINVAL);
    }

    /// Asked of Linux 6.18: the address comes first for an AF_INET socket, and last for an AF_INET6 one.
    @Test
    void theOrderOfChecksDependsOnTheFamily() {
        for (PortTable table : List.of(tcp, udp)) {
            FakeSocket four = FakeSocket.v4(table).bound("127.0.0.1", 5000);
            refused(four.bind("10.9.9.9", 5001), Errno.EADDRNOTAVAIL);
            refused(four.bind("127.0.0.1", 5001), Errno.EINVAL);
            FakeSocket six = FakeSocket.v6(table).bound("::1", 5000);
            refused(six.bind("2001:db8::9", 5001), Errno.EINVAL);
            refused(six.bind("::ffff:10.9.9.9", 5001), Errno.EINVAL);
            FakeSocket user4 = new FakeSocket(table, InetSocket.AF_INET, ALICE);
            refused(user4.bind("10.9.9.9", 80), Errno.EADDRNOTAVAIL);
            refused(user4.bound("127.0.0.1", 5002).bind("127.0.0.1", 80), Errno.EACCES);
            FakeSocket user6 = new FakeSocket(table, InetSocket.AF_INET6, ALICE);
            refused(user6.bind("2001:db8::9", 80), Errno.EACCES);
            refused(user6.bind("ff02::1", 80), table == tcp ? Errno.EINVAL : Errno.EACCES);
            refused(user6.with(InetSocket.V6ONLY).bind("::ffff:127.0.0.1", 80), Errno.EACCES);
            refused(user6.bound("::1", 5002).bind("::1", 80), Errno.EACCES);
            assertThat(rule(table, FakeSocket.v6(table).with(InetSocket.V6ONLY), "::ffff:10.9.9.9", 5003)).isEqualTo(BindRule.V6ONLY_MAPPED);
            table.release(four);
            table.release(six);
        }
    }

    // The rule between two sockets: the reason of each refusal

    @Test
    void everyRefusalHasItsReason() {
        FakeSocket.v4(tcp).bound("127.0.0.1", 5001);
        assertThat(rule(tcp, FakeSocket.v4(tcp), "127.0.0.1", 5001)).isEqualTo(BindRule.NEITHER_SHARES);
        assertThat(rule(tcp, FakeSocket.v4(tcp).options("A"), "127.0.0.1", 5001)).isEqualTo(BindRule.HOLDER_SHARES_NOT);
        FakeSocket.v4(tcp).options("A").bound("127.0.0.1", 5002);
        assertThat(rule(tcp, FakeSocket.v4(tcp), "127.0.0.1", 5002)).isEqualTo(BindRule.NEW_SHARES_NOT);
        assertThat(rule(tcp, FakeSocket.v4(tcp).options("P"), "127.0.0.1", 5002)).isEqualTo(BindRule.OPTIONS_DIFFER);
        assertThat(rule(tcp, FakeSocket.v4(tcp).options("A"), "127.0.0.1", 5002)).isEqualTo(BindRule.SHARED);
        FakeSocket.v4(tcp).options("A").bound("127.0.0.1", 5003).listens();
        assertThat(rule(tcp, FakeSocket.v4(tcp).options("A"), "127.0.0.1", 5003)).isEqualTo(BindRule.LISTENER);
        FakeSocket.v4(tcp).options("A").bound("127.0.0.1", 5005).listens().accepts("127.0.0.1");
        assertThat(rule(tcp, FakeSocket.v4(tcp), "127.0.0.1", 5005)).as("the listener is named first").isEqualTo(BindRule.LISTENER);
        new FakeSocket(tcp, InetSocket.AF_INET, ALICE).options("P").bound("127.0.0.1", 5004);
        assertThat(rule(tcp, new FakeSocket(tcp, InetSocket.AF_INET, BOB).options("P"), "127.0.0.1", 5004)).isEqualTo(BindRule.OWNERS_DIFFER);
        assertThat(rule(tcp, new FakeSocket(tcp, InetSocket.AF_INET, ALICE).options("P"), "127.0.0.1", 5004)).isEqualTo(BindRule.SHARED);
    }

    @Test
    void addressesAndDevicesThatDoNotMeet() {
        FakeSocket.v4(tcp).bound("127.0.0.1", 5001);
        assertThat(rule(tcp, FakeSocket.v4(tcp), "127.0.0.2", 5001)).isEqualTo(BindRule.SHARED);
        assertThat(rule(tcp, FakeSocket.v6(tcp).with(InetSocket.V6ONLY), "::", 5001)).isEqualTo(BindRule.SHARED);
        assertThat(rule(tcp, FakeSocket.v6(tcp), "::", 5001)).isEqualTo(BindRule.NEITHER_SHARES);
        FakeSocket.v4(tcp).device(1).bound("0.0.0.0", 5002);
        assertThat(rule(tcp, FakeSocket.v4(tcp).device(2), "0.0.0.0", 5002)).isEqualTo(BindRule.SHARED);
        assertThat(rule(tcp, FakeSocket.v4(tcp).device(1), "0.0.0.0", 5002)).isEqualTo(BindRule.NEITHER_SHARES);
        assertThat(rule(tcp, FakeSocket.v4(tcp), "0.0.0.0", 5002)).isEqualTo(BindRule.NEITHER_SHARES);
    }

    /// TCP and UDP have a table each.
    @Test
    void protocolsDoNotMeet() {
        FakeSocket.v4(tcp).bound("0.0.0.0", 5001).listens();
        assertThat(rule(udp, FakeSocket.v4(udp), "0.0.0.0", 5001)).isEqualTo(BindRule.FREE);
    }

    /// S0-07, S0-10, S1-25: the option must have been on the listener whose connections are left.
    @Test
    void s0_07_restartInTimeWait() {
        for (String before : new String[] {"-", "A"}) {
            int port = before.equals("A") ? 6001 : 6000;
            FakeSocket listener = FakeSocket.v4(tcp).options(before).bound("0.0.0.0", port).listens();
            int claim = tcp.toTimeWait(listener.accepts("127.0.0.1"));
            tcp.release(listener);
            assertThat(rule(tcp, FakeSocket.v4(tcp), "0.0.0.0", port).refuses()).isTrue();
            assertThat(rule(tcp, FakeSocket.v4(tcp).options("A"), "0.0.0.0", port).refuses()).isEqualTo(before.equals("-"));
            tcp.leave(claim);
            assertThat(rule(tcp, FakeSocket.v4(tcp), "0.0.0.0", port)).isEqualTo(BindRule.FREE);
        }
    }

    @Test
    void timeWaitForgetsTheOwner() {
        FakeSocket old = new FakeSocket(tcp, InetSocket.AF_INET, ALICE).options("P");
        old.connect("127.0.0.1", "127.0.0.9", 80, FREE);
        tcp.toTimeWait(old);
        assertThat(rule(tcp, new FakeSocket(tcp, InetSocket.AF_INET, BOB).options("P"), "127.0.0.1", old.localPort())).isEqualTo(BindRule.SHARED);
    }

    /// Linux: SOCK_BINDPORT_LOCK. A program that keeps its socket keeps the port that it named.
    @Test
    void anOpenSocketHoldsTheNamedPortBeyondTimeWait() {
        FakeSocket held = FakeSocket.v4(tcp).bound("127.0.0.1", 5001);
        held.connect("127.0.0.1", "127.0.0.9", 80, FREE);
        tcp.leave(tcp.toTimeWait(held));
        assertThat(rule(tcp, FakeSocket.v4(tcp), "127.0.0.1", 5001).refuses()).isTrue();
        tcp.release(held);
        assertThat(rule(tcp, FakeSocket.v4(tcp), "127.0.0.1", 5001)).isEqualTo(BindRule.FREE);
    }

    @Test
    void theSecondListenerFails() {
        FakeSocket one = FakeSocket.v4(tcp).options("A").bound("0.0.0.0", 5001);
        FakeSocket two = FakeSocket.v4(tcp).options("A").bound("0.0.0.0", 5001);
        assertThat(tcp.listen(one)).isZero();
        assertThat(tcp.explainListen(two).rule()).isEqualTo(BindRule.LISTENER);
        refused(tcp.listen(two), Errno.EADDRINUSE);
        tcp.stopListening(one);
        assertThat(tcp.listen(two)).isZero();
        assertThat(tcp.listen(two)).as("again").isZero();
    }

    /// A listener that listens again only has its backlog changed: the rule is not asked, and it hears as often as before.
    @Test
    void listenAgainIsNoNewListener() {
        FakeSocket one = FakeSocket.v4(tcp).options("P").bound("0.0.0.0", 5001).listens();
        FakeSocket two = FakeSocket.v4(tcp).options("P").bound("0.0.0.0", 5001).listens();
        one.options("-");
        two.options("-");
        assertThat(tcp.listen(one)).isZero();
        tcp.stopListening(one);
        tcp.release(two);
        IpAddress here = IpAddress.of("127.0.0.1");
        assertThat(tcp.listener(here.high(), here.low(), 5001, here.high(), here.low(), 9, 1)).isNull();
    }

    /// A listener whose port `bind` or `listen` chose gives it back when it is shut down (Linux: no SOCK_BINDPORT_LOCK); its name goes on to show it.
    @Test
    void aChosenPortEndsWithListening() {
        FakeSocket s = FakeSocket.v4(tcp).bound("127.0.0.1", 0).listens();
        int port = s.localPort();
        tcp.stopListening(s);
        assertThat(s.portClaim()).isZero();
        assertThat(s.localPort()).isEqualTo(port);
        assertThat(rule(tcp, FakeSocket.v4(tcp), "127.0.0.1", port)).isEqualTo(BindRule.FREE);
        sysctls.set(Sysctl.IP_LOCAL_PORT_RANGE_LOW, 40_200).set(Sysctl.IP_LOCAL_PORT_RANGE_HIGH, 40_200);
        FakeSocket.v4(tcp).bound("127.0.0.1", 40_200);
        refused(tcp.listen(FakeSocket.v4(tcp)), Errno.EADDRINUSE);
    }

    /// Two sockets that are alike are one group; each must still see the other.
    @Test
    void aTwinInTheSameGroupBlocks() {
        FakeSocket one = FakeSocket.v4(tcp).options("A").bound("0.0.0.0", 5001);
        FakeSocket two = FakeSocket.v4(tcp).options("A").bound("0.0.0.0", 5001);
        one.options("-");
        two.options("-");
        refused(tcp.listen(one), Errno.EADDRINUSE);
        tcp.release(two);
        assertThat(tcp.listen(one)).isZero();
    }

    // connect

    @Test
    void connectNarrowsAndFailureWidens() {
        FakeSocket s = FakeSocket.v4(tcp).bound("0.0.0.0", 5001);
        assertThat(s.connect("127.0.0.1", "127.0.0.9", 80, FREE)).isZero();
        assertThat(rule(tcp, FakeSocket.v4(tcp), "127.0.0.2", 5001)).isEqualTo(BindRule.SHARED);
        tcp.connectFailed(s);
        assertThat(rule(tcp, FakeSocket.v4(tcp), "127.0.0.2", 5001)).isEqualTo(BindRule.NEITHER_SHARES);
        assertThat(s.localPort()).isEqualTo(5001);
    }

    @Test
    void aFailedAutoboundConnectGivesItsPortBack() {
        FakeSocket s = FakeSocket.v4(tcp);
        s.connect("127.0.0.1", "127.0.0.9", 80, FREE);
        int port = s.localPort();
        tcp.connectFailed(s);
        assertThat(s.portClaim()).isZero();
        assertThat(s.localLow()).as("wild again").isEqualTo(IpAddress.ANY_V4.low());
        assertThat(rule(tcp, FakeSocket.v4(tcp), "0.0.0.0", port)).isEqualTo(BindRule.FREE);
        FakeSocket datagrams = FakeSocket.v4(udp);
        datagrams.connect("127.0.0.1", "127.0.0.9", 80, FREE);
        udp.connectFailed(datagrams);
        assertThat(datagrams.localPort()).isZero();
        assertThat(datagrams.remotePort()).isZero();
    }

    /// `::ffff:0.0.0.0` is the wildcard of IPv4, and becomes that again; Linux forgets it (Q2).
    @Test
    void aMappedWildcardWidensToIpv4Only() {
        FakeSocket s = FakeSocket.v6(tcp).bound("::ffff:0.0.0.0", 5001);
        s.connect("127.0.0.1", "127.0.0.9", 80, FREE);
        tcp.connectFailed(s);
        assertThat(rule(tcp, FakeSocket.v6(tcp), "::1", 5001)).isEqualTo(BindRule.SHARED);
        assertThat(rule(tcp, FakeSocket.v4(tcp), "127.0.0.2", 5001)).isEqualTo(BindRule.NEITHER_SHARES);
    }

    @Test
    void aTakenPairOfNamesIsRefused() {
        FakeSocket s = FakeSocket.v4(tcp).bound("127.0.0.1", 5001);
        refused(s.connect("127.0.0.1", "127.0.0.9", 80, (lh, ll, lp, rh, rl, rp, auto) -> auto), Errno.EADDRNOTAVAIL);
    }

    /// P026, P027.
    @Test
    void bindAddressNoPort() {
        FakeSocket s = FakeSocket.v4(tcp).with(InetSocket.BIND_ADDRESS_NO_PORT);
        assertThat(rule(tcp, s, "127.0.0.1", 0)).isEqualTo(BindRule.POSTPONED);
        assertThat(s.bind("127.0.0.1", 0)).isZero();
        assertThat(s.localPort()).isZero();
        assertThat(s.connect("127.0.0.1", "127.0.0.9", 80, FREE)).isZero();
        assertThat(s.localPort() & 1).as("chosen by connect").isZero();
    }

    /// P155, P156.
    @Test
    void connectAvoidsPortsThatAnybodyBound() {
        sysctls.set(Sysctl.IP_LOCAL_PORT_RANGE_LOW, 40_200).set(Sysctl.IP_LOCAL_PORT_RANGE_HIGH, 40_200);
        FakeSocket one = FakeSocket.v4(tcp).options("A");
        assertThat(one.connect("127.0.0.1", "127.0.0.9", 80, FREE)).isZero();
        FakeSocket two = FakeSocket.v4(tcp).options("A").bound("127.0.0.1", 40_200);
        refused(FakeSocket.v4(tcp).connect("127.0.0.1", "127.0.0.9", 81, FREE), Errno.EADDRNOTAVAIL);
        tcp.release(two);
        assertThat(FakeSocket.v4(tcp).connect("127.0.0.1", "127.0.0.9", 81, FREE)).isZero();
    }

    /// P028, P044, P157: bound, listening, connected from there, or refused: a port that `bind` named is none of connect's, until it is released.
    @Test
    void connectAvoidsNamedPortsInEachState() {
        sysctls.set(Sysctl.IP_LOCAL_PORT_RANGE_LOW, 40_200).set(Sysctl.IP_LOCAL_PORT_RANGE_HIGH, 40_200);
        FakeSocket s = FakeSocket.v4(tcp).bound("127.0.0.1", 40_200);
        refused(FakeSocket.v4(tcp).connect("127.0.0.1", "127.0.0.9", 81, FREE), Errno.EADDRNOTAVAIL);
        s.connect("127.0.0.1", "127.0.0.9", 80, FREE);
        refused(FakeSocket.v4(tcp).connect("127.0.0.1", "127.0.0.9", 81, FREE), Errno.EADDRNOTAVAIL);
        tcp.connectFailed(s);
        refused(FakeSocket.v4(tcp).connect("127.0.0.1", "127.0.0.9", 81, FREE), Errno.EADDRNOTAVAIL);
        s.listens();
        refused(FakeSocket.v4(tcp).connect("127.0.0.1", "127.0.0.9", 81, FREE), Errno.EADDRNOTAVAIL);
        tcp.release(s);
        assertThat(FakeSocket.v4(tcp).connect("127.0.0.1", "127.0.0.9", 81, FREE)).isZero();
    }

    /// A changed option makes nothing else of a connection: its port stays shared with connections to other places.
    @Test
    void aChosenPortStaysChosenWhenOptionsChange() {
        sysctls.set(Sysctl.IP_LOCAL_PORT_RANGE_LOW, 40_200).set(Sysctl.IP_LOCAL_PORT_RANGE_HIGH, 40_200);
        FakeSocket s = FakeSocket.v4(tcp);
        s.connect("127.0.0.1", "127.0.0.9", 80, FREE);
        assertThat(tcp.holders(40_200)).singleElement().satisfies(row -> assertThat(row.kind()).isEqualTo(PortHolder.Kind.CONNECTION));
        s.options("A");
        assertThat(tcp.holders(40_200)).singleElement().satisfies(row -> assertThat(row.kind()).isEqualTo(PortHolder.Kind.CONNECTION));
        assertThat(FakeSocket.v4(tcp).connect("127.0.0.1", "127.0.0.9", 81, FREE)).isZero();
    }

    /// An accepted connection on an ephemeral port keeps connect away from it, as a bound socket does.
    @Test
    void connectAvoidsPortsOfListenersChildren() {
        sysctls.set(Sysctl.IP_LOCAL_PORT_RANGE_LOW, 40_200).set(Sysctl.IP_LOCAL_PORT_RANGE_HIGH, 40_200);
        FakeSocket listener = FakeSocket.v4(tcp).bound("127.0.0.1", 40_200).listens();
        FakeSocket child = listener.accepts("127.0.0.1");
        tcp.release(listener);
        refused(FakeSocket.v4(tcp).connect("127.0.0.1", "127.0.0.9", 81, FREE), Errno.EADDRNOTAVAIL);
        int claim = tcp.toTimeWait(child);
        refused(FakeSocket.v4(tcp).connect("127.0.0.1", "127.0.0.9", 81, FREE), Errno.EADDRNOTAVAIL);
        tcp.leave(claim);
        assertThat(FakeSocket.v4(tcp).connect("127.0.0.1", "127.0.0.9", 81, FREE)).isZero();
    }

    /// The address that `bind` gave is the address of the datagrams; a wildcard takes that of the route.
    @Test
    void connectKeepsABoundAddressOfUdp() {
        FakeSocket named = FakeSocket.v4(udp).bound("127.0.0.5", 5001);
        assertThat(named.connect("127.0.0.1", "127.0.0.9", 53, FREE)).isZero();
        assertThat(new IpAddress(named.localHigh(), named.localLow())).isEqualTo(IpAddress.of("127.0.0.5"));
        assertThat(rule(udp, FakeSocket.v4(udp), "127.0.0.1", 5001)).isEqualTo(BindRule.SHARED);
        assertThat(rule(udp, FakeSocket.v4(udp), "127.0.0.5", 5001)).isEqualTo(BindRule.NEITHER_SHARES);
        udp.connectFailed(named);
        assertThat(new IpAddress(named.localHigh(), named.localLow())).as("disconnected").isEqualTo(IpAddress.of("127.0.0.5"));
        FakeSocket wild = FakeSocket.v4(udp).bound("0.0.0.0", 5002);
        assertThat(wild.connect("127.0.0.1", "127.0.0.9", 53, FREE)).isZero();
        assertThat(new IpAddress(wild.localHigh(), wild.localLow())).isEqualTo(IpAddress.of("127.0.0.1"));
    }

    // Counting

    /// A million holders that are alike cost what one costs.
    @Test
    void holdersAreCountedNotListed() {
        FakeSocket listener = FakeSocket.v4(tcp).options("A").bound("0.0.0.0", 5001).listens();
        int[] claims = new int[1_000_000];
        for (int i = 0; i < claims.length; i++) {
            claims[i] = tcp.toTimeWait(listener.accepts("10.0.0.1"));
        }
        assertThat(tcp.holders(5001)).hasSize(2);
        tcp.release(listener);
        BindDecision decision = tcp.explainBind(BindRequest.of(IpAddress.ANY_V4, 5001));
        assertThat(decision.blocking()).singleElement().satisfies(row -> {
            assertThat(row.count()).isEqualTo(1_000_000);
            assertThat(row.kind()).isEqualTo(PortHolder.Kind.TIME_WAIT);
            assertThat(row.rule()).isEqualTo(BindRule.NEW_SHARES_NOT);
        });
        for (int claim : claims) {
            tcp.leave(claim);
        }
        assertThat(tcp.holders(5001)).isEmpty();
        assertThat(tcp.bucket(5001)).isNull();
    }

    @Test
    void optionsOwnerAndDeviceCountAsTheyAreNow() {
        FakeSocket holder = FakeSocket.v4(tcp).bound("127.0.0.1", 5001);
        holder.option(InetSocket.REUSEPORT, true);
        assertThat(rule(tcp, FakeSocket.v4(tcp).options("P"), "127.0.0.1", 5001)).isEqualTo(BindRule.SHARED);
        holder.owner(ALICE);
        assertThat(rule(tcp, FakeSocket.v4(tcp).options("P"), "127.0.0.1", 5001)).isEqualTo(BindRule.OWNERS_DIFFER);
        holder.device(3);
        assertThat(rule(tcp, FakeSocket.v4(tcp).options("P").device(2), "127.0.0.1", 5001)).isEqualTo(BindRule.SHARED);
    }

    @Test
    void childrenInheritTheListenersOptionsOfThisMoment() {
        FakeSocket listener = FakeSocket.v4(tcp).bound("0.0.0.0", 5001).listens();
        listener.options("A");
        FakeSocket child = listener.accepts("127.0.0.1");
        assertThat(child.option(InetSocket.REUSEADDR)).isTrue();
        tcp.release(listener);
        assertThat(rule(tcp, FakeSocket.v4(tcp).options("A"), "0.0.0.0", 5001)).isEqualTo(BindRule.SHARED);
    }

    /// The child of a listener on a device stays on it (measured on Linux 6.18), and leaves the port to other devices.
    @Test
    void childrenInheritTheDevice() {
        FakeSocket listener = FakeSocket.v4(tcp).device(1).bound("0.0.0.0", 5001).listens();
        FakeSocket child = listener.accepts("127.0.0.1");
        assertThat(child.boundInterface()).isEqualTo(1);
        tcp.release(listener);
        assertThat(rule(tcp, FakeSocket.v4(tcp).device(2), "0.0.0.0", 5001)).isEqualTo(BindRule.SHARED);
        assertThat(rule(tcp, FakeSocket.v4(tcp).device(1), "0.0.0.0", 5001)).isEqualTo(BindRule.NEITHER_SHARES);
        assertThat(rule(tcp, FakeSocket.v4(tcp), "0.0.0.0", 5001)).isEqualTo(BindRule.NEITHER_SHARES);
    }

    // FreeBSD (LINUX-SOCKETS C.3)

    @Test
    void bsdNeedsTheOptionOnTheNewSocketOnly() {
        sysctls.set(Sysctl.PORT_PROFILE, 1);
        FakeSocket listener = FakeSocket.v4(tcp).bound("0.0.0.0", 5001).listens();
        tcp.toTimeWait(listener.accepts("127.0.0.1"));
        assertThat(rule(tcp, FakeSocket.v4(tcp).options("A"), "127.0.0.1", 5001)).as("specific beside a wildcard listener").isEqualTo(BindRule.SHARED);
        assertThat(rule(tcp, FakeSocket.v4(tcp).options("A"), "0.0.0.0", 5001)).isEqualTo(BindRule.BSD_SAME_ADDRESS);
        tcp.release(listener);
        assertThat(rule(tcp, FakeSocket.v4(tcp), "0.0.0.0", 5001)).isEqualTo(BindRule.NEITHER_SHARES);
        assertThat(rule(tcp, FakeSocket.v4(tcp).options("A"), "0.0.0.0", 5001)).as("TIME-WAIT without the option").isEqualTo(BindRule.SHARED);
    }

    @Test
    void bsdReusePortAllowsDuplicatesAndTheNewestHears() {
        sysctls.set(Sysctl.PORT_PROFILE, 1);
        FakeSocket.v4(tcp).options("P").bound("0.0.0.0", 5001).listens();
        FakeSocket newest = FakeSocket.v4(tcp).options("P").bound("0.0.0.0", 5001).listens();
        IpAddress here = IpAddress.of("127.0.0.1");
        for (int port = 1; port < 50; port++) {
            assertThat(tcp.listener(here.high(), here.low(), 5001, here.high(), here.low(), port, 1)).isSameAs(newest);
        }
    }

    @Test
    void bsdPortsAreNotStolenFromOtherUsers() {
        sysctls.set(Sysctl.PORT_PROFILE, 1);
        new FakeSocket(tcp, InetSocket.AF_INET, ALICE).options("A").bound("0.0.0.0", 5001);
        assertThat(rule(tcp, new FakeSocket(tcp, InetSocket.AF_INET, BOB).options("A"), "127.0.0.1", 5001)).isEqualTo(BindRule.OWNERS_DIFFER);
        assertThat(rule(tcp, new FakeSocket(tcp, InetSocket.AF_INET, ALICE).options("A"), "127.0.0.1", 5001)).isEqualTo(BindRule.SHARED);
    }

    @Test
    void bsdOwnersOfOthersPorts() {
        sysctls.set(Sysctl.PORT_PROFILE, 1);
        new FakeSocket(tcp, InetSocket.AF_INET, ALICE).options("P").bound("0.0.0.0", 5001);
        assertThat(rule(tcp, new FakeSocket(tcp, InetSocket.AF_INET, BOB).options("P"), "0.0.0.0", 5001)).as("two wildcards").isEqualTo(BindRule.SHARED);
        assertThat(rule(tcp, new FakeSocket(tcp, InetSocket.AF_INET, BOB).options("P"), "127.0.0.1", 5001)).isEqualTo(BindRule.OWNERS_DIFFER);
        assertThat(rule(tcp, FakeSocket.v4(tcp).options("P"), "127.0.0.1", 5001)).as("the superuser").isEqualTo(BindRule.SHARED);
        FakeSocket.v4(tcp).bound("0.0.0.0", 5002);
        assertThat(rule(tcp, FakeSocket.v4(tcp).options("P"), "127.0.0.1", 5002)).as("either option of the new one").isEqualTo(BindRule.SHARED);
    }

    @Test
    void bsdLooksForConflictsInBindOnly() {
        sysctls.set(Sysctl.PORT_PROFILE, 1);
        FakeSocket one = FakeSocket.v4(tcp).options("P").bound("0.0.0.0", 5001);
        FakeSocket two = FakeSocket.v4(tcp).options("P").bound("0.0.0.0", 5001);
        one.options("-");
        two.options("-");
        assertThat(tcp.listen(one)).isZero();
    }

    @Test
    void bsdMulticastIsSharedByReuseAddress() {
        sysctls.set(Sysctl.PORT_PROFILE, 1);
        FakeSocket.v4(udp).options("A").bound("224.0.0.251", 5353);
        assertThat(rule(udp, FakeSocket.v4(udp).options("A"), "224.0.0.251", 5353)).isEqualTo(BindRule.SHARED);
        assertThat(rule(udp, FakeSocket.v4(udp), "224.0.0.251", 5353)).isEqualTo(BindRule.NEW_SHARES_NOT);
    }
}
