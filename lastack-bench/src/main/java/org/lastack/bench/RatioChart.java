package org.lastack.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// Ratios with their standard errors, one line per case, as SVG: what lies right of 1 is better than the peer.
final class RatioChart {
    private static final int LEFT = 300;
    private static final int WIDTH = 460;
    private static final int LINE = 22;
    private static final int TOP = 46;
    private static final double LEAST = 0.7;
    private static final double MOST = 1.3;
    private static final String[] COLOURS = {"#1b6ca8", "#c8502b"};

    private record Row(String label, double[] ratios, double[] errors) { }

    private final String title;
    private final String[] names;
    private final double floor;
    private final List<Row> rows = new ArrayList<>();

    /// @param floor a line is drawn there: what was asked for
    /// @param names of the two ratios of each row
    RatioChart(String title, double floor, String... names) {
        this.title = title;
        this.floor = floor;
        this.names = names;
    }

    void row(String label, double[] ratios, double[] errors) {
        rows.add(new Row(label, ratios, errors));
    }

    private static double x(double ratio) {
        return LEFT + (Math.clamp(ratio, LEAST, MOST) - LEAST) / (MOST - LEAST) * WIDTH;
    }

    String svg() {
        int bottom = TOP + rows.size() * LINE;
        StringBuilder svg = new StringBuilder();
        add(svg, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" font-size=\"12\">", LEFT + WIDTH + 20, bottom + 30);
        add(svg, "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>");
        add(svg, "<text x=\"10\" y=\"18\" font-size=\"14\">%s</text>", title);
        for (int i = 0; i < names.length; i++) {
            add(svg, "<circle cx=\"%d\" cy=\"34\" r=\"4\" fill=\"%s\"/><text x=\"%d\" y=\"38\">%s</text>", LEFT + i * 150, COLOURS[i], LEFT + 8 + i * 150, names[i]);
        }
        for (int tenth = 7; tenth <= 13; tenth++) {
            double x = x(tenth / 10.0);
            add(svg, "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\" stroke=\"%s\"/>", x, x, TOP, bottom, tenth == 10 ? "#555" : "#ddd");
            add(svg, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%.1f</text>", x, bottom + 16, tenth / 10.0);
        }
        add(svg, "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\" stroke=\"#c00\" stroke-dasharray=\"4 3\"/>", x(floor), x(floor), TOP, bottom);
        for (int i = 0; i < rows.size(); i++) {
            Row row = rows.get(i);
            int y = TOP + i * LINE + LINE / 2;
            add(svg, "<text x=\"10\" y=\"%d\">%s</text>", y + 4, row.label);
            for (int k = 0; k < row.ratios.length; k++) {
                int at = y + (k == 0 ? -3 : 3);
                add(svg, "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\" stroke=\"%s\"/>", x(row.ratios[k] - row.errors[k]), x(row.ratios[k] + row.errors[k]), at, at, COLOURS[k]);
                add(svg, "<circle cx=\"%.1f\" cy=\"%d\" r=\"3.5\" fill=\"%s\"/>", x(row.ratios[k]), at, COLOURS[k]);
            }
        }
        return svg.append("</svg>\n").toString();
    }

    private static void add(StringBuilder svg, String format, Object... values) {
        svg.append(String.format(Locale.ROOT, format, values)).append('\n');
    }
}
