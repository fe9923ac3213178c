package io.bqx.examples;

import io.bqx.core.run.PartitionOutcome;
import io.bqx.core.run.Phase2;
import io.bqx.core.run.RunListener;
import io.bqx.core.run.RunProgress;
import io.bqx.core.run.RunReport;
import io.bqx.core.stage.Stage;
import io.bqx.core.stage.StageSource;
import io.bqx.features.Currency;
import io.bqx.features.CurrencyPair;
import io.bqx.features.FeatureColumn;
import io.bqx.features.FeatureFrame;
import io.bqx.features.FeatureType;
import io.bqx.features.Formula;
import io.bqx.features.MarketPanel;
import java.io.PrintStream;
import java.time.YearMonth;
import java.util.List;
import java.util.Locale;
import javax.sql.DataSource;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * Embeds the job in a program of one's own: with a stage that the library does not have, and a
 * listener.
 *
 * <p>The stage adds one column to {@code reg_bqx_{pair}} after the built-in ones. The engine treats
 * it like them: it is computed when it is due, written in the same rewrite, recorded and validated.
 */
public final class CustomRunner {

  private CustomRunner() {}

  /**
   * Runs the months from the second to the third argument in the database at the first one, a JDBC
   * URL.
   */
  public static void main(String[] arguments) {
    if (arguments.length != 3) {
      System.err.println(
          "Usage: CustomRunner jdbc:postgresql://HOST/DATABASE?user=NAME 2024-07 2024-08");
      System.exit(2);
    }
    PGSimpleDataSource dataSource = new PGSimpleDataSource();
    dataSource.setUrl(arguments[0]);
    dataSource.setPassword(System.getenv("BQX_DB_PASSWORD"));
    RunReport report =
        run(dataSource, YearMonth.parse(arguments[1]), YearMonth.parse(arguments[2]), System.out);
    System.exit(report.exitCode());
  }

  /** Brings all built-in stages and the own one up to date. */
  static RunReport run(DataSource dataSource, YearMonth from, YearMonth to, PrintStream out) {
    return Phase2.on(dataSource)
        .months(from, to)
        .with(dollarBreadth())
        .listener(new Printer(out))
        .run();
  }

  /** The stage {@code own.1}, of which people may make up the name. */
  static Stage<MarketPanel> dollarBreadth() {
    return Stage.computing("own.1", StageSource.MARKET_PREDICTIONS, new Breadth(Currency.USD))
        .named("breadth of the dollar")
        .parameters("currency=USD")
        .build();
  }

  /**
   * The share of a currency's pairs whose prediction is in its favour, 0 to 1; missing if no pair
   * has a prediction.
   */
  private record Breadth(Currency currency) implements Formula<MarketPanel> {

    @Override
    public List<FeatureColumn> columns() {
      String name = currency.lowerCode() + "_breadth";
      return List.of(new FeatureColumn(name, FeatureType.DOUBLE, "own.1", "fraction", lookback()));
    }

    @Override
    public int lookback() {
      return 0;
    }

    @Override
    public FeatureFrame compute(MarketPanel predictions) {
      FeatureFrame frame = FeatureFrame.allocate(predictions.grid(), columns());
      computeInto(predictions, frame);
      return frame;
    }

    @Override
    public void computeInto(MarketPanel predictions, FeatureFrame out) {
      List<CurrencyPair> pairs = predictions.universe().pairsWith(currency);
      double[] breadth = out.unsafeColumn(0);
      for (int row = 0; row < predictions.rows(); row++) {
        int present = 0;
        int inFavour = 0;
        for (CurrencyPair pair : pairs) {
          double prediction = predictions.value(pair, row);
          present += Double.isNaN(prediction) ? 0 : 1;
          inFavour += pair.signOf(currency) * prediction > 0 ? 1 : 0;
        }
        breadth[row] = present == 0 ? Double.NaN : (double) inFavour / present;
      }
    }
  }

  /** Prints a line per partition. */
  private record Printer(PrintStream out) implements RunListener {

    @Override
    public void partitionFinished(PartitionOutcome outcome, RunProgress progress) {
      out.println(
          String.format(
              Locale.ROOT,
              "%s %s %s, %d of %d, %s",
              outcome.scope(),
              outcome.month(),
              outcome.state(),
              progress.finished(),
              progress.partitions(),
              Quantities.rate(progress.rowsPerSecond())));
    }
  }
}
