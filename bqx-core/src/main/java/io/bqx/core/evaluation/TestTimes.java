package io.bqx.core.evaluation;

import io.bqx.features.TimeAxis;

/** The times of the market that are forecast, in chunks as long as the target. */
final class TestTimes {

  private final TimeAxis grid;
  private final int first;
  private final int end;
  private final int rowsPerChunk;

  TestTimes(TimeAxis grid, long from, long to, int rowsPerChunk) {
    this.grid = grid;
    this.first = row(grid, from);
    this.end = row(grid, to);
    this.rowsPerChunk = rowsPerChunk;
  }

  private static int row(TimeAxis axis, long time) {
    int at = axis.indexOf(time);
    return at >= 0 ? at : -at - 1;
  }

  int rows() {
    return end - first;
  }

  int chunks() {
    return (rows() + rowsPerChunk - 1) / rowsPerChunk;
  }

  /** The position of a time of the market among the times. */
  int indexOf(long time) {
    return row(grid, time) - first;
  }

  int chunkOf(long time) {
    return chunkOfIndex(indexOf(time));
  }

  /** The chunk of the last time of the market before a time. */
  int chunkBefore(long time) {
    return chunkOfIndex(indexOf(time) - 1);
  }

  int chunkOfIndex(int index) {
    return index / rowsPerChunk;
  }

  /** The first row of an axis that is among the times. */
  int startOf(TimeAxis axis) {
    return row(axis, grid.epochMicros(first));
  }

  /** The row of an axis after the last one that is among the times. */
  int endOf(TimeAxis axis) {
    return row(axis, grid.epochMicros(end - 1) + 1);
  }

  long from() {
    return grid.epochMicros(first);
  }
}
