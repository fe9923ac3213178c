/**
 * Bars from files: {@link io.bqx.core.ingest.BarFileReader} turns one file into checked bars,
 * {@link io.bqx.core.ingest.BarImport} loads files into the tables {@code m1_{pair}}.
 *
 * <p>A file is taken whole or not at all, and every bad line of it is named.
 */
package io.bqx.core.ingest;
