package io.bqx.features;

import io.bqx.features.testing.RandomMarket;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Nanoseconds per grid row of the 384 market columns of G8 at the default windows, into a frame
 * that is used again, beside a direct evaluation of the same columns.
 *
 * <p>A year has 370,000 grid rows: 1 s a year is 2703 ns a row, 0.3 s is 811 ns.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(value = 1, jvmArgs = "-Xmx3g")
@Warmup(iterations = 4, time = 2)
@Measurement(iterations = 5, time = 2)
public class MarketBenchmark {

  private static final int YEAR = 370_000;
  private static final int SAMPLE = 3_000;

  private final Universe universe = Universe.g8();
  private final Windows windows = Windows.ofDefaults();
  private final CurrencyIndices indices = CurrencyIndices.of(universe, windows);
  private final TriangularArbitrage arbitrage = TriangularArbitrage.of(universe);
  private final CurrencyBlocs blocs = CurrencyBlocs.of(universe, windows);

  private MarketPanel predictions;
  private MarketPanel closes;
  private FeatureFrame indexFrame;
  private FeatureFrame arbitrageFrame;
  private FeatureFrame blocFrame;
  private DirectMarket directPredictions;
  private DirectMarket directCloses;

  /** Makes a market with a gap in every pair about every 1000 rows. */
  @Setup
  public void setUp() {
    RandomMarket market = new RandomMarket(universe, YEAR, 1).byTheMinute().withGaps(0.001);
    predictions = market.predictions();
    closes = market.closes();
    indexFrame = FeatureFrame.allocate(predictions.grid(), indices.columns());
    arbitrageFrame = FeatureFrame.allocate(closes.grid(), arbitrage.columns());
    blocFrame = FeatureFrame.allocate(predictions.grid(), blocs.columns());
    directPredictions = new DirectMarket(predictions.slice(0, SAMPLE), windows);
    directCloses = new DirectMarket(closes.slice(0, SAMPLE), windows);
  }

  /** The 224 index columns. */
  @Benchmark
  @OperationsPerInvocation(YEAR)
  public FeatureFrame currencyIndices() {
    indices.computeInto(predictions, indexFrame);
    return indexFrame;
  }

  /** The 112 arbitrage columns. */
  @Benchmark
  @OperationsPerInvocation(YEAR)
  public FeatureFrame triangularArbitrage() {
    arbitrage.computeInto(closes, arbitrageFrame);
    return arbitrageFrame;
  }

  /** The 48 bloc columns. */
  @Benchmark
  @OperationsPerInvocation(YEAR)
  public FeatureFrame currencyBlocs() {
    blocs.computeInto(predictions, blocFrame);
    return blocFrame;
  }

  /** All 384 columns. */
  @Benchmark
  @OperationsPerInvocation(YEAR)
  public FeatureFrame allMarketColumns() {
    indices.computeInto(predictions, indexFrame);
    arbitrage.computeInto(closes, arbitrageFrame);
    blocs.computeInto(predictions, blocFrame);
    return blocFrame;
  }

  /** The index columns by direct evaluation. */
  @Benchmark
  @OperationsPerInvocation(SAMPLE)
  public double directCurrencyIndices() {
    return directPredictions.currencyIndices();
  }

  /** The gross profit of arbitrage by direct evaluation. */
  @Benchmark
  @OperationsPerInvocation(SAMPLE)
  public double directTriangularArbitrage() {
    return directCloses.arbitrage();
  }

  /** Strength, dispersion and coherence of blocs by direct evaluation. */
  @Benchmark
  @OperationsPerInvocation(SAMPLE)
  public double directCurrencyBlocs() {
    return directPredictions.blocs();
  }
}
