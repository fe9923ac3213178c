/**
 * The completion report of a job: what was done, by whom, how fast, at what cost, and what the
 * features look like, as values and as Markdown, JSON and HTML.
 *
 * <p>JSON needs {@code com.fasterxml.jackson.jr:jackson-jr-objects} on the class path, HTML that
 * and {@code org.webjars.npm:echarts}; {@code bqx-core} brings neither.
 */
package io.bqx.core.report;
