package io.bqx.core.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class RidgeRegressionProperties {

  private static final int TARGETS = 2;

  private record Sample(double[][] x, double[][] y) {

    static Sample of(int rows, int columns, long seed) {
      SplittableRandom random = new SplittableRandom(seed);
      double[][] x = new double[rows][columns];
      double[][] y = new double[rows][TARGETS];
      for (int t = 0; t < rows; t++) {
        double common = random.nextGaussian();
        for (int j = 0; j < columns; j++) {
          x[t][j] = 3 * j + (1 + j) * (random.nextGaussian() + common);
        }
        for (int k = 0; k < TARGETS; k++) {
          y[t][k] = x[t][0] - 0.2 * x[t][columns - 1] * k + random.nextGaussian() + 5;
        }
      }
      return new Sample(x, y);
    }

    Moments moments() {
      return moments(0, x.length);
    }

    Moments moments(int from, int to) {
      Moments moments = new Moments(x[0].length, TARGETS);
      for (int t = from; t < to; t++) {
        moments.add(x[t], y[t]);
      }
      return moments;
    }
  }

  @Property(tries = 60)
  void forecastsAreThoseOfTheNormalEquations(
      @ForAll @IntRange(min = 12, max = 60) int rows,
      @ForAll @IntRange(min = 1, max = 5) int columns,
      @ForAll @IntRange(min = -6, max = 6) int halfPowerOfTen,
      @ForAll long seed) {
    Sample sample = Sample.of(rows, columns, seed);
    double penalty = Math.pow(10, halfPowerOfTen / 2.0);
    LinearForecast forecast =
        RidgeRegression.of(sample.moments(), columns).fit(new double[] {penalty, penalty});
    double[] out = new double[TARGETS];
    for (int k = 0; k < TARGETS; k++) {
      double[] expected = normalEquations(sample, k, penalty);
      for (double[] row : sample.x()) {
        forecast.differences(row, out);
        double direct = expected[columns];
        for (int j = 0; j < columns; j++) {
          direct += expected[j] * row[j];
        }
        assertThat(forecast.mean(k) + out[k])
            .isCloseTo(direct, within(1e-8 * (1 + Math.abs(direct))));
      }
    }
  }

  /** Weights of the columns as they are, then the intercept, by Gaussian elimination. */
  private static double[] normalEquations(Sample sample, int target, double penalty) {
    int n = sample.x().length;
    int d = sample.x()[0].length;
    double[] means = new double[d];
    double[] deviations = new double[d];
    double meanOfTarget = Arrays.stream(sample.y()).mapToDouble(y -> y[target]).average().orElse(0);
    for (int j = 0; j < d; j++) {
      int column = j;
      double mean = Arrays.stream(sample.x()).mapToDouble(x -> x[column]).average().orElse(0);
      means[j] = mean;
      deviations[j] =
          Math.sqrt(
              Arrays.stream(sample.x())
                  .mapToDouble(x -> (x[column] - mean) * (x[column] - mean))
                  .average()
                  .orElse(0));
    }
    double[][] system = new double[d][d + 1];
    for (int t = 0; t < n; t++) {
      for (int i = 0; i < d; i++) {
        double zi = (sample.x()[t][i] - means[i]) / deviations[i];
        for (int j = 0; j < d; j++) {
          system[i][j] += zi * (sample.x()[t][j] - means[j]) / deviations[j] / n;
        }
        system[i][d] += zi * (sample.y()[t][target] - meanOfTarget) / n;
      }
    }
    for (int i = 0; i < d; i++) {
      system[i][i] += penalty;
    }
    double[] solution = solve(system);
    double[] weights = new double[d + 1];
    weights[d] = meanOfTarget;
    for (int j = 0; j < d; j++) {
      weights[j] = solution[j] / deviations[j];
      weights[d] -= weights[j] * means[j];
    }
    return weights;
  }

  private static double[] solve(double[][] system) {
    int d = system.length;
    for (int i = 0; i < d; i++) {
      for (int row = 0; row < d; row++) {
        if (row != i) {
          double factor = system[row][i] / system[i][i];
          for (int j = i; j <= d; j++) {
            system[row][j] -= factor * system[i][j];
          }
        }
      }
    }
    double[] solution = new double[d];
    Arrays.setAll(solution, i -> system[i][d] / system[i][i]);
    return solution;
  }

  @Property(tries = 25)
  void thePenaltyThatIsChosenHasTheSmallestErrorOnTheValidation(
      @ForAll @IntRange(min = 2, max = 5) int columns, @ForAll long seed) {
    Sample sample = Sample.of(80, columns, seed);
    RidgeRegression regression = RidgeRegression.of(sample.moments(0, 50), columns);
    double[] best = regression.bestPenalties(sample.moments(50, 80));
    for (int k = 0; k < TARGETS; k++) {
      double least = meanSquaredError(regression, sample, best[k], k);
      for (int power = -6; power <= 6; power++) {
        double other = meanSquaredError(regression, sample, Math.pow(10, power / 2.0), k);
        assertThat(least).isLessThanOrEqualTo(other * (1 + 1e-9));
      }
    }
  }

  private static double meanSquaredError(
      RidgeRegression regression, Sample sample, double penalty, int target) {
    LinearForecast forecast = regression.fit(new double[] {penalty, penalty});
    double[] out = new double[TARGETS];
    double sum = 0;
    for (int t = 50; t < 80; t++) {
      forecast.differences(sample.x()[t], out);
      double error = sample.y()[t][target] - forecast.mean(target) - out[target];
      sum += error * error;
    }
    return sum / 30;
  }

  @Property(tries = 25)
  void momentsOfTwoPartsAddUpToThoseOfTheWhole(
      @ForAll @IntRange(min = 2, max = 60) int rows,
      @ForAll @IntRange(min = 1, max = 6) int columns,
      @ForAll long seed) {
    Sample sample = Sample.of(rows, columns, seed);
    int cut = rows / 2;
    Moments whole = sample.moments();
    Moments first = sample.moments(0, cut);
    Moments second = sample.moments(cut, rows);
    assertAlike(first.plus(second), whole, columns);
    assertAlike(whole.minus(first), second, columns);
  }

  private static void assertAlike(Moments actual, Moments expected, int columns) {
    assertThat(actual.rows()).isEqualTo(expected.rows());
    for (int i = 0; i < columns; i++) {
      assertThat(actual.mean(i)).isCloseTo(expected.mean(i), within(1e-9));
      for (int j = 0; j <= i; j++) {
        assertThat(actual.covariance(i, j)).isCloseTo(expected.covariance(i, j), within(1e-8));
      }
      assertThat(actual.covarianceWithTarget(i, 1))
          .isCloseTo(expected.covarianceWithTarget(i, 1), within(1e-8));
    }
    assertThat(actual.targetVariance(0)).isCloseTo(expected.targetVariance(0), within(1e-8));
  }

  @Property(tries = 20)
  void columnsThatRepeatOthersOrNeverChangeDoNoHarm(@ForAll long seed) {
    Sample sample = Sample.of(40, 3, seed);
    double[][] twice =
        Arrays.stream(sample.x())
            .map(x -> new double[] {x[0], x[1], x[2], x[0], 7})
            .toArray(double[][]::new);
    Sample repeated = new Sample(twice, sample.y());
    LinearForecast forecast =
        RidgeRegression.of(repeated.moments(), 5).fit(new double[] {0.1, 0.1});
    assertThat(forecast.weight(4, 0)).isZero();
    assertThat(forecast.weight(0, 0)).isCloseTo(forecast.weight(3, 0), within(1e-9));
  }
}
