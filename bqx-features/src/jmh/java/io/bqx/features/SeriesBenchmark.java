package io.bqx.features;

import io.bqx.features.testing.Discrepancies;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * One pair-year, 370,000 rows with the default windows: 37 backward returns, 42 regression terms,
 * 36 covariances, each beside {@link DirectSeries} in the same run.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(
    value = 1,
    jvmArgs = {"-Xmx2g", "-XX:+UseSerialGC"})
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
public class SeriesBenchmark {

  private static final int ROWS = 370_000;
  private static final Windows WINDOWS = Windows.ofDefaults();

  private final BackwardReturns returns = BackwardReturns.of(WINDOWS);
  private final RegressionTerms regression = RegressionTerms.of(WINDOWS);
  private final TermCovariance covariance = TermCovariance.of(WINDOWS);

  private Series index;
  private Series y;
  private FeatureFrame returnsFrame;
  private FeatureFrame termsFrame;
  private FeatureFrame covarianceFrame;
  private FeatureFrame directReturnsFrame;
  private FeatureFrame directTermsFrame;
  private FeatureFrame directCovarianceFrame;

  /**
   * Makes a year of closes and the frames that are computed into, and checks the two evaluations
   * against each other.
   */
  @Setup
  public void prepare() {
    int source = WINDOWS.regressionSource();
    double[] closes = LongMarket.closes(ROWS + source, 1.1, 0.00001, 4);
    Series prices = Series.wrapping(LongMarket.axis(closes.length), closes);
    index = RateIndex.relativeTo(closes[0]).compute(prices).series(RateIndex.COLUMN);
    returnsFrame = FeatureFrame.allocate(index.axis(), returns.columns());
    directReturnsFrame = FeatureFrame.allocate(index.axis(), returns.columns());
    y = BootstrapMarket.regressionSource(index, WINDOWS);
    termsFrame = FeatureFrame.allocate(y.axis(), regression.columns());
    directTermsFrame = FeatureFrame.allocate(y.axis(), regression.columns());
    covarianceFrame = FeatureFrame.allocate(y.axis(), covariance.columns());
    directCovarianceFrame = FeatureFrame.allocate(y.axis(), covariance.columns());
    requireAgreement();
  }

  private void requireAgreement() {
    requireClose(backwardReturns(), directBackwardReturns());
    regressionAndCovariance();
    directRegressionAndCovariance();
    requireClose(termsFrame, directTermsFrame);
    requireClose(covarianceFrame, directCovarianceFrame);
  }

  private static void requireClose(FeatureFrame rolling, FeatureFrame direct) {
    Discrepancies found =
        new Discrepancies((column, exact) -> Math.max(1e-8 * Math.abs(exact), 1e-11));
    for (FeatureColumn column : rolling.columns()) {
      double[] expected = direct.series(column.name()).values();
      for (int t = column.lookback();
          !column.name().startsWith("agg_") && t < expected.length;
          t += 97) {
        found.compare("direct", t, column.name(), rolling.value(column.name(), t), expected[t]);
      }
    }
    found.assertNoneAmong(1);
  }

  /** The backward returns. */
  @Benchmark
  public FeatureFrame backwardReturns() {
    returns.computeInto(index, returnsFrame);
    return returnsFrame;
  }

  /** The backward returns, window by window. */
  @Benchmark
  @Warmup(iterations = 1, time = 1)
  public FeatureFrame directBackwardReturns() {
    int first = 0;
    for (int w : WINDOWS.bqx()) {
      DirectSeries.backwardReturns(
          index.values(), w, columns(directReturnsFrame, first, RollingReturns.COLUMNS));
      first += RollingReturns.COLUMNS;
    }
    return directReturnsFrame;
  }

  /** The regression terms alone. */
  @Benchmark
  public FeatureFrame regression() {
    regression.computeInto(y, termsFrame);
    return termsFrame;
  }

  /** The covariances alone. */
  @Benchmark
  public FeatureFrame covariance() {
    covariance.computeInto(termsFrame, covarianceFrame);
    return covarianceFrame;
  }

  /** The regression terms and their covariances: 78 columns. */
  @Benchmark
  public FeatureFrame regressionAndCovariance() {
    regression.computeInto(y, termsFrame);
    covariance.computeInto(termsFrame, covarianceFrame);
    return covarianceFrame;
  }

  /** The regression terms and their covariances, window by window. */
  @Benchmark
  @Warmup(iterations = 1, time = 1)
  @Measurement(iterations = 2, time = 1)
  public FeatureFrame directRegressionAndCovariance() {
    int terms = RegressionTerms.Term.COUNT;
    int pairings = TermCovariance.Pairing.COUNT;
    for (int i = 0; i < WINDOWS.regression().size(); i++) {
      int w = WINDOWS.regression().get(i);
      double[][] columns = columns(directTermsFrame, i * terms, terms);
      DirectSeries.regressionTerms(y.values(), w, columns);
      DirectSeries.covariances(columns, w, columns(directCovarianceFrame, i * pairings, pairings));
    }
    return directCovarianceFrame;
  }

  private static double[][] columns(FeatureFrame frame, int first, int count) {
    double[][] columns = new double[count][];
    for (int i = 0; i < count; i++) {
      columns[i] = frame.unsafeColumn(first + i);
    }
    return columns;
  }
}
