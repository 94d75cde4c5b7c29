package org.lastack.tools.validate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class ValidateCommandTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(String... args) {
        return new CommandLine(new ValidateCommand()).setOut(new PrintWriter(out)).setErr(new PrintWriter(err)).execute(args);
    }

    @Test
    void theSynsIntoABlackHoleAndSlowStartHold() {
        assertThat(run("V5", "v10")).isZero();
        assertThat(out.toString()).contains("0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 7.0, 11.0, 19.0, 35.0, 67.0, 131.0", "1270", "2 hold, 0 fail").doesNotContain("FAILS");
    }

    @Test
    void portsTimeWaitAndConstantsHold() {
        assertThat(run("V6", "V8", "V9")).as("%s", out).isZero();
        assertThat(out.toString()).contains("all answers are Linux's (11 of 11)", "FIN-WAIT-2 that nobody reads", "desynchronized", "3 hold, 0 fail");
        assertThat(err.toString()).as("over before anybody waits").isEmpty();
    }

    @Test
    void whatTakesLongerThanTwoSecondsShowsHowFarItIs() {
        try (Progress progress = new Progress(new PrintWriter(err), true)) {
            progress.begin("V1  loss response", 40);
            progress.step();
            progress.step();
            assertThat(progress.line(1_900_000_000L)).isEmpty();
            assertThat(progress.line(12_300_000_000L)).isEqualTo("V1  loss response: 2 of 40 runs, 12 s");
            progress.end();
            assertThat(progress.line(12_300_000_000L)).as("between two experiments").isEmpty();
        }
    }

    @Test
    void everyRunIsCounted() {
        Progress progress = new Progress(new PrintWriter(err), true);
        for (Experiment each : new Experiment[] {new BlackHole(), new PortSharing(), new SlowStart(), new Constants(), new TimeWaitHazards()}) {
            progress.begin(each.id(), each.runs());
            each.run(1, 1, progress);
            assertThat(progress.line(2_500_000_000L)).isEqualTo("%s: %d of %d runs, 2 s", each.id(), each.runs(), each.runs());
        }
        progress.close();
    }

    @Test
    void anUnknownResultIsAWrongCommandLine() {
        assertThat(run("V99")).isEqualTo(2);
        assertThat(err.toString()).contains("there is no result V99; there are V1, V2, V3, V4, V5, V6, V7, V8, V9, V10, N1");
        assertThat(run("--scale", "0")).isEqualTo(2);
    }

    @Test
    void tableAndChartAreWritten(@TempDir Path directory) throws Exception {
        // A hundredth of the time is enough to see the charts; whether checks hold is not asked here.
        run("V4", "--scale", "0.05", "--write", directory.toString());
        assertThat(Files.readString(directory.resolve("validation.md"))).contains("# Validation", "| FQ-CoDel | 72 / 75 |", "](validation-v4.svg)");
        var svg = DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(directory.resolve("validation-v4.svg").toFile());
        assertThat(svg.getDocumentElement().getTagName()).isEqualTo("svg");
        assertThat(svg.getElementsByTagName("polyline").getLength()).isEqualTo(3);
    }

    @Test
    void equalSeedsGiveEqualFigures() {
        run("V4", "--scale", "0.03", "--seed", "5");
        String first = out.toString();
        out.getBuffer().setLength(0);
        run("V4", "--scale", "0.03", "--seed", "5");
        assertThat(out.toString()).isEqualTo(first);
    }

    @Test
    void theFormulasAreThoseOfThePapers() {
        // VALIDATION: RTT 100 ms, MSS 1448.
        assertThat(Formulas.mathis(1e-3, 0.1, 1)).isCloseTo(4.5, within(0.05));
        assertThat(Formulas.mathis(1e-3, 0.1, 2)).isCloseTo(3.2, within(0.05));
        assertThat(Formulas.pftk(3e-2, 0.1, 1, 0.3)).isCloseTo(0.68, within(0.005));
        assertThat(Formulas.pftk(1e-2, 0.1, 2, 0.3)).isCloseTo(0.94, within(0.01));
        assertThat(Formulas.cubicWindow(1e-4, 0.1)).isCloseTo(187, within(1.0));
        assertThat(Formulas.cubicWindow(1e-6, 0.01)).isCloseTo(1200, within(1.0));
        assertThat(Formulas.jain(new double[] {1, 1, 1, 1})).isEqualTo(1);
        assertThat(Formulas.jain(new double[] {1, 0, 0, 0})).isEqualTo(0.25);
    }
}
