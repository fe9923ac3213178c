/**
 * Features as Parquet files: export, its manifest, and the verification of what was exported
 * against the database.
 *
 * <p>Begin reading at {@link io.bqx.core.export.ParquetExport}. The Parquet library is an optional
 * dependency; what needs it says so if it is not on the class path.
 */
package io.bqx.core.export;
