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
    KernelNet(int open) throws IOException, InterruptedException {
        NativeException noTun = Namespaces.whyNoTun();
        if (noTun != null) {
            throw new Skipped(noTun.getMessage());
        }
        String ip = Programs.need("ip").toString();
        TunLink link = TunLink.open(TunLink.Options.tun("lastack%d"));
        try (InterfaceSetup setup = InterfaceSetup.open()) {
            setup.up(link.name());
            setup.addAddress(link.name(), IpAddress.of(KERNEL), 24);
            // When a process with 10,000 connections ends, the kernel drops most of its FINs at the usual 500 and is busy for half a minute with sending them again.
            Programs.run(ip, "link", "set", "dev", link.name(), "txqueuelen", "20000");
        }
        host = Host.builder().name("javalibs").sysctl(Sysctl.TCP_FOLD_ABOVE, open).link(link, LASTACK + "/24").build();
        CurrentHost.setDefault(host);
    }

    @Override
    public void close() {
        host.close();
    }
}
