package org.lastack.drill.run;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.lastack.drill.stack.Request;
import org.lastack.drill.stack.Request.Setting;
import org.lastack.drill.stack.SettingNames;

/// Shell text of scripts, understood as configuration of the host under test; nothing is ever executed. What is not understood is an error,
/// what would need a real machine is a reason to skip.
final class ShellCommands {
    /// What the public suite's `defaults.sh` sets.
    private static final List<Setting> SUITE_DEFAULTS = List.of(new Setting("net.ipv4.tcp_rmem", "4096 540000 15728640"),
            new Setting("net.ipv4.tcp_wmem", "4096 262144 4194304"), new Setting("net.ipv4.tcp_timestamps", "1"), new Setting("net.ipv4.tcp_sack", "1"),
            new Setting("net.ipv4.tcp_dsack", "1"), new Setting("net.ipv4.tcp_syn_retries", "5"), new Setting("net.ipv4.tcp_synack_retries", "5"),
            new Setting("net.ipv4.tcp_frto", "2"), new Setting("net.ipv4.tcp_reordering", "3"), new Setting("net.ipv4.tcp_congestion_control", "cubic"),
            new Setting("net.ipv4.tcp_slow_start_after_idle", "0"), new Setting("net.ipv4.tcp_early_retrans", "3"), new Setting("net.ipv4.tcp_recovery", "1"),
            new Setting("net.ipv4.tcp_tso_win_divisor", "3"), new Setting("net.ipv4.tcp_ecn", "0"), new Setting("net.ipv4.tcp_ecn_option", "2"),
            new Setting("net.ipv4.tcp_pacing_ss_ratio", "200"), new Setting("net.ipv4.tcp_pacing_ca_ratio", "120"),
            new Setting("net.ipv4.tcp_notsent_lowat", "4294967295"), new Setting("net.ipv4.tcp_fastopen", "0x70403"), new Setting("net.ipv4.tcp_syncookies", "1"));

    /// Programs whose effect has no counterpart here and changes nothing that a script can see: queues and offloads of the test device.
    private static final Set<String> NO_EFFECT = Set.of("tc", "ethtool", "true", ":", "sync", "modprobe", "set", "exit", "ulimit", "export", "unset");
    /// Programs that look at or change a real machine.
    private static final Set<String> NEEDS_MACHINE = Set.of("nstat", "grep", "ss", "iptables", "ip6tables", "nft", "cat", "test", "[", "[[", "if", "for", "while", "python",
            "python3", "bash", "sh", "perl", "awk", "sed", "netstat", "tcpdump", "kill", "killall", "ping", "ping6", "bpftool", "dmesg", "conntrack", "rm", "touch", "cp",
            "dd", "truncate", "mkdir", "nc", "bc", "seq", "tail", "head", "wc", "trace-cmd", "chrt", "taskset", "sudo", "timeout", "local");
    private static final Pattern ECHO = Pattern.compile("echo\\s+(?:-n\\s+)?(.*?)\\s*>\\s*(\\S+)");
    private static final Pattern SCRIPT = Pattern.compile("(?:[./\\w-]*/)?([\\w.-]+\\.(?:sh|py))");

    private ShellCommands() {}

    /// The requests that a command stands for.
    ///
    /// @throws Failure if it is not understood
    /// @throws Skip if it needs a real machine
    static List<Request> requests(String text) {
        List<Request> requests = new ArrayList<>();
        List<Setting> settings = new ArrayList<>();
        for (String each : split(text)) {
            command(each, settings, requests);
        }
        if (!settings.isEmpty()) {
            requests.addFirst(new Request.Config(settings));
        }
        return requests;
    }

    /// Commands, separated by `;`, `&&` and lines, outside of quotes; comments are dropped.
    private static List<String> split(String text) {
        List<String> commands = new ArrayList<>();
        StringBuilder current = new StringBuilder();
        char quote = 0;
        String joined = text.replace("\\\n", " ");
        for (int i = 0; i < joined.length(); i++) {
            char c = joined.charAt(i);
            if (quote != 0) {
                quote = c == quote ? 0 : quote;
            } else if (c == '"' || c == '\'') {
                quote = c;
            } else if (c == '#' && (i == 0 || Character.isWhitespace(joined.charAt(i - 1)))) {
                int end = joined.indexOf('\n', i);
                i = end < 0 ? joined.length() : end - 1;
                continue;
            } else if (c == ';' || c == '\n' || joined.startsWith("&&", i)) {
                commands.add(current.toString().strip());
                current.setLength(0);
                i += c == '&' ? 1 : 0;
                continue;
            }
            current.append(c);
        }
        commands.add(current.toString().strip());
        commands.removeIf(String::isEmpty);
        return commands;
    }

    private static void command(String raw, List<Setting> settings, List<Request> requests) {
        Matcher echo = ECHO.matcher(raw);
        if (echo.matches()) {
            echo(unquote(echo.group(1)), echo.group(2), settings);
            return;
        }
        String text = raw.replaceAll("\\s*[12&]?>>?\\s*(/dev/null|&[12])", "").replaceAll("\\|\\|\\s*true$", "").strip();
        if (text.contains("|") || text.contains("$(")) {
            throw new Skip("the command `" + raw + "` needs a shell");
        }
        String[] words = text.split("\\s+");
        String program = words[0].substring(words[0].lastIndexOf('/') + 1);
        switch (program) {
            case "sysctl" -> sysctl(text, settings);
            case "ip" -> ip(words, text, requests);
            case "sleep" -> sleep(words, text, requests);
            default -> other(program, words, text, settings);
        }
    }

    private static void other(String program, String[] words, String text, List<Setting> settings) {
        Matcher script = SCRIPT.matcher(words[0]);
        if (program.startsWith("sysctl_restore")) {
            return;
        }
        if (script.matches()) {
            switch (script.group(1)) {
                case "defaults.sh" -> settings.addAll(SUITE_DEFAULTS);
                case "set_sysctls.py" -> setSysctls(text, settings);
                default -> throw new Skip("the program " + words[0] + " is not here");
            }
            return;
        }
        if (NEEDS_MACHINE.contains(program)) {
            throw new Skip("the command `" + text + "` needs a real machine");
        }
        if (!NO_EFFECT.contains(program)) {
            throw new Failure("unknown command `" + text + "`");
        }
    }

    private static String unquote(String text) {
        String stripped = text.strip();
        boolean quoted = stripped.length() >= 2 && (stripped.startsWith("\"") && stripped.endsWith("\"") || stripped.startsWith("'") && stripped.endsWith("'"));
        return quoted ? stripped.substring(1, stripped.length() - 1) : stripped;
    }

    private static void echo(String value, String file, List<Setting> settings) {
        if (file.startsWith("/proc/sys/")) {
            setting(file.substring("/proc/sys/".length()), value, settings);
        } else if (!file.equals("/dev/null")) {
            throw new Skip("the file " + file + " of a real machine");
        }
    }

    private static void setting(String name, String value, List<Setting> settings) {
        String dotted = name.replace('/', '.');
        String problem = SettingNames.problem(dotted, value);
        if (problem != null) {
            throw new Failure(problem);
        }
        settings.add(new Setting(dotted, value));
    }

    private static void sysctl(String text, List<Setting> settings) {
        if (!assignments(text, settings)) {
            throw new Failure("`" + text + "` sets nothing");
        }
    }

    private static void setSysctls(String text, List<Setting> settings) {
        assignments(text, settings);
    }

    /// All `name=value` among the arguments; false if there is none.
    private static boolean assignments(String text, List<Setting> settings) {
        boolean any = false;
        for (String each : arguments(text)) {
            int equals = each.indexOf('=');
            if (equals > 0 && !each.startsWith("-")) {
                String name = each.substring(0, equals).strip();
                setting(name.startsWith("/proc/sys/") ? name.substring("/proc/sys/".length()) : name, each.substring(equals + 1).strip(), settings);
                any = true;
            }
        }
        return any;
    }

    /// The arguments as a shell cuts them: at blanks outside of quotes, which are removed.
    private static List<String> arguments(String text) {
        List<String> arguments = new ArrayList<>();
        StringBuilder current = new StringBuilder();
        char quote = 0;
        for (char c : text.toCharArray()) {
            if (quote != 0 && c == quote) {
                quote = 0;
            } else if (quote == 0 && (c == '"' || c == '\'')) {
                quote = c;
            } else if (quote == 0 && Character.isWhitespace(c)) {
                arguments.add(current.toString());
                current.setLength(0);
            } else {
                current.append(c);
            }
        }
        arguments.add(current.toString());
        return arguments;
    }

    private static void sleep(String[] words, String text, List<Request> requests) {
        try {
            requests.add(new Request.Sleep(Math.round(Double.parseDouble(words[words.length - 1]) * 1e6)));
        } catch (NumberFormatException e) {
            throw new Failure("unknown command `" + text + "`");
        }
    }

    // ip route, ip link, ip tcp_metrics

    private static void ip(String[] words, String text, List<Request> requests) {
        int at = 1;
        while (at < words.length && words[at].startsWith("-")) {
            at++;
        }
        String object = at < words.length ? words[at] : "";
        if (object.startsWith("tcp")) {
            return;
        }
        if (object.equals("link")) {
            int mtu = number(words, "mtu", text);
            if (mtu == 0) {
                throw new Failure("unknown command `" + text + "`");
            }
            requests.add(new Request.LinkMtu(mtu));
            return;
        }
        if (!object.startsWith("ro") && !object.equals("r")) {
            throw new Failure("unknown command `" + text + "`");
        }
        routes(words, text, requests);
    }

    private static final Set<String> ROUTE_WORDS = Set.of("mtu", "initcwnd", "advmss");
    private static final Set<String> ROUTE_SKIPPED = Set.of("rto_min", "initrwnd", "quickack", "features", "window", "cwnd", "ssthresh", "rtt", "rttvar", "reordering",
            "hoplimit", "congctl", "fastopen_no_cookie");

    private static void routes(String[] words, String text, List<Request> requests) {
        for (String each : words) {
            if (ROUTE_SKIPPED.contains(each)) {
                routeSetting(each, words, text, requests);
            }
        }
        int mtu = number(words, "mtu", text);
        int initCwnd = number(words, "initcwnd", text);
        int advMss = number(words, "advmss", text);
        boolean any = false;
        for (String each : words) {
            any |= ROUTE_WORDS.contains(each);
        }
        if (any) {
            requests.add(new Request.Route(mtu, initCwnd, advMss));
        }
    }

    /// Of the other metrics, only the minimum RTO has a counterpart.
    private static void routeSetting(String name, String[] words, String text, List<Request> requests) {
        if (!name.equals("rto_min")) {
            throw new Skip("the route metric " + name + " is not supported");
        }
        int index = List.of(words).indexOf("rto_min") + 1;
        String value = index < words.length ? words[index] : "";
        Matcher matcher = Pattern.compile("(\\d+)(ms|s)?").matcher(value);
        if (!matcher.matches() || value.length() > 8) {
            throw new Failure("unknown command `" + text + "`");
        }
        long us = Long.parseLong(matcher.group(1)) * ("s".equals(matcher.group(2)) ? 1_000_000 : 1_000);
        requests.add(new Request.Config(List.of(new Setting("net.ipv4.tcp_rto_min_us", Long.toString(us)))));
    }

    /// The number after that word, 0 if the word is not there. "lock" may stand between them.
    private static int number(String[] words, String name, String text) {
        int index = List.of(words).indexOf(name) + 1;
        if (index == 0) {
            return 0;
        }
        if (index < words.length && words[index].equals("lock")) {
            index++;
        }
        try {
            return Integer.parseInt(index < words.length ? words[index] : "");
        } catch (NumberFormatException e) {
            throw new Failure("unknown command `" + text + "`");
        }
    }
}
