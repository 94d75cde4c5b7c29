package org.lastack.javalibs;

import java.io.IOException;
import org.lastack.core.Sysctl;
import org.lastack.host.Host;
import org.lastack.link.linux.InterfaceSetup;
import org.lastack.link.linux.Namespaces;
import org.lastack.link.linux.NativeException;
import org.lastack.link.linux.TunLink;
import org.lastack.net.CurrentHost;
import org.lastack.wire.IpAddress;

/// The kernel of this namespace at 10.9.0.1 and a host of Lastack at 10.9.0.2, with a TUN device between them. The host is this JVM's network; the kernel's
/// sockets are for other processes.
final class KernelNet implements AutoCloseable {
    static final String KERNEL = "10.9.0.1";
    static final String LASTACK = "10.9.0.2";

    final Host host;

    /// @param open connections whose state may lie open; those above are folded while they rest
    KernelNet(int open) throws IOException {
        NativeException noTun = Namespaces.whyNoTun();
        if (noTun != null) {
            throw new Skipped(noTun.getMessage());
        }
        TunLink link = TunLink.open(TunLink.Options.tun("lastack%d"));
        try (InterfaceSetup setup = InterfaceSetup.open()) {
            setup.up(link.name());
            setup.addAddress(link.name(), IpAddress.of(KERNEL), 24);
        }
        host = Host.builder().name("javalibs").sysctl(Sysctl.TCP_FOLD_ABOVE, open).link(link, LASTACK + "/24").build();
        CurrentHost.setDefault(host);
    }

    @Override
    public void close() {
        host.close();
    }
}
