package io.bqx.examples;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Measures, by turns, the market stages, a bare COPY of the rows that they wrote, and the whole job
 * from the bars.
 */
final class SpeedComparison {

  private static final String[] BEFORE_MARKET = {"2.12", "2.14"};
  private static final String[] MARKET = {"2.3", "2.4", "2.16B"};

  private final BenchDatabase bench;
  private final Console console;
  private final List<Round> rounds = new ArrayList<>();

  SpeedComparison(BenchDatabase bench, Console console) {
    this.bench = bench;
    this.console = console;
  }

  /** One round: the same rows written in three ways. */
  private record Round(Measured floor, Optional<Measured> columns, Measured tier1, Measured full) {

    double tier1Ratio() {
      return tier1.seconds() / floor.seconds();
    }

    double fullRatio() {
      return full.seconds() / floor.seconds();
    }

    Optional<Double> clientShare() {
      return tier1
          .clientCpuSeconds()
          .flatMap(client -> tier1.serverCpuSeconds().map(server -> client / server));
    }
  }

  /**
   * Measures rounds until there are as many as wanted, or no more are.
   *
   * @return the figures for the JSON file, empty if nothing was measured
   */
  Map<String, Object> run(int wanted, Supplier<Boolean> stopped)
      throws SQLException, InterruptedException {
    while (rounds.size() < wanted && !stopped.get()) {
      Round round = measure();
      rounds.add(round);
      console.print(
          String.format(
              Locale.ROOT,
              "Round %d: bare COPY %.2f s, stages 2.3, 2.4 and 2.16B %.2f s (%.2f), whole job %.2f s (%.2f)",
              rounds.size(),
              round.floor().seconds(),
              round.tier1().seconds(),
              round.tier1Ratio(),
              round.full().seconds(),
              round.fullRatio()));
    }
    return rounds.isEmpty() ? Map.of() : summary();
  }

  /** Does everything once without counting it, so that the compiler is done when it counts. */
  void warmUp() throws SQLException, InterruptedException {
    measure();
  }

  private Round measure() throws SQLException, InterruptedException {
    bench.dropComputed();
    Measured full = bench.measure(bench.job(1));
    Measured floor = bench.measureCopy();
    bench.dropFeatures();
    bench.measure(bench.job(1).stages(BEFORE_MARKET));
    Optional<Measured> columns = bench.measureNewColumns();
    Measured tier1 = bench.measure(bench.job(1).stages(MARKET));
    return new Round(floor, columns, tier1, full);
  }

  private Map<String, Object> summary() {
    double tier1Ratio = Figures.median(rounds.stream().map(Round::tier1Ratio).toList());
    double fullRatio = Figures.median(rounds.stream().map(Round::fullRatio).toList());
    Optional<Double> share =
        rounds.stream().allMatch(r -> r.clientShare().isPresent())
            ? Optional.of(
                Figures.median(rounds.stream().flatMap(r -> r.clientShare().stream()).toList()))
            : Optional.empty();

    TextTable table = Figures.table("what").right("ratio");
    Figures.row(table, "bare binary COPY", median(Round::floor), "1.00");
    Figures.row(table, "stages 2.3, 2.4 and 2.16B", median(Round::tier1), ratio(tier1Ratio));
    Figures.row(table, "whole job from bars", median(Round::full), ratio(fullRatio));
    console.print("");
    console.print(table.lines());
    console.print("");
    console.print(
        String.format(
            Locale.ROOT,
            "Medians of %s. CPU of the client in stages 2.3, 2.4 and 2.16B: %s of the server's",
            Quantities.count(rounds.size(), "round"),
            share.map(s -> String.format(Locale.ROOT, "%.0f %%", 100 * s)).orElse("n/a")));
    Optional<Double> newColumns =
        bench.isShared()
            ? Optional.empty()
            : Optional.of(median(round -> round.columns().orElseThrow()).seconds());
    newColumns.ifPresent(
        seconds ->
            console.print(
                String.format(
                    Locale.ROOT,
                    "Before stage 2.3, once in the life of the tables: adding its columns and those after it %.2f s",
                    seconds)));

    Map<String, Object> figures = new LinkedHashMap<>();
    figures.put("rounds", rounds.size());
    figures.put("ratio_tier1", tier1Ratio);
    figures.put("ratio_full", fullRatio);
    figures.put("client_share_of_server_cpu_tier1", share.orElse(null));
    figures.put("floor", figures(Round::floor));
    figures.put("tier1", figures(Round::tier1));
    figures.put("full", figures(Round::full));
    figures.put("new_columns_seconds", newColumns.orElse(null));
    return figures;
  }

  private Measured median(Function<Round, Measured> what) {
    return Measured.median(rounds.stream().map(what).toList());
  }

  private Map<String, Object> figures(Function<Round, Measured> what) {
    Map<String, Object> figures = new LinkedHashMap<>(median(what).figures());
    figures.put("each_round", rounds.stream().map(what).map(Measured::figures).toList());
    return figures;
  }

  private static String ratio(double value) {
    return String.format(Locale.ROOT, "%.2f", value);
  }
}
