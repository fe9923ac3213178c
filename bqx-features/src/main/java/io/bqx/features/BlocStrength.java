package io.bqx.features;

import java.util.Arrays;
import java.util.List;

/**
 * Median, dispersion and consensus of the present members of one bloc, for one tile of rows at a
 * time.
 */
final class BlocStrength {

  private static final int TILE = PresentValues.TILE;

  private final List<BlocMember> members;
  private final SortingNetwork network;
  private final double[][] sorted;
  private final double[] present = new double[TILE];
  private final double[] median = new double[TILE];
  private final double[] sum = new double[TILE];
  private final double[] squares = new double[TILE];
  private final double[] agreeing = new double[TILE];

  BlocStrength(List<BlocMember> members) {
    this.members = members;
    this.network = new SortingNetwork(members.size());
    this.sorted = new double[members.size()][TILE];
  }

  /** Takes the values of one tile, by position of the pair in the universe. */
  void load(PresentValues[] ofPair) {
    computeMedian(ofPair);
    Arrays.fill(sum, 0);
    Arrays.fill(squares, 0);
    Arrays.fill(agreeing, 0);
    for (BlocMember member : members) {
      addDeviations(ofPair[member.pair()], member.sign());
      addAgreement(ofPair[member.pair()], member.sign());
    }
  }

  private void computeMedian(PresentValues[] ofPair) {
    Arrays.fill(present, 0);
    for (int m = 0; m < sorted.length; m++) {
      loadMember(ofPair[members.get(m).pair()], members.get(m).sign(), sorted[m]);
    }
    network.sort(sorted);
    for (int i = 0; i < TILE; i++) {
      int n = (int) present[i];
      median[i] = n == 0 ? Double.NaN : (sorted[(n - 1) / 2][i] + sorted[n / 2][i]) / 2;
    }
  }

  /** Missing values sort behind all others. */
  private void loadMember(PresentValues values, double sign, double[] lane) {
    double[] value = values.value;
    double[] weight = values.weight;
    for (int i = 0; i < TILE; i++) {
      present[i] += weight[i];
      lane[i] = weight[i] == 0 ? Double.POSITIVE_INFINITY : sign * value[i];
    }
  }

  /**
   * Values are taken relative to the median, which lies among them, so that equal ones have
   * dispersion 0.
   */
  private void addDeviations(PresentValues values, double sign) {
    double[] value = values.value;
    double[] weight = values.weight;
    for (int i = 0; i < TILE; i++) {
      double deviation = weight[i] * (sign * value[i] - median[i]);
      sum[i] += deviation;
      squares[i] += deviation * deviation;
    }
  }

  private void addAgreement(PresentValues values, double sign) {
    double[] value = values.value;
    for (int i = 0; i < TILE; i++) {
      agreeing[i] += sign * value[i] * median[i] > 0 ? 1 : 0;
    }
  }

  void writeStrength(double[] out, int from, int rows) {
    System.arraycopy(median, 0, out, from, rows);
  }

  void writeDispersion(double[] out, int from, int rows) {
    for (int i = 0; i < rows; i++) {
      double n = present[i];
      out[from + i] = n < 2 ? Double.NaN : Math.sqrt((squares[i] - sum[i] * sum[i] / n) / n);
    }
  }

  void writeConsensus(double[] out, int from, int rows) {
    for (int i = 0; i < rows; i++) {
      out[from + i] = agreeing[i] / present[i];
    }
  }
}
