package io.bqx.features;

import io.bqx.features.RegressionTerms.Term;
import io.bqx.features.TermCovariance.Pairing;
import io.bqx.features.testing.Discrepancies;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The oracle of {@link SeriesAccuracyTest} is itself right: it agrees with the textbook formulas,
 * evaluated window by window in 50-digit decimals, within a thousandth of what the specification
 * allows.
 */
class ExactSeriesTest {

  private static final MathContext DIGITS = new MathContext(50);
  private static final int ROWS = 36_000;
  private static final int RETURN_WINDOW = 15;

  /**
   * After a jump, within and after a flat stretch, after a spike, and where the oracle begins anew.
   */
  private static final int[] SAMPLES = {4_100, 8_192, 9_800, 10_900, 15_040, 33_060};

  private static final double[] CLOSES = LongMarket.closes(ROWS, 150, 0.001, 3);
  private static final DoubleDouble[] INDEX = ExactSeries.rateIndex(CLOSES, CLOSES[0]);
  private static final DoubleDouble[] RETURN = ExactSeries.backwardReturn(INDEX, RETURN_WINDOW);

  private static final Discrepancies.Tolerance ONE_THOUSANDTH =
      (column, exact) -> Discrepancies.SPECIFIED.allowed(column, exact) / 1000;

  @ParameterizedTest
  @ValueSource(ints = {15, 75})
  void returnsAgreeWithDecimals(int w) {
    DoubleDouble[] returns = ExactSeries.backwardReturn(INDEX, w);
    Discrepancies found = new Discrepancies(ONE_THOUSANDTH);
    for (int t : SAMPLES) {
      found.compare("oracle", t, "return", returns[t].value(), decimalReturn(t, w).doubleValue());
    }
    found.assertNoneAmong(SAMPLES.length);
  }

  @ParameterizedTest
  @ValueSource(ints = {60, 90, 150, 240, 390, 630})
  void termsAndCovariancesAgreeWithDecimals(int w) {
    DoubleDouble[] y = Arrays.copyOfRange(RETURN, RETURN_WINDOW, ROWS);
    DoubleDouble[][] terms = ExactSeries.terms(y, w);
    Discrepancies found = new Discrepancies(ONE_THOUSANDTH);
    for (int t : SAMPLES) {
      int row = t - RETURN_WINDOW;
      BigDecimal[][] decimal = decimalTermsUpTo(t, w);
      for (Term term : Term.values()) {
        double exact = decimal[w - 1][term.ordinal()].doubleValue();
        found.compare("oracle", t, term.columnOf(w), terms[term.ordinal()][row].value(), exact);
      }
      for (Pairing pairing : Pairing.values()) {
        DoubleDouble[] a = Arrays.copyOfRange(terms[pairing.first.ordinal()], row - w, row + 1);
        DoubleDouble[] b = Arrays.copyOfRange(terms[pairing.second.ordinal()], row - w, row + 1);
        double computed = ExactSeries.sampleCovariance(a, b, w)[w].value();
        found.compare(
            "oracle",
            t,
            pairing.columnOf(w),
            computed,
            decimalCovariance(decimal, pairing).doubleValue());
      }
    }
    found.assertNoneAmong(13L * SAMPLES.length);
  }

  private static BigDecimal decimalReturn(int t, int w) {
    BigDecimal now = decimalIndex(t);
    BigDecimal sum = BigDecimal.ZERO;
    for (int i = 1; i <= w; i++) {
      sum = sum.add(decimalIndex(t - i).subtract(now).divide(now, DIGITS));
    }
    return sum;
  }

  private static BigDecimal decimalIndex(int t) {
    return new BigDecimal(CLOSES[t])
        .multiply(BigDecimal.valueOf(100))
        .divide(new BigDecimal(CLOSES[0]), DIGITS);
  }

  /**
   * The terms of the {@code w} rows that end at bar {@code t}, the last of them with r2 and rmse.
   */
  private static BigDecimal[][] decimalTermsUpTo(int t, int w) {
    BigDecimal[] y = new BigDecimal[2 * w - 1];
    for (int i = 0; i < y.length; i++) {
      y[i] = decimalReturn(t - (2 * w - 2) + i, RETURN_WINDOW);
    }
    BigDecimal[][] terms = new BigDecimal[w][];
    for (int i = 0; i < w; i++) {
      terms[i] = decimalTerms(Arrays.copyOfRange(y, i, i + w));
    }
    return terms;
  }

  /** Normal equations in {@code x = 0 .. w-1}, solved by Cramer's rule. */
  private static BigDecimal[] decimalTerms(BigDecimal[] y) {
    int w = y.length;
    BigDecimal[] power = new BigDecimal[5];
    BigDecimal[] moment = new BigDecimal[3];
    Arrays.fill(power, BigDecimal.ZERO);
    Arrays.fill(moment, BigDecimal.ZERO);
    for (int x = 0; x < w; x++) {
      for (int p = 0; p < 5; p++) {
        power[p] = power[p].add(BigDecimal.valueOf(x).pow(p));
      }
      for (int p = 0; p < 3; p++) {
        moment[p] = moment[p].add(BigDecimal.valueOf(x).pow(p).multiply(y[x]));
      }
    }
    BigDecimal[][] normal = new BigDecimal[3][3];
    for (int r = 0; r < 3; r++) {
      for (int c = 0; c < 3; c++) {
        normal[r][c] = power[r + c];
      }
    }
    BigDecimal whole = determinant(normal);
    BigDecimal[] a = new BigDecimal[3];
    for (int p = 0; p < 3; p++) {
      a[p] = determinant(withColumn(normal, p, moment)).divide(whole, DIGITS);
    }
    return termsOf(y, a);
  }

  private static BigDecimal[] termsOf(BigDecimal[] y, BigDecimal[] a) {
    int w = y.length;
    BigDecimal last = BigDecimal.valueOf(w - 1);
    BigDecimal quadratic = a[2].multiply(last).multiply(last);
    BigDecimal linear = a[1].multiply(last);
    BigDecimal prediction = quadratic.add(linear).add(a[0]);
    BigDecimal mean =
        Arrays.stream(y)
            .reduce(BigDecimal.ZERO, BigDecimal::add)
            .divide(BigDecimal.valueOf(w), DIGITS);
    BigDecimal total = BigDecimal.ZERO;
    BigDecimal left = BigDecimal.ZERO;
    for (int i = 0; i < w; i++) {
      BigDecimal x = BigDecimal.valueOf(i);
      BigDecimal fit = a[2].multiply(x).add(a[1]).multiply(x).add(a[0]);
      total = total.add(y[i].subtract(mean).pow(2));
      left = left.add(y[i].subtract(fit).pow(2));
    }
    BigDecimal r2 =
        BigDecimal.ONE.subtract(left.divide(total.add(new BigDecimal("1e-10")), DIGITS));
    BigDecimal rmse = left.divide(BigDecimal.valueOf(w), DIGITS).sqrt(DIGITS);
    return new BigDecimal[] {
      quadratic, linear, a[0], y[w - 1].subtract(prediction), r2, rmse, prediction
    };
  }

  private static BigDecimal[][] withColumn(BigDecimal[][] matrix, int column, BigDecimal[] values) {
    BigDecimal[][] replaced = new BigDecimal[3][];
    for (int r = 0; r < 3; r++) {
      replaced[r] = matrix[r].clone();
      replaced[r][column] = values[r];
    }
    return replaced;
  }

  private static BigDecimal determinant(BigDecimal[][] m) {
    return m[0][0]
        .multiply(m[1][1].multiply(m[2][2]).subtract(m[1][2].multiply(m[2][1])))
        .subtract(m[0][1].multiply(m[1][0].multiply(m[2][2]).subtract(m[1][2].multiply(m[2][0]))))
        .add(m[0][2].multiply(m[1][0].multiply(m[2][1]).subtract(m[1][1].multiply(m[2][0]))));
  }

  private static BigDecimal decimalCovariance(BigDecimal[][] terms, Pairing pairing) {
    BigDecimal n = BigDecimal.valueOf(terms.length);
    BigDecimal meanA = mean(terms, pairing.first, n);
    BigDecimal meanB = mean(terms, pairing.second, n);
    BigDecimal sum = BigDecimal.ZERO;
    for (BigDecimal[] row : terms) {
      BigDecimal a = row[pairing.first.ordinal()].subtract(meanA);
      sum = sum.add(a.multiply(row[pairing.second.ordinal()].subtract(meanB)));
    }
    return sum.divide(n.subtract(BigDecimal.ONE), DIGITS);
  }

  private static BigDecimal mean(BigDecimal[][] terms, Term term, BigDecimal n) {
    BigDecimal sum = BigDecimal.ZERO;
    for (BigDecimal[] row : terms) {
      sum = sum.add(row[term.ordinal()]);
    }
    return sum.divide(n, DIGITS);
  }
}
