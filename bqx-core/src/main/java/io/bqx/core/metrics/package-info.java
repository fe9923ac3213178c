/**
 * Metrics of a run through Micrometer, for who wants them: needs {@code
 * io.micrometer:micrometer-core} on the class path, which {@code bqx-core} does not bring.
 */
package io.bqx.core.metrics;
