package org.lastack.tools.validate;

import java.util.List;
import java.util.Map;
import org.lastack.tools.lab.Labs;

/// V8: what RFC 1337 says may follow when an RST ends TIME-WAIT, and that its remedy F1 prevents it. Played by the story `lastack lab rfc1337`.
final class TimeWaitHazards implements Experiment {
    private static final String[] HAZARDS = {"hazard 1", "hazard 2", "hazard 3"};
    private static final String[] WHAT = {"old data in a new connection", "an old ACK de-synchronizes a new connection", "an old segment kills a new connection"};
    private static final String[] UNPROTECTED = {"delivered", "desynchronized", "reset"};

    @Override
    public String id() {
        return "V8";
    }

    @Override
    public String title() {
        return "the hazards of a TIME-WAIT that ends too early";
    }

    @Override
    public int runs() {
        return 1;
    }

    @Override
    public Report run(double scale, long seed, Progress progress) {
        Map<String, Object> facts = Labs.facts("rfc1337");
        progress.step();
        Report report = new Report(this)
                .setting("RFC 1337: an old segment makes TIME-WAIT answer, the peer's RST to that answer ends it, and a new connection meets what is left of the old.")
                .setting("Remedy F1: an RST is ignored in TIME-WAIT. Linux has it off (tcp_rfc1337=0), Lastack on.");
        List<List<String>> table = report.table("Outcome", "", "RFC 1337, without F1", "Lastack, tcp_rfc1337=0", "RFC 1337, with F1", "Lastack, tcp_rfc1337=1 (default)");
        String[] left = {"" + facts.get("TIME_WAIT after RST, rfc1337=0"), "" + facts.get("TIME_WAIT after RST, rfc1337=1")};
        table.add(List.of("entries in TIME-WAIT after the RST", "0", left[0], "1", left[1]));
        boolean same = left[0].equals("0") && left[1].equals("1");
        for (int i = 0; i < HAZARDS.length; i++) {
            String without = "" + facts.get(HAZARDS[i] + ", rfc1337=0");
            String with = "" + facts.get(HAZARDS[i] + ", rfc1337=1");
            table.add(List.of("H" + (i + 1) + ", " + WHAT[i], UNPROTECTED[i], without, "refused", with));
            same &= without.equals(UNPROTECTED[i]) && with.equals("refused");
        }
        return report.check(same, "all three happen without F1, none with it");
    }
}
