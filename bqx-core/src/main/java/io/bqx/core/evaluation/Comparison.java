package io.bqx.core.evaluation;

/**
 * One measure of the forecasts from the foundation's columns and from all columns, on the same rows
 * and resamples.
 *
 * @param measure what is measured
 * @param foundation from the foundation's columns
 * @param all from all columns
 * @param difference all less foundation, pair by pair of resamples
 */
public record Comparison(Measure measure, Estimate foundation, Estimate all, Estimate difference) {}
