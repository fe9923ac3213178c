/**
 * Phase 2 as a job: which partitions are due and why, and how they are rewritten, resumed and
 * reported.
 *
 * <p>{@link io.bqx.core.run.Phase2} is the way in.
 */
package io.bqx.core.run;
