package org.lastack.tools.up;

import java.io.Closeable;
import java.io.IOException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.lastack.core.socket.Owner;
import org.lastack.host.Host;
import org.lastack.host.HostBuilder;
import org.lastack.link.Link;
import org.lastack.tools.control.ControlServer;
import org.lastack.tools.control.HostRecord;
import org.lastack.tools.control.RunDirectory;
import org.lastack.tools.services.ServiceLog;
import org.lastack.tools.services.ServiceSet;

/// A host with its services, its control socket and its run file.
public final class RunningHost implements Closeable {
    private static final long DRAIN_NS = 2_000_000_000L;
    private static final long DRAIN_LOOK_NS = 5_000_000L;

    private final Host host;
    private final Plan plan;
    private final List<RunningHost> queues;
    private final RunDirectory directory;
    private final Descriptors descriptors = new Descriptors();
    private final HostNetwork network;
    private final ServiceSet services;
    private @Nullable ControlServer control;

    /// Makes the host on `link`, which it owns from now on.
    public RunningHost(Plan plan, Link link, HostBuilder builder, RunDirectory directory, ServiceLog log) {
        this(plan, link, builder, directory, log, List.of());
    }

    /// The same for the first queue of a device with several: the services run once, on all hosts.
    ///
    /// @param queues the hosts behind the other queues, which this owns from now on
    public RunningHost(Plan plan, Link link, HostBuilder builder, RunDirectory directory, ServiceLog log, List<RunningHost> queues) {
        this.plan = plan;
        this.queues = List.copyOf(queues);
        this.directory = directory;
        builder.name(plan.name()).link(link, plan.ourAddresses().toArray(String[]::new));
        host = builder.build();
        // Whoever started the host is its superuser: the services may use privileged ports.
        network = new HostNetwork(host, new Owner(0, ProcessHandle.current().pid(), "lastack"), descriptors, false);
        services = new ServiceSet(queues.isEmpty() ? network : together(network, queues), log);
    }

    private static QueuedNetwork together(HostNetwork first, List<RunningHost> queues) {
        List<HostNetwork> all = new ArrayList<>(List.of(first));
        queues.forEach(each -> all.add(each.network));
        return new QueuedNetwork(all);
    }

    public Host host() {
        return host;
    }

    /// What runs on it.
    public List<ServiceSet.Entry> services() {
        return services.entries();
    }

    /// Starts the services, opens the control socket, and then writes the run file: whoever finds it can connect.
    ///
    /// @param environment from [Environment#record]
    public void start(Map<String, Object> environment) throws IOException {
        start(environment, true);
    }

    /// As [#start(Map)].
    ///
    /// @param withServices false: nothing of ours takes a port
    public void start(Map<String, Object> environment, boolean withServices) throws IOException {
        if (withServices) {
            services.startAll(InstantSource.system());
        }
        control = ControlServer.open(directory.socket(plan.name()));
        new HostOperations(host, descriptors).register(control);
        directory.write(new HostRecord(record(environment)));
    }

    private Map<String, Object> record(Map<String, Object> environment) {
        ProcessHandle self = ProcessHandle.current();
        Map<String, Object> record = new LinkedHashMap<>();
        record.put("name", plan.name());
        record.put("pid", self.pid());
        record.put("startedMs", HostRecord.startedMs(self));
        record.putAll(environment);
        record.put("kernelAddresses", plan.kernelAddresses());
        record.put("addresses", plan.ourAddresses());
        record.put("mtu", plan.mtu());
        return record;
    }

    /// Waits until connections that the program has closed have delivered what they hold, two seconds at most: the kernel would go on with that
    /// after the end of a process, we cannot.
    public void drain() {
        long endNs = System.nanoTime() + DRAIN_NS;
        while (host.call(() -> host.engine().tcp().orphanCount()) > 0 && System.nanoTime() < endNs) {
            LockSupport.parkNanos(DRAIN_LOOK_NS);
        }
    }

    /// Closes everything in the reverse order. What fails is passed over: the rest must still be closed.
    @Override
    public void close() {
        quietly(() -> directory.remove(plan.name()));
        ControlServer opened = control;
        if (opened != null) {
            quietly(opened);
        }
        quietly(services);
        quietly(network);
        quietly(host::close);
        queues.forEach(RunningHost::quietly);
    }

    private static void quietly(Closeable each) {
        try {
            each.close();
        } catch (IOException | RuntimeException e) {
            System.err.println("lastack: while ending: " + e.getMessage());
        }
    }
}
