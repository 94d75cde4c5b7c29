package org.lastack.drill.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.lastack.drill.stack.Request;
import org.lastack.drill.stack.Request.Setting;

class ShellCommandsTest {
    private static List<Setting> settings(String command) {
        List<Request> requests = ShellCommands.requests(command);
        assertThat(requests).hasSize(1);
        return ((Request.Config) requests.getFirst()).settings();
    }

    @ParameterizedTest
    @ValueSource(strings = {"sysctl -q net.ipv4.tcp_sack=0", "sysctl -w net.ipv4.tcp_sack=0", "sysctl -q -w net.ipv4.tcp_sack=0 > /dev/null 2>&1",
        "echo 0 > /proc/sys/net/ipv4/tcp_sack", "echo -n \"0\" >/proc/sys/net/ipv4/tcp_sack", "# a comment\nsysctl -q net.ipv4.tcp_sack=0", "sysctl net/ipv4/tcp_sack=0",
        "../common/set_sysctls.py /proc/sys/net/ipv4/tcp_sack=0", "sysctl -w 'net.ipv4.tcp_sack = 0' || true"})
    void oneSettingInManyForms(String command) {
        assertThat(settings(command)).contains(new Setting("net.ipv4.tcp_sack", "0"));
    }

    @Test
    void severalCommandsAndTriples() {
        assertThat(settings("sysctl -q net.ipv4.tcp_rmem=\"4096 5000 6000\" && sysctl -q net.ipv4.tcp_dsack=0 net.ipv4.tcp_frto=0; true")).contains(
                new Setting("net.ipv4.tcp_rmem", "4096 5000 6000"), new Setting("net.ipv4.tcp_dsack", "0"), new Setting("net.ipv4.tcp_frto", "0"));
    }

    @Test
    void theSuitesDefaults() {
        assertThat(settings("./defaults.sh")).contains(new Setting("net.ipv4.tcp_rmem", "4096 540000 15728640"), new Setting("net.ipv4.tcp_ecn", "0"));
        assertThat(settings("../../common/defaults.sh\nsysctl -q net.ipv4.tcp_ecn=1")).endsWith(new Setting("net.ipv4.tcp_ecn", "1"));
    }

    @Test
    void routesAndLinks() {
        assertThat(ShellCommands.requests("ip route change default dev tun0 mtu lock 1400 initcwnd 20")).containsExactly(new Request.Route(1400, 20, 0));
        assertThat(ShellCommands.requests("ip -6 ro replace default advmss 1200")).containsExactly(new Request.Route(0, 0, 1200));
        assertThat(ShellCommands.requests("ip link set dev tun0 mtu 1280")).containsExactly(new Request.LinkMtu(1280));
        assertThat(ShellCommands.requests("ip tcp_metrics flush all > /dev/null 2>&1; tc qdisc add dev tun0 root fq; ethtool -K tun0 tso off")).isEmpty();
        assertThat(ShellCommands.requests("/tmp/sysctl_restore_${PPID}.sh")).isEmpty();
        assertThat(ShellCommands.requests("sleep 0.25")).containsExactly(new Request.Sleep(250_000));
    }

    @ParameterizedTest
    @ValueSource(strings = {"sysctl -q net.ipv4.no_such_setting=1", "sysctl -w net.inet.tcp.rfc1323=0", "frobnicate", "sysctl -q net.ipv4.tcp_sack=maybe", "sysctl -q net.ipv4.tcp_sack=7",
        "sysctl -a", "echo 1 > /proc/sys/net/ipv4/nothing", "ip route change default mtu many", "ip netns add x", "sysctl -q net.ipv4.tcp_sack=\"1 2\"", "sleep long", "sysctl -q net.ipv4.tcp_congestion_control=nonsense"})
    void whatIsNotUnderstoodIsAnError(String command) {
        assertThatThrownBy(() -> ShellCommands.requests(command)).isInstanceOf(Failure.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"nstat | grep TcpExtTCPLoss", "test -e /tmp/x", "iptables -A INPUT", "./helper.sh", "echo 1 > /tmp/x", "cat /proc/net/tcp | wc -l", "x=$(uname)",
        "ip route change default quickack 1"})
    void whatNeedsAMachineIsAReasonToSkip(String command) {
        assertThatThrownBy(() -> ShellCommands.requests(command)).isInstanceOf(Skip.class);
    }
}
