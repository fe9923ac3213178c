package io.bqx.examples;

import io.bqx.features.Bars;
import io.bqx.features.Currency;
import io.bqx.features.CurrencyPair;
import io.bqx.features.TimeAxis;
import io.bqx.features.Universe;
import java.time.YearMonth;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * One-minute bars of a market that does not exist but looks like one, the same for the same
 * settings on every machine.
 *
 * <p>The logarithm of each currency's value is a random walk of its own, and a pair's price is the
 * ratio of two values times quote noise. Volatility follows the Tokyo, London and New York sessions
 * and comes in clusters. The market is open from Sunday 17:00 to Friday 17:00 New York time and
 * opens with a gap. Each pair misses minutes at a rate of its own, more of them in quiet hours, and
 * has an outage now and then, as the whole market has. Prices have five decimals, those in yen
 * three. Quote noise and rounding leave triangular mispricings of a few thousandths of a percent,
 * as in real quotes.
 *
 * <p>Every random number is derived from the seed, the month and the pair, by integer arithmetic
 * and {@link StrictMath}. A slice of a month therefore equals the first bars of the whole month.
 * Instances are immutable: each setter returns another market.
 *
 * <pre>{@code
 * SyntheticMarket market =
 *     SyntheticMarket.of(Universe.g8()).seed(7).from(YearMonth.of(2024, 7)).months(12).rowsPerMonth(1000);
 * market.stream().forEach(month -> store(month.bars()));
 * }</pre>
 */
public final class SyntheticMarket {

  private static final int EVERY_ROW = Integer.MAX_VALUE;

  private final Universe universe;
  private final long seed;
  private final YearMonth firstMonth;
  private final int monthCount;
  private final int rowsPerMonth;

  private SyntheticMarket(
      Universe universe, long seed, YearMonth firstMonth, int monthCount, int rowsPerMonth) {
    this.universe = Objects.requireNonNull(universe, "universe");
    this.seed = seed;
    this.firstMonth = Objects.requireNonNull(firstMonth, "firstMonth");
    this.monthCount = monthCount;
    this.rowsPerMonth = rowsPerMonth;
  }

  /** A market of every pair of the universe: twelve full months from July 2024, seed 1. */
  public static SyntheticMarket of(Universe universe) {
    return new SyntheticMarket(universe, 1, YearMonth.of(2024, 7), 12, EVERY_ROW);
  }

  /** This market with other random numbers. */
  public SyntheticMarket seed(long newSeed) {
    return new SyntheticMarket(universe, newSeed, firstMonth, monthCount, rowsPerMonth);
  }

  /**
   * This market with another first month (UTC); the walks begin there, each from a plausible value.
   */
  public SyntheticMarket from(YearMonth month) {
    return new SyntheticMarket(universe, seed, month, monthCount, rowsPerMonth);
  }

  /**
   * This market with another number of months.
   *
   * @throws IllegalArgumentException if the number is below 1
   */
  public SyntheticMarket months(int count) {
    if (count < 1) {
      throw new IllegalArgumentException("A market needs at least 1 month, not " + count);
    }
    return new SyntheticMarket(universe, seed, firstMonth, count, rowsPerMonth);
  }

  /**
   * This market with only the first minutes of each month, counted from the month's first trading
   * minute. A pair has about that many bars, fewer by its missing minutes.
   *
   * @throws IllegalArgumentException if the number is below 1
   */
  public SyntheticMarket rowsPerMonth(int rows) {
    if (rows < 1) {
      throw new IllegalArgumentException("A month needs at least 1 row, not " + rows);
    }
    return new SyntheticMarket(universe, seed, firstMonth, monthCount, rows);
  }

  /** This market with every trading minute of each month, about 31,000. */
  public SyntheticMarket fullMonths() {
    return new SyntheticMarket(universe, seed, firstMonth, monthCount, EVERY_ROW);
  }

  /** The pairs and currencies of this market. */
  public Universe universe() {
    return universe;
  }

  /** The months of this market, ascending. */
  public List<YearMonth> months() {
    return IntStream.range(0, monthCount).mapToObj(firstMonth::plusMonths).toList();
  }

  /**
   * The months with their bars, ascending. Each month is made when it is asked for, so that only
   * one is in memory.
   */
  public Stream<Month> stream() {
    Iterator<YearMonth> months = months().iterator();
    CurrencyWalks walks = new CurrencyWalks(universe, seed);
    Iterator<Month> made =
        new Iterator<>() {
          @Override
          public boolean hasNext() {
            return months.hasNext();
          }

          @Override
          public Month next() {
            return month(months.next(), walks);
          }
        };
    return StreamSupport.stream(
        Spliterators.spliteratorUnknownSize(made, Spliterator.ORDERED | Spliterator.NONNULL),
        false);
  }

  private Month month(YearMonth month, CurrencyWalks walks) {
    long[] open = TradingHours.minutesOf(month);
    int rows = Math.min(rowsPerMonth, open.length);
    CurrencyWalks.Path path = walks.walk(month, open, rows);
    boolean[] outage = new boolean[rows];
    RandomNumbers market = RandomNumbers.of(seed, "outages", month);
    markOutages(outage, market, 1.0 / 90_000, 25);
    List<Bars> bars = new ArrayList<>();
    for (CurrencyPair pair : universe.pairs()) {
      bars.add(bars(pair, month, open, outage, path));
    }
    return new Month(month, List.copyOf(bars));
  }

  /**
   * Marks stretches of 5 to {@code 5 + longest} minutes, each row beginning one with the given
   * probability.
   */
  private static void markOutages(
      boolean[] outage, RandomNumbers random, double probability, int longest) {
    int left = 0;
    for (int row = 0; row < outage.length; row++) {
      double begins = random.uniform();
      double length = random.uniform();
      if (begins < probability) {
        left = 5 + (int) (longest * length);
      }
      if (left > 0) {
        outage[row] = true;
        left--;
      }
    }
  }

  private Bars bars(
      CurrencyPair pair,
      YearMonth month,
      long[] minutes,
      boolean[] marketOutage,
      CurrencyWalks.Path path) {
    boolean[] outage = marketOutage.clone();
    markOutages(outage, RandomNumbers.of(seed, pair.name() + " outages", month), 1.0 / 40_000, 55);
    RandomNumbers random = RandomNumbers.of(seed, pair.name(), month);
    double missingRate =
        0.001 * StrictMath.pow(25, RandomNumbers.of(seed, pair.name() + " gaps", null).uniform());
    double decimals = pair.quote().equals(Currency.JPY) ? 1e3 : 1e5;
    int base = universe.currencies().indexOf(pair.base());
    int quote = universe.currencies().indexOf(pair.quote());

    int rows = outage.length;
    long[] times = new long[rows];
    double[] open = new double[rows];
    double[] high = new double[rows];
    double[] low = new double[rows];
    double[] close = new double[rows];
    double[] volume = new double[rows];
    QuoteNoise noise = new QuoteNoise(random);
    int kept = 0;
    for (int row = 0; row < rows; row++) {
      double activity = path.activity(row);
      double noiseBefore = noise.current();
      double noiseNow = noise.next(activity);
      double opening = path.before(base, row) - path.before(quote, row) + noiseBefore;
      double closing = path.after(base, row) - path.after(quote, row) + noiseNow;
      double spread = path.minuteDeviation(base, quote, row);
      double highest = opening + bridgeMaximum(closing - opening, spread, random.uniform());
      double lowest = opening - bridgeMaximum(opening - closing, spread, random.uniform());
      double ticks = 30 * activity * activity * StrictMath.exp(0.6 * random.gaussian());
      double missing = missingRate * Math.min(4, Math.max(0.5, 0.6 / (activity * activity)));
      boolean present = random.uniform() >= missing && !outage[row];
      if (present) {
        times[kept] = 60_000_000L * minutes[row];
        open[kept] = price(opening, decimals);
        high[kept] = price(highest, decimals);
        low[kept] = price(lowest, decimals);
        close[kept] = price(closing, decimals);
        volume[kept] = Math.max(1, Math.rint(ticks));
        kept++;
      }
    }
    return Bars.wrapping(
        pair,
        TimeAxis.wrapping(Arrays.copyOf(times, kept), 0),
        Arrays.copyOf(open, kept),
        Arrays.copyOf(high, kept),
        Arrays.copyOf(low, kept),
        Arrays.copyOf(close, kept),
        Arrays.copyOf(volume, kept));
  }

  /**
   * The highest point of a Brownian bridge from 0 to {@code move}, at a uniform quantile; at least
   * 0 and the move.
   */
  private static double bridgeMaximum(double move, double deviation, double quantile) {
    double log = StrictMath.log(1 - quantile);
    return 0.5 * (move + Math.sqrt(move * move - 2 * deviation * deviation * log));
  }

  private static double price(double logarithm, double decimals) {
    return Math.rint(StrictMath.exp(logarithm) * decimals) / decimals;
  }

  /**
   * One calendar month (UTC) of the market.
   *
   * @param month the month
   * @param bars the bars of each pair, in universe order
   */
  public record Month(YearMonth month, List<Bars> bars) {}

  /**
   * The part of a quote that is not shared with other pairs: a short-lived deviation in log price,
   * with rare spikes.
   */
  private static final class QuoteNoise {

    private static final double DEVIATION = 1.5e-5;
    private static final double PERSISTENCE = 0.5;

    private final RandomNumbers random;
    private double lasting;
    private double spike;

    private QuoteNoise(RandomNumbers random) {
      this.random = random;
      this.lasting = DEVIATION * random.gaussian();
    }

    private double current() {
      return lasting + spike;
    }

    private double next(double activity) {
      double size = DEVIATION * (0.6 + 0.4 * activity);
      lasting =
          PERSISTENCE * lasting
              + Math.sqrt(1 - PERSISTENCE * PERSISTENCE) * size * random.gaussian();
      double strength = random.gaussian();
      spike = random.uniform() < 0.003 ? 12 * size * strength : 0;
      return current();
    }
  }
}
