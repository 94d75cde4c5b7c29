package org.lastack.tools.validate;

/// One published result that the simulator reproduces.
interface Experiment {
    /// As in the command line: `V1`.
    String id();

    /// One line.
    String title();

    /// Simulations that it consists of: as often it calls [Progress#step].
    int runs();

    /// Runs it. `scale` stretches or shortens the virtual time of runs, 1 = as documented; `seed` is the first of the seeds.
    Report run(double scale, long seed, Progress progress);
}
