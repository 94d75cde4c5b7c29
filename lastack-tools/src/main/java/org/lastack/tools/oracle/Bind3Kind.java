package org.lastack.tools.oracle;

import java.util.LinkedHashMap;
import java.util.Map;
import org.lastack.wire.IpAddress;

/// Three sockets that bind one port in turn, and listen: columns proto, listen_mask, opt1, addr1 .. opt3, addr3, then results bindN, listenN.
/// Bit N-1 of the mask: socket N listens right after its bind; a recorded listen that the mask does not name came after the binds.
final class Bind3Kind implements OracleKind {
    private static final int PORT = 5555;
    private static final int SOCKETS = 3;

    @Override
    public String name() {
        return "bind3";
    }

    @Override
    public String description() {
        return "three sockets on one port, where the order could matter";
    }

    @Override
    public OracleAnswer replay(OracleRow row) {
        OracleHost host = new OracleHost(1);
        boolean tcp = row.get("proto").equals("tcp");
        int listenMask = row.number("listen_mask");
        OracleSocket[] sockets = new OracleSocket[SOCKETS];
        String[] bound = new String[SOCKETS];
        String[] listened = {"-", "-", "-"};
        StringBuilder rules = new StringBuilder();
        for (int i = 0; i < SOCKETS; i++) {
            String written = row.get("addr" + (i + 1));
            IpAddress address = address(written);
            OracleSocket s = host.socket(row.get("proto"), written.startsWith("[") || written.contains(":"), uid(row, i + 1));
            s.v6Only(row.get("v6only" + (i + 1), "0").equals("1")).options(row.get("opt" + (i + 1))).device(row.get("dev" + (i + 1), "-"));
            sockets[i] = s;
            rules.append(i == 0 ? "" : "; ").append("bind").append(i + 1).append(": ").append(s.why(address, PORT));
            bound[i] = s.bind(address, PORT);
            boolean last = i == SOCKETS - 1;
            if (tcp && bound[i].equals(OracleSocket.OK) && ((listenMask >> i & 1) == 1 || last && recorded(row, i + 1))) {
                listened[i] = s.listen();
            }
        }
        for (int i = 0; i < SOCKETS; i++) {
            if (tcp && bound[i].equals(OracleSocket.OK) && listened[i].equals("-") && recorded(row, i + 1)) {
                listened[i] = sockets[i].listen();
            }
        }
        return new OracleAnswer(results(row, bound, listened), rules.toString());
    }

    private static int uid(OracleRow row, int n) {
        return row.has("uid" + n) ? row.number("uid" + n) : 0;
    }

    private static boolean recorded(OracleRow row, int n) {
        return !row.get("listen" + n, "-").equals("-");
    }

    private static IpAddress address(String written) {
        IpAddress parsed = IpAddress.parse(written.replace("[", "").replace("]", ""));
        if (parsed == null) {
            throw new OracleException("\"" + written + "\" is no address");
        }
        return parsed;
    }

    private static Map<String, String> results(OracleRow row, String[] bound, String[] listened) {
        Map<String, String> results = new LinkedHashMap<>();
        for (int i = 0; i < SOCKETS; i++) {
            if (row.has("bind" + (i + 1))) {
                results.put("bind" + (i + 1), bound[i]);
            }
            if (row.has("listen" + (i + 1))) {
                results.put("listen" + (i + 1), listened[i]);
            }
        }
        return results;
    }
}
