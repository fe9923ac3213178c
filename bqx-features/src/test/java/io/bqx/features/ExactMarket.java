package io.bqx.features;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Sections 6 to 8 of the specification evaluated directly, each value on its own from the numbers
 * of its window, in {@link DoubleDouble} arithmetic. Shares nothing with the formulas but the
 * values that describe a universe, and names the columns itself.
 */
final class ExactMarket {

  private final Universe universe;
  private final Windows windows;
  private final int fillLimit;
  private final MarketPanel input;
  private final Map<Currency, Map<Integer, DoubleDouble>> knownIndices = new HashMap<>();

  /** The features of a panel of predictions, or of closes for {@link #arbitrage}. */
  ExactMarket(MarketPanel input, Windows windows, int fillLimit) {
    this.universe = input.universe();
    this.windows = windows;
    this.fillLimit = fillLimit;
    this.input = input;
  }

  /** All columns of section 6 at a grid row, by name. */
  Map<String, Double> currencyIndices(int k) {
    Map<String, Double> columns = new LinkedHashMap<>();
    for (Currency c : universe.currencies()) {
      String prefix = c.lowerCode() + "_basket_";
      columns.put(prefix + "index", number(index(c, k)));
      for (int w : windows.regression()) {
        addWindow(columns, prefix, c, k, w);
      }
      for (CurrencyGroup group : universe.strengthGroups()) {
        columns.put(prefix + "strength_vs_" + group.name(), number(strength(c, group, k)));
      }
    }
    return columns;
  }

  /** The basket index of a currency, {@code null} if it is missing. */
  DoubleDouble index(Currency c, int k) {
    return knownIndices
        .computeIfAbsent(c, any -> new HashMap<>())
        .computeIfAbsent(k, row -> meanOfPairs(c, row));
  }

  private DoubleDouble meanOfPairs(Currency c, int k) {
    List<DoubleDouble> values = new ArrayList<>();
    for (CurrencyPair pair : universe.pairs()) {
      double prediction = input.value(pair, k);
      if (pair.contains(c) && !Double.isNaN(prediction)) {
        values.add(DoubleDouble.of(pair.base().equals(c) ? prediction : -prediction));
      }
    }
    return mean(values);
  }

  private void addWindow(Map<String, Double> columns, String prefix, Currency c, int k, int w) {
    int first = k - w + 1;
    int mid = first + w / 2;
    DoubleDouble atEnd = index(c, k);
    DoubleDouble atFirst = first < 0 ? null : index(c, first);
    DoubleDouble atMid = first < 0 ? null : index(c, mid);
    DoubleDouble momentum = minus(atEnd, atFirst);
    columns.put(prefix + "momentum_" + w + "min", number(momentum));
    columns.put(
        prefix + "momentum_accel_" + w + "min",
        number(minus(minus(atEnd, atMid), minus(atMid, atFirst))));
    columns.put(prefix + "momentum_roc_" + w + "min", number(rateOfChange(momentum, atFirst)));
    columns.put(prefix + "volatility_" + w + "min", number(volatility(c, first, k)));
  }

  private static DoubleDouble rateOfChange(DoubleDouble momentum, DoubleDouble first) {
    if (momentum == null || Math.abs(first.value()) < 1e-12) {
      return null;
    }
    return momentum.times(100).over(first.high() < 0 ? first.negated() : first);
  }

  private DoubleDouble volatility(Currency c, int first, int k) {
    List<DoubleDouble> window = new ArrayList<>();
    for (int j = first; j <= k; j++) {
      window.add(j < 0 ? null : index(c, j));
    }
    return window.contains(null) ? null : sqrt(populationVariance(window));
  }

  private DoubleDouble strength(Currency c, CurrencyGroup group, int k) {
    List<DoubleDouble> others =
        universe.currencies().stream()
            .filter(x -> group.currencies().contains(x) && !x.equals(c))
            .map(x -> index(x, k))
            .filter(Objects::nonNull)
            .toList();
    return minus(index(c, k), mean(others));
  }

  /** All columns of section 7 at a grid row, by name. The input is closes. */
  Map<String, Double> arbitrage(double cost, double threshold, int k) {
    Map<String, Double> columns = new LinkedHashMap<>();
    for (CurrencyPair pair : universe.pairs()) {
      addBestRoundTrip(columns, pair, cost, threshold, k);
    }
    return columns;
  }

  private void addBestRoundTrip(
      Map<String, Double> columns, CurrencyPair pair, double cost, double threshold, int k) {
    DoubleDouble best = null;
    int direction = 0;
    for (Currency c : universe.currencies()) {
      DoubleDouble ratio = syntheticOverDirect(pair, c, k);
      if (ratio != null && (best == null || isGreater(ratio, best))) {
        best = ratio;
        direction = 1;
      }
      DoubleDouble inverse = ratio == null ? null : DoubleDouble.of(1).over(ratio);
      if (ratio != null && isGreater(inverse, best)) {
        best = inverse;
        direction = -1;
      }
    }
    String prefix = pair.name() + "_arbitrage_";
    DoubleDouble one = DoubleDouble.of(1);
    DoubleDouble kept = one.minus(DoubleDouble.of(cost).over(100));
    DoubleDouble profit = best == null ? null : best.times(kept).minus(one).times(100);
    boolean opportunity = profit != null && isGreater(profit, DoubleDouble.of(threshold));
    double missing = best == null ? Double.NaN : 0;
    columns.put(prefix + "profit_pct", number(profit));
    columns.put(prefix + "opportunity", missing + (opportunity ? 1 : 0));
    columns.put(prefix + "direction", missing + (opportunity ? direction : 0));
    columns.put(
        prefix + "max_profit", best == null ? Double.NaN : number(best.minus(one).times(100)));
  }

  private DoubleDouble syntheticOverDirect(CurrencyPair pair, Currency c, int k) {
    DoubleDouble direct = rate(pair.base(), pair.quote(), k);
    DoubleDouble in = rate(pair.base(), c, k);
    DoubleDouble out = rate(c, pair.quote(), k);
    return direct == null || in == null || out == null ? null : in.times(out).over(direct);
  }

  private DoubleDouble rate(Currency from, Currency to, int k) {
    for (CurrencyPair pair : universe.pairs()) {
      DoubleDouble close = DoubleDouble.of(input.value(pair, k));
      boolean usable = close.high() > 0 && close.high() < Double.POSITIVE_INFINITY;
      if (usable && pair.base().equals(from) && pair.quote().equals(to)) {
        return close;
      }
      if (usable && pair.base().equals(to) && pair.quote().equals(from)) {
        return DoubleDouble.of(1).over(close);
      }
    }
    return null;
  }

  /** All columns of section 8 at a grid row, by name. */
  Map<String, Double> blocs(int k) {
    Map<String, Double> columns = new LinkedHashMap<>();
    for (CurrencyGroup bloc : universe.blocs()) {
      String prefix = bloc.name() + "_bloc_";
      List<DoubleDouble> values = memberValues(bloc, k);
      DoubleDouble strength = median(values);
      boolean dispersed = values.size() >= 2;
      columns.put(prefix + "strength", number(strength));
      columns.put(
          prefix + "dispersion", dispersed ? number(sqrt(populationVariance(values))) : Double.NaN);
      columns.put(prefix + "consensus", consensus(values, strength));
      columns.put(
          prefix + "relative_strength", number(minus(strength, mean(otherStrengths(bloc, k)))));
      for (int w : windows.regression()) {
        DoubleDouble atFirst = k < w - 1 ? null : median(memberValues(bloc, k - w + 1));
        columns.put(prefix + "momentum_" + w + "min", number(minus(strength, atFirst)));
      }
      for (int w : windows.regression()) {
        columns.put(prefix + "coherence_" + w + "min", number(coherence(bloc, k - w + 1, k)));
      }
    }
    return columns;
  }

  private List<CurrencyPair> members(CurrencyGroup bloc) {
    return universe.pairs().stream()
        .filter(input::has)
        .filter(
            pair ->
                bloc.currencies().contains(pair.base()) != bloc.currencies().contains(pair.quote()))
        .toList();
  }

  private static double signed(CurrencyGroup bloc, CurrencyPair member, double prediction) {
    return bloc.currencies().contains(member.base()) ? prediction : -prediction;
  }

  private List<DoubleDouble> memberValues(CurrencyGroup bloc, int k) {
    return members(bloc).stream()
        .map(member -> signed(bloc, member, input.value(member, k)))
        .filter(value -> !Double.isNaN(value))
        .map(DoubleDouble::of)
        .toList();
  }

  private List<DoubleDouble> otherStrengths(CurrencyGroup bloc, int k) {
    return universe.blocs().stream()
        .filter(other -> !other.equals(bloc))
        .map(other -> median(memberValues(other, k)))
        .filter(Objects::nonNull)
        .toList();
  }

  private static double consensus(List<DoubleDouble> values, DoubleDouble strength) {
    if (strength == null) {
      return Double.NaN;
    }
    long agreeing = values.stream().filter(v -> v.times(strength).high() > 0).count();
    return (double) agreeing / values.size();
  }

  private DoubleDouble coherence(CurrencyGroup bloc, int first, int k) {
    List<List<DoubleDouble>> series = new ArrayList<>();
    for (CurrencyPair member : members(bloc)) {
      List<DoubleDouble> window = new ArrayList<>();
      for (int j = first; j <= k; j++) {
        double value = j < 0 ? Double.NaN : signed(bloc, member, filled(member, j));
        if (Double.isNaN(value)) {
          return null;
        }
        window.add(DoubleDouble.of(value));
      }
      series.add(window);
    }
    return coherence(series);
  }

  private static DoubleDouble coherence(List<List<DoubleDouble>> members) {
    if (members.isEmpty()) {
      return null;
    }
    DoubleDouble variances = DoubleDouble.ZERO;
    DoubleDouble deviations = DoubleDouble.ZERO;
    DoubleDouble[] total = new DoubleDouble[members.get(0).size()];
    Arrays.fill(total, DoubleDouble.ZERO);
    for (List<DoubleDouble> member : members) {
      DoubleDouble variance = populationVariance(member);
      variances = variances.plus(variance);
      deviations = deviations.plus(sqrt(variance));
      for (int i = 0; i < total.length; i++) {
        total[i] = total[i].plus(member.get(i));
      }
    }
    DoubleDouble denominator = deviations.times(deviations).minus(variances);
    return Math.abs(denominator.value()) < 1e-24
        ? null
        : populationVariance(Arrays.asList(total)).minus(variances).over(denominator);
  }

  /**
   * The value of a pair for coherence: in a gap the last one, if it is at most the fill limit back.
   */
  private double filled(CurrencyPair pair, int k) {
    for (int j = k; j >= 0 && j >= k - fillLimit; j--) {
      if (!Double.isNaN(input.value(pair, j))) {
        return input.value(pair, j);
      }
    }
    return Double.NaN;
  }

  private static DoubleDouble median(List<DoubleDouble> values) {
    if (values.isEmpty()) {
      return null;
    }
    List<DoubleDouble> sorted =
        values.stream().sorted(Comparator.comparing(DoubleDouble::value)).toList();
    int half = sorted.size() / 2;
    return sorted.size() % 2 == 1
        ? sorted.get(half)
        : sorted.get(half - 1).plus(sorted.get(half)).over(2);
  }

  private static DoubleDouble mean(List<DoubleDouble> values) {
    DoubleDouble sum = values.stream().reduce(DoubleDouble.ZERO, DoubleDouble::plus);
    return values.isEmpty() ? null : sum.over(values.size());
  }

  private static DoubleDouble populationVariance(List<DoubleDouble> values) {
    DoubleDouble mean = mean(values);
    DoubleDouble squares = DoubleDouble.ZERO;
    for (DoubleDouble value : values) {
      DoubleDouble deviation = value.minus(mean);
      squares = squares.plus(deviation.times(deviation));
    }
    return squares.over(values.size());
  }

  private static DoubleDouble sqrt(DoubleDouble value) {
    if (value.high() == 0) {
      return DoubleDouble.ZERO;
    }
    DoubleDouble root = DoubleDouble.of(Math.sqrt(value.high()));
    return root.plus(value.minus(root.times(root)).over(root.times(2)));
  }

  private static boolean isGreater(DoubleDouble a, DoubleDouble b) {
    return a.minus(b).value() > 0;
  }

  private static DoubleDouble minus(DoubleDouble a, DoubleDouble b) {
    return a == null || b == null ? null : a.minus(b);
  }

  private static double number(DoubleDouble value) {
    return value == null ? Double.NaN : value.value();
  }
}
