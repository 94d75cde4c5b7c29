package org.lastack.tools;

import java.io.Closeable;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.lastack.core.Interface;
import org.lastack.core.Sysctl;
import org.lastack.host.Host;
import org.lastack.host.HostBuilder;
import org.lastack.link.ImpairedLink;
import org.lastack.link.Impairment;
import org.lastack.link.Link;
import org.lastack.link.PcapngTap;
import org.lastack.tools.control.RunDirectory;
import org.lastack.tools.services.ServiceSet;
import org.lastack.tools.up.Display;
import org.lastack.tools.up.Environment;
import org.lastack.tools.up.EnvironmentChoice;
import org.lastack.tools.up.ImpairmentOption;
import org.lastack.tools.up.Leftovers;
import org.lastack.tools.up.Plan;
import org.lastack.tools.up.RunningHost;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// `lastack up`: starts a host that programs of this machine can talk to, and ends with Ctrl-C.
@Command(
        name = "up",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        description = {
            "Starts a host whose TCP/IP stack is Lastack, with small services on it, and makes a way for the kernel's programs to reach it.",
            "As root: a TUN device in a network namespace of its own. Without root: a veth pair in a user namespace. Where neither is allowed:"
                    + " ports on 127.0.0.1 and a relay. Ctrl-C ends it and removes what it made."
        },
        footer = {
            "",
            "Examples:  lastack up",
            "           lastack up --netns blue --mtu 9000",
            "           lastack up --queues 4                 (as root: four engines; lastack ss --host NAME.1 shows the second)",
            "           lastack up --tun lastack0              (as root: an interface of this machine, not hidden in a namespace)"
        })
final class UpCommand implements Callable<Integer> {
    private static final int MOST_QUEUES = 64;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(names = "--name", paramLabel = "NAME", description = "Name of the host (default: lastack-PID).")
    private @Nullable String name;

    @Option(names = "--mode", paramLabel = "MODE", description = "tun, veth or relay instead of the best that is allowed.")
    private @Nullable String mode;

    @Option(names = "--netns", paramLabel = "NAME", description = "Network namespace to use; made, and removed at the end, if there is none of that name.")
    private @Nullable String netns;

    @Option(names = "--tun", paramLabel = "DEVICE", description = "TUN device in the present network namespace.")
    private @Nullable String tun;

    @Option(names = "--fd", paramLabel = "N", description = "An inherited descriptor of a TUN or TAP device.")
    private @Nullable Integer descriptor;

    @Option(names = "--kernel-address", paramLabel = "A/LEN", description = "Address of the kernel's side; several times for several (default: 198.18.0.1/24 and fd5a:1a57:ac4::1/64).")
    private List<String> kernelAddresses = new ArrayList<>();

    @Option(names = "--address", paramLabel = "A/LEN", description = "Address of the host; several times for several (default: 198.18.0.2/24 and fd5a:1a57:ac4::2/64).")
    private List<String> addresses = new ArrayList<>();

    @Option(names = "--mtu", paramLabel = "OCTETS", description = "MTU of the link (default: ${DEFAULT-VALUE}).", defaultValue = "1500")
    private int mtu = 1500;

    @Option(names = "--no-offload", description = "Frames of MTU size with complete checksums only.")
    private boolean noOffload;

    @Option(
            names = "--busy-poll",
            paramLabel = "US",
            description = "A thread that waits looks for packets for so many microseconds before it sleeps: shorter turns for a processor that is kept busy.",
            defaultValue = "0")
    private int busyPollUs;

    @Option(
            names = "--queues",
            paramLabel = "N",
            description = "Queues of the TUN device, each with an engine and threads of its own; the kernel spreads connections over them. The services listen on all.",
            defaultValue = "1")
    private int queues = 1;

    @Option(names = "--impair", paramLabel = "LIST", description = "Make the link bad, both ways: loss=1%%,duplicate=1%%,corrupt=1%%,reorder=1%%,delay=20ms,jitter=5ms,rate=100mbit,queue=250kB.")
    private @Nullable String impair;

    @Option(names = "--pcap", paramLabel = "FILE", description = "Record every packet to FILE (pcapng, for Wireshark and tcpdump).")
    private @Nullable Path pcap;

    @Option(names = "--sysctl", paramLabel = "NAME=VALUE", description = "A setting of the host; see lastack sysctl.")
    private Map<String, Long> sysctls = new LinkedHashMap<>();

    @Option(names = {"-q", "--quiet"}, description = "Do not show connections.")
    private boolean quiet;

    @Option(names = "--json", description = "One JSON object per line: ready, open, close.")
    private boolean json;

    @Option(names = "--ready-fd", paramLabel = "N", description = "Write a line of JSON to descriptor N when everything is up, and close it.")
    private @Nullable Integer readyDescriptor;

    @Option(names = "--inside", paramLabel = "DIR", hidden = true)
    private @Nullable String inside;

    @Option(names = "--note", hidden = true, description = "What the process outside the namespaces wants to be shown.")
    private List<String> notes = new ArrayList<>();

    /// For picocli.
    UpCommand() {}

    @Override
    public Integer call() throws InterruptedException {
        RunDirectory directory = inside == null ? RunDirectory.ofUser() : RunDirectory.at(Path.of(inside));
        directory.create();
        Leftovers.remove(directory).forEach(each -> notes.add("removed what host " + each + " left when it died"));
        Plan plan = plan(directory);
        HostBuilder builder = Host.builder();
        Environment environment = new EnvironmentChoice(plan, mode, netns, tun, descriptor, inside != null, directory.path(), notes).open();
        Display display = new Display(spec.commandLine().getOut(), json, quiet, !json && Display.terminal());
        RunningHost running = started(plan, environment, builder, directory, display, true);
        endWithSignal(environment, running);
        ready(plan, environment, running, display);
        new CountDownLatch(1).await();
        return ExitCode.OK;
    }

    /// For `lastack run`: the host of the program in this JVM, without services of ours. It ends with the JVM, after what the program has sent and
    /// closed has left.
    Host startForProgram() {
        if (queues != 1) {
            throw new ParameterException(spec.commandLine(), "--queues is for the services of lastack up: a program's connections need one host");
        }
        RunDirectory directory = inside == null ? RunDirectory.ofUser() : RunDirectory.at(Path.of(inside));
        directory.create();
        Leftovers.remove(directory);
        Plan plan = plan(directory);
        Environment environment = new EnvironmentChoice(plan, mode, netns, tun, descriptor, inside != null, directory.path(), notes).open();
        Display display = new Display(new PrintWriter(System.err, true), json, true, false);
        RunningHost running = started(plan, environment, Host.builder(), directory, display, false);
        if (!quiet) {
            display.say("lastack: " + environment.description() + "; host " + plan.name() + " is " + String.join(" ", plan.ourAddresses()) + ", the kernel "
                    + String.join(" ", plan.kernelAddresses()));
        }
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            running.drain();
            closeQuietly(running);
            closeQuietly(environment);
        }, "lastack-end"));
        return running.host();
    }

    private Plan plan(RunDirectory directory) {
        String chosen = name != null ? name : "lastack-" + ProcessHandle.current().pid();
        if (!chosen.matches("[A-Za-z0-9][A-Za-z0-9._-]{0,63}")) {
            throw new CommandFailure(ExitCode.USAGE, "'" + chosen + "' is no name for a host", "use letters, digits, dot, dash and underscore");
        }
        if (directory.records().stream().anyMatch(each -> each.name().equals(chosen))) {
            throw new CommandFailure(ExitCode.CANNOT_CREATE, "a host named " + chosen + " is running", "choose another --name, or end that one");
        }
        if (mtu < 68 || mtu > 65_535) {
            throw new CommandFailure(ExitCode.USAGE, "MTU " + mtu + " is outside 68..65535", null);
        }
        kernelAddresses.forEach(UpCommand::checkAddress);
        addresses.forEach(UpCommand::checkAddress);
        boolean v6 = mtu >= 1280; // RFC 8200 §5: no IPv6 below that
        return new Plan(chosen, kernelAddresses.isEmpty() ? usable(Plan.DEFAULT_KERNEL, v6) : kernelAddresses, addresses.isEmpty() ? usable(Plan.DEFAULT_OURS, v6) : addresses,
                mtu, !noOffload && impair == null, queues()); // a frame of 64 KiB lost at once is another network than one of 1500 octets
    }

    private static void checkAddress(String address) {
        try {
            Interface.Address.of(address);
        } catch (IllegalArgumentException e) {
            throw new CommandFailure(ExitCode.USAGE, "'" + address + "' is no address with prefix length (" + e.getMessage() + ")", "write it as 198.18.0.1/24", e);
        }
    }

    private static List<String> usable(List<String> addresses, boolean v6) {
        return addresses.stream().filter(each -> v6 || !each.contains(":")).toList();
    }

    private static void apply(HostBuilder builder, String name, long value) {
        Sysctl setting = Sysctl.byName(name);
        if (setting == null) {
            throw new CommandFailure(ExitCode.USAGE, "there is no setting " + name, "lastack sysctl -a shows all of a running host");
        }
        try {
            builder.sysctl(setting, value);
        } catch (IllegalArgumentException e) {
            throw new CommandFailure(ExitCode.USAGE, String.valueOf(e.getMessage()), null, e);
        }
    }

    private int queues() {
        if (queues < 1 || queues > MOST_QUEUES) {
            throw new ParameterException(spec.commandLine(), "--queues is 1 to " + MOST_QUEUES);
        }
        if (queues > 1 && (descriptor != null || impair != null || pcap != null)) {
            throw new ParameterException(spec.commandLine(), "--queues goes with a TUN device that we make, without --impair and --pcap");
        }
        return queues;
    }

    private int busyPoll() {
        if (busyPollUs < 0 || busyPollUs > 1_000_000) {
            throw new ParameterException(spec.commandLine(), "--busy-poll is 0 to 1000000 microseconds");
        }
        return busyPollUs;
    }

    private RunningHost started(Plan plan, Environment environment, HostBuilder builder, RunDirectory directory, Display display, boolean withServices) {
        builder.busyPoll(busyPoll());
        List<Closeable> made = new ArrayList<>(List.of(environment));
        boolean done = false;
        try {
            made.addFirst(environment.link()::close);
            environment.configure(builder);
            sysctls.forEach((each, value) -> apply(builder, each, value));
            Link link = decorated(environment.link());
            List<RunningHost> others = others(plan, environment, directory, display, made);
            RunningHost running = new RunningHost(plan, link, builder, directory, display, others);
            made.addFirst(running);
            running.start(environment.record(), withServices);
            environment.publish(running.services());
            done = true;
            return running;
        } catch (IOException e) {
            throw new CommandFailure(ExitCode.CANNOT_CREATE, String.valueOf(e.getMessage()), null, e);
        } catch (IllegalArgumentException e) {
            throw new CommandFailure(ExitCode.USAGE, String.valueOf(e.getMessage()), null, e);
        } finally {
            if (!done) {
                made.forEach(UpCommand::closeQuietly);
            }
        }
    }

    /// The hosts behind the other queues of the device.
    private List<RunningHost> others(Plan plan, Environment environment, RunDirectory directory, Display display, List<Closeable> made) throws IOException {
        if (environment.moreLinks().size() + 1 != plan.queues()) {
            throw new CommandFailure(ExitCode.USAGE, "only a TUN device has several queues", "run as root, or leave out --queues");
        }
        List<RunningHost> others = new ArrayList<>();
        for (Link each : environment.moreLinks()) {
            HostBuilder builder = Host.builder().busyPoll(busyPoll());
            sysctls.forEach((name, value) -> apply(builder, name, value));
            RunningHost other = new RunningHost(plan.ofQueue(others.size() + 1), each, builder, directory, display);
            made.addFirst(other);
            other.start(Map.of("mode", "tun", "queueOf", plan.name()), false);
            others.add(other);
        }
        return others;
    }

    /// The capture sees what the host sees: it is outside the impairment.
    private Link decorated(Link device) throws IOException {
        Link link = device;
        if (impair != null) {
            Impairment impairment = ImpairmentOption.parse(impair);
            link = new ImpairedLink(link, impairment, impairment, System.nanoTime(), System::nanoTime);
        }
        if (pcap != null) {
            try {
                link = PcapngTap.toFile(link, pcap);
            } catch (IOException e) {
                throw new IOException("cannot write " + pcap + ": " + reason(e), e);
            }
        }
        return link;
    }

    /// The JDK's exceptions about files have the name as their message and the reason in their type.
    private static String reason(IOException e) {
        return switch (e) {
            case NoSuchFileException missing -> "there is no such directory";
            case AccessDeniedException denied -> "permission denied";
            default -> String.valueOf(e.getMessage());
        };
    }

    private static void closeQuietly(Closeable each) {
        try {
            each.close();
        } catch (IOException | RuntimeException e) {
            // the first failure is the one to report
        }
    }

    // --- what is shown ---

    private void ready(Plan plan, Environment environment, RunningHost running, Display display) {
        Map<String, Object> facts = new LinkedHashMap<>();
        facts.put("name", plan.name());
        facts.put("pid", ProcessHandle.current().pid());
        facts.putAll(environment.record());
        facts.put("kernelAddresses", plan.kernelAddresses());
        facts.put("addresses", plan.ourAddresses());
        facts.put("mtu", plan.mtu());
        facts.put("services", running.services().stream().map(each -> Map.of("name", each.name(), "protocol", each.transport(), "port", each.port())).toList());
        display.event("ready", facts);
        if (!json) {
            greet(plan, environment, running, display);
        }
        display.greeted();
        if (readyDescriptor != null) {
            tellReady(readyDescriptor, facts);
        }
    }

    private void greet(Plan plan, Environment environment, RunningHost running, Display display) {
        String command = System.getProperty("lastack.command", "lastack");
        notes.forEach(each -> display.say("note      " + each));
        display.say(display.strong("Lastack " + Version.number() + ": host " + plan.name() + " is up") + "; Ctrl-C ends it");
        display.say("made      " + environment.description());
        environment.help(plan, command, services(running.services())).forEach(display::say);
        display.say("");
    }

    /// As `echo 7 9000 tcp udp, http 80 8080 tcp`.
    private static String services(List<ServiceSet.Entry> services) {
        Map<String, List<ServiceSet.Entry>> byName = services.stream().collect(Collectors.groupingBy(ServiceSet.Entry::name, LinkedHashMap::new, Collectors.toList()));
        List<String> texts = new ArrayList<>();
        byName.forEach((service, entries) -> {
            String ports = entries.stream().map(ServiceSet.Entry::port).distinct().map(String::valueOf).collect(Collectors.joining(" "));
            String transports = entries.stream().map(ServiceSet.Entry::transport).distinct().collect(Collectors.joining("/"));
            texts.add(service + " " + ports + " (" + transports + ")");
        });
        return String.join(", ", texts);
    }

    private static void tellReady(int descriptor, Map<String, Object> facts) {
        try (OutputStream out = new FileOutputStream("/dev/fd/" + descriptor)) {
            out.write((Json.write(facts) + "\n").getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new CommandFailure(ExitCode.CANNOT_CREATE, "cannot write to descriptor " + descriptor + " (" + e.getMessage() + ")", "is it open and inherited?", e);
        }
    }

    // --- the end ---

    /// SIGINT and SIGTERM end the process through a shutdown hook that cleans up. Ending that way is success.
    private static void endWithSignal(Environment environment, RunningHost running) {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            closeQuietly(running);
            closeQuietly(environment);
            Runtime.getRuntime().halt(ExitCode.OK);
        }, "lastack-end"));
    }
}
