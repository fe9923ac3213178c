package io.bqx.features;

import java.util.Arrays;
import java.util.List;

/**
 * The round trips through one pair and each third currency, for one tile of rows.
 *
 * <p>Direction +1 buys the pair directly and sells it through the third currency; direction -1 buys
 * it through the third currency and sells it directly, which earns the pair's rate times the
 * synthetic rate of the inverse pair.
 */
final class RoundTrips {

  /** The rates of the legs through one third currency, from the base to the quote and back. */
  private record Detour(
      double[] baseToThird, double[] thirdToQuote, double[] quoteToThird, double[] thirdToBase) {

    static Detour of(Currency base, Currency third, Currency quote, ExchangeRates rates) {
      return new Detour(
          rates.of(base, third),
          rates.of(third, quote),
          rates.of(quote, third),
          rates.of(third, base));
    }

    double synthetic(int i) {
      return baseToThird[i] * thirdToQuote[i];
    }

    double inverseSynthetic(int i) {
      return quoteToThird[i] * thirdToBase[i];
    }
  }

  private final double[] rate;
  private final List<Detour> detours;
  private final double[] synthetic = new double[ExchangeRates.TILE];
  private final double[] inverseSynthetic = new double[ExchangeRates.TILE];
  private final double[] gross = new double[ExchangeRates.TILE];

  RoundTrips(CurrencyPair pair, ExchangeRates rates) {
    this.rate = rates.of(pair.base(), pair.quote());
    Universe universe = rates.universe();
    this.detours =
        universe.currencies().stream()
            .filter(third -> universe.pairOf(pair.base(), third).isPresent())
            .filter(third -> universe.pairOf(third, pair.quote()).isPresent())
            .map(third -> Detour.of(pair.base(), third, pair.quote(), rates))
            .toList();
  }

  /** Finds the best round trip of every row of the tile. */
  void findBest() {
    Arrays.fill(synthetic, 0);
    Arrays.fill(inverseSynthetic, 0);
    for (Detour detour : detours) {
      raise(synthetic, detour.baseToThird, detour.thirdToQuote);
      raise(inverseSynthetic, detour.quoteToThird, detour.thirdToBase);
    }
    for (int i = 0; i < gross.length; i++) {
      boolean complete = rate[i] > 0 && synthetic[i] > 0;
      gross[i] = complete ? 100 * (bestRatio(i) - 1) : Double.NaN;
    }
  }

  private static void raise(double[] best, double[] a, double[] b) {
    for (int i = 0; i < best.length; i++) {
      best[i] = Math.max(best[i], a[i] * b[i]);
    }
  }

  private double bestRatio(int i) {
    return Math.max(synthetic[i] / rate[i], rate[i] * inverseSynthetic[i]);
  }

  /** The best gross profit in percent, {@code NaN} where no triangle is complete. */
  double gross(int i) {
    return gross[i];
  }

  /**
   * The direction of the best round trip; of equal ones the earlier third currency, and +1 before
   * -1.
   */
  int direction(int i) {
    double forward = synthetic[i] / rate[i];
    double backward = rate[i] * inverseSynthetic[i];
    return forward == backward ? firstDirectionThatEarns(forward, i) : forward > backward ? 1 : -1;
  }

  private int firstDirectionThatEarns(double ratio, int i) {
    for (Detour detour : detours) {
      if (detour.synthetic(i) / rate[i] == ratio) {
        return 1;
      }
      if (rate[i] * detour.inverseSynthetic(i) == ratio) {
        return -1;
      }
    }
    throw new IllegalStateException("No round trip earns the ratio " + ratio);
  }
}
