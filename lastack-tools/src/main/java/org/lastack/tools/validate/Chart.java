package org.lastack.tools.validate;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// A line chart as SVG, with linear or logarithmic axes.
final class Chart {
    private static final int WIDTH = 760;
    private static final int HEIGHT = 440;
    private static final int LEFT = 70;
    private static final int RIGHT = 200;
    private static final int TOP = 40;
    private static final int BOTTOM = 55;
    private static final String[] COLOURS = {"#1b6ca8", "#c8502b", "#3b8f4a", "#8a5aa8", "#b8912a", "#555555", "#2aa6a6", "#a82a6c"};

    private record Series(String name, double[] x, double[] y, boolean line, boolean points) {}

    private final String fileName;
    private final String title;
    private final String xName;
    private final String yName;
    private final boolean logarithmic;
    private final List<Series> series = new ArrayList<>();

    /// @param fileName within the directory of the document
    Chart(String fileName, String title, String xName, String yName, boolean logarithmic) {
        this.fileName = fileName;
        this.title = title;
        this.xName = xName;
        this.yName = yName;
        this.logarithmic = logarithmic;
    }

    String fileName() {
        return fileName;
    }

    String title() {
        return title;
    }

    /// A formula: a line.
    Chart line(String name, double[] x, double[] y) {
        series.add(new Series(name, x, y, true, false));
        return this;
    }

    /// Measurements: points.
    Chart points(String name, double[] x, double[] y) {
        series.add(new Series(name, x, y, false, true));
        return this;
    }

    private double scaled(double value) {
        return logarithmic ? Math.log10(value) : value;
    }

    String svg() {
        double minX = logarithmic ? Double.MAX_VALUE : 0;
        double maxX = -Double.MAX_VALUE;
        double minY = logarithmic ? Double.MAX_VALUE : 0;
        double maxY = -Double.MAX_VALUE;
        for (Series each : series) {
            for (int i = 0; i < each.x.length; i++) {
                minX = Math.min(minX, scaled(each.x[i]));
                maxX = Math.max(maxX, scaled(each.x[i]));
                minY = Math.min(minY, scaled(each.y[i]));
                maxY = Math.max(maxY, scaled(each.y[i]));
            }
        }
        if (logarithmic) {
            minY = Math.floor(minY);
            maxY = Math.ceil(maxY);
            minX = Math.floor(minX + 1e-9);
            maxX = Math.ceil(maxX - 1e-9);
        }
        Frame frame = new Frame(minX, Math.max(maxX, minX + 1e-9), minY, Math.max(maxY, minY + 1e-9));
        StringBuilder svg = new StringBuilder();
        svg.append(String.format(Locale.ROOT, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" font-size=\"12\">%n",
                WIDTH, HEIGHT));
        svg.append("<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n");
        text(svg, LEFT, 22, "start", title);
        axes(svg, frame);
        for (int i = 0; i < series.size(); i++) {
            draw(svg, frame, series.get(i), COLOURS[i % COLOURS.length], i);
        }
        return svg.append("</svg>\n").toString();
    }

    private record Frame(double minX, double maxX, double minY, double maxY) {
        double x(double value) {
            return LEFT + (value - minX) / (maxX - minX) * (WIDTH - LEFT - RIGHT);
        }

        double y(double value) {
            return HEIGHT - BOTTOM - (value - minY) / (maxY - minY) * (HEIGHT - TOP - BOTTOM);
        }
    }

    private static void text(StringBuilder svg, double x, double y, String anchor, String words) {
        String safe = words.replace("&", "&amp;").replace("<", "&lt;");
        svg.append(String.format(Locale.ROOT, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>%n", x, y, anchor, safe));
    }

    private static void stroke(StringBuilder svg, double x1, double y1, double x2, double y2, String colour) {
        svg.append(String.format(Locale.ROOT, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\"/>%n", x1, y1, x2, y2, colour));
    }

    private void axes(StringBuilder svg, Frame frame) {
        double bottom = HEIGHT - BOTTOM;
        double right = WIDTH - (double) RIGHT;
        for (double tick : ticks(frame.minX, frame.maxX)) {
            stroke(svg, frame.x(tick), TOP, frame.x(tick), bottom, "#dddddd");
            text(svg, frame.x(tick), bottom + 18, "middle", label(tick));
        }
        for (double tick : ticks(frame.minY, frame.maxY)) {
            stroke(svg, LEFT, frame.y(tick), right, frame.y(tick), "#dddddd");
            text(svg, LEFT - 8, frame.y(tick) + 4, "end", label(tick));
        }
        stroke(svg, LEFT, bottom, right, bottom, "#333333");
        stroke(svg, LEFT, TOP, LEFT, bottom, "#333333");
        text(svg, (LEFT + right) / 2, HEIGHT - 14, "middle", xName);
        svg.append(String.format(Locale.ROOT, "<text transform=\"translate(18 %.1f) rotate(-90)\" text-anchor=\"middle\">%s</text>%n", (TOP + bottom) / 2, yName));
    }

    private double[] ticks(double from, double to) {
        double step = 1;
        if (!logarithmic) {
            step = Math.pow(10, Math.floor(Math.log10((to - from) / 2)));
            step *= (to - from) / step > 10 ? 2 : 1;
        }
        int count = (int) Math.floor((to - from) / step + 1e-6) + 1;
        double[] ticks = new double[count];
        for (int i = 0; i < count; i++) {
            ticks[i] = from + i * step;
        }
        return ticks;
    }

    private String label(double tick) {
        double value = logarithmic ? Math.pow(10, tick) : tick;
        return value >= 1 || value == 0 ? String.format(Locale.ROOT, "%.0f", value) : String.format(Locale.ROOT, "%.0e", value);
    }

    private void draw(StringBuilder svg, Frame frame, Series each, String colour, int index) {
        StringBuilder path = new StringBuilder();
        for (int i = 0; i < each.x.length; i++) {
            double x = frame.x(scaled(each.x[i]));
            double y = frame.y(scaled(each.y[i]));
            path.append(String.format(Locale.ROOT, "%.1f,%.1f ", x, y));
            if (each.points) {
                svg.append(String.format(Locale.ROOT, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"4\" fill=\"%s\"/>%n", x, y, colour));
            }
        }
        if (each.line) {
            svg.append("<polyline fill=\"none\" stroke-width=\"1.5\" stroke=\"").append(colour).append("\" points=\"").append(path.toString().strip())
                    .append("\"/>\n");
        }
        double y = TOP + 14 + index * 20.0;
        double x = WIDTH - RIGHT + 16.0;
        if (each.line) {
            stroke(svg, x, y - 4, x + 22, y - 4, colour);
        } else {
            svg.append(String.format(Locale.ROOT, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"4\" fill=\"%s\"/>%n", x + 11, y - 4, colour));
        }
        text(svg, x + 30, y, "start", each.name);
    }
}
