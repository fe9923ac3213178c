package io.bqx.core.report;

/**
 * What has happened to the stored partitions of a stage since an earlier report.
 *
 * @param stage the stage's id
 * @param added partitions that are new
 * @param changed partitions with other rows or values
 * @param removed partitions that are gone
 * @param rowsBefore rows of all its partitions then
 * @param rowsNow rows of all its partitions now
 */
public record ContentChange(
    String stage, int added, int changed, int removed, long rowsBefore, long rowsNow) {

  /** Whether anything has happened at all. */
  public boolean isChange() {
    return added + changed + removed > 0;
  }
}
