package io.bqx.features;

import java.util.Arrays;
import java.util.List;

/**
 * Average pairwise correlation of the members of blocs over every window of {@code w} rows,
 * weighted by the products of their standard deviations, at a constant cost per row and member.
 *
 * <p>Section 8 writes it as {@code (Var(S) - sum_m Var(v_m)) / ((sum_m sd(v_m))^2 - sum_m
 * Var(v_m))}. Both differences are sums over pairs of members, {@code 2 sum_{m<n} Cov(v_m, v_n)}
 * and {@code 2 sum_{m<n} sd(v_m) sd(v_n)}, and are computed as such: nothing cancels when one
 * member varies far more than the others.
 */
final class RollingCoherence {

  private static final double ZERO = 1e-24;

  private final int w;
  private final RollingMoments moments;
  private final double[] deviations;
  private final double[] sums;

  RollingCoherence(int w) {
    this.w = w;
    this.moments = new RollingMoments(w);
    this.deviations = new double[w];
    this.sums = new double[w];
  }

  /**
   * Computes the column of every bloc.
   *
   * @param values by position of the pair in the universe
   * @param out one column per bloc
   */
  void compute(double[][] values, TimeAxis axis, List<List<BlocMember>> blocs, double[][] out) {
    List<Bloc> accumulators = blocs.stream().map(Bloc::new).toList();
    for (double[] column : out) {
      Arrays.fill(column, 0, Math.min(w - 1, column.length), Double.NaN);
    }
    RollingWindows.forEachBlock(
        axis,
        w,
        (restart, rows) -> {
          accumulators.forEach(Bloc::clear);
          for (int pair = 0; pair < values.length; pair++) {
            if (values[pair] != null) {
              addPair(pair, values[pair], restart, rows, accumulators);
            }
          }
          for (int bloc = 0; bloc < out.length; bloc++) {
            accumulators.get(bloc).write(restart, rows, out[bloc]);
          }
        });
  }

  private void addPair(int pair, double[] values, int restart, int rows, List<Bloc> blocs) {
    moments.sumBlock(values, restart, rows);
    moments.populationStdDev(deviations, rows);
    for (Bloc bloc : blocs) {
      bloc.add(pair);
    }
  }

  /** The sums over each two members of one bloc. */
  private final class Bloc {

    private final List<BlocMember> members;
    private final PairwiseProducts ofValues = new PairwiseProducts(2 * w - 1);
    private final PairwiseProducts ofSums = new PairwiseProducts(w);
    private final PairwiseProducts ofDeviations = new PairwiseProducts(w);

    Bloc(List<BlocMember> members) {
      this.members = members;
    }

    void clear() {
      ofValues.clear();
      ofSums.clear();
      ofDeviations.clear();
    }

    void add(int pair) {
      for (BlocMember member : members) {
        if (member.pair() == pair) {
          ofValues.add(moments.deviations(), member.sign());
          ofSums.add(moments.sums(), member.sign());
          ofDeviations.add(deviations, 1);
        }
      }
    }

    void write(int restart, int rows, double[] out) {
      RollingWindows.sums(ofValues.products(), w, rows, sums);
      double n = w;
      for (int i = 0; i < rows; i++) {
        double covariances = 2 * (sums[i] - ofSums.products()[i] / n) / n;
        double weights = 2 * ofDeviations.products()[i];
        out[restart + i] = weights < ZERO ? Double.NaN : covariances / weights;
      }
    }
  }
}
