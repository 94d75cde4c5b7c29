package org.lastack.tools.validate;

import java.util.Locale;

/// The models that measurements are compared with. `p` is the probability that a segment is lost; rates in Mbit/s of text.
final class Formulas {
    static final int MSS = 1448;

    private Formulas() {}

    /// Text of one segment per round trip, in Mbit/s.
    static double perSegment(double rttSeconds) {
        return MSS * 8 / rttSeconds / 1e6;
    }

    /// Mathis, Semke, Mahdavi, Ott 1997, periodic loss; b = segments per ACK.
    static double mathis(double p, double rttSeconds, int b) {
        return Math.sqrt(1.5 / b / p) * perSegment(rttSeconds);
    }

    /// Padhye, Firoiu, Towsley, Kurose 1998 in the form of RFC 5348 §3.1.
    static double pftk(double p, double rttSeconds, int b, double rtoSeconds) {
        double timeouts = rtoSeconds * Math.min(1, 3 * Math.sqrt(3 * b * p / 8)) * p * (1 + 32 * p * p);
        return MSS * 8 / 1e6 / (rttSeconds * Math.sqrt(2 * b * p / 3) + timeouts);
    }

    /// RFC 9438 §5.1 and §5.2: the average window of CUBIC in segments, the larger of Reno's and the cubic one.
    static double cubicWindow(double p, double rttSeconds) {
        return Math.max(renoWindow(p), 1.054 * Math.pow(rttSeconds, 0.75) / Math.pow(p, 0.75));
    }

    /// The average window of Reno as RFC 9438 §5.1 has it.
    static double renoWindow(double p) {
        return 1.2 / Math.sqrt(p);
    }

    /// Chiu and Jain: 1 = all equal, 1/n = one has all.
    static double jain(double[] shares) {
        double sum = 0;
        double squares = 0;
        for (double each : shares) {
            sum += each;
            squares += each * each;
        }
        return squares == 0 ? 0 : sum * sum / shares.length / squares;
    }

    /// With three significant digits.
    static String short3(double value) {
        int digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
        return String.format(Locale.ROOT, "%." + digits + "f", value);
    }

    static String exponent(double value) {
        return String.format(Locale.ROOT, "%.0e", value).replace("e-0", "e-").replace("e+0", "e");
    }

    /// `75.0 %`.
    static String percent(double share) {
        return String.format(Locale.ROOT, "%.1f %%", share * 100);
    }

    /// `+4 %`.
    static String deviation(double value, double reference) {
        return String.format(Locale.ROOT, "%+.0f %%", (value / reference - 1) * 100);
    }
}
