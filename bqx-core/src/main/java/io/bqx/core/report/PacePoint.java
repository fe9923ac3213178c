package io.bqx.core.report;

import java.time.Duration;
import java.time.Instant;

/**
 * How fast rows were written in an interval, all workers together.
 *
 * @param start when the interval begins
 * @param width how long it is
 * @param rowsPerSecond rows written per second; the rows of a partition are spread evenly over the
 *     time that it took
 */
public record PacePoint(Instant start, Duration width, double rowsPerSecond) {}
