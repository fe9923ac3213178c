/**
 * Who is told when a stage is complete: a file, AirTable, or what the caller provides.
 *
 * <p>AirTable needs {@code com.fasterxml.jackson.jr:jackson-jr-objects} on the class path.
 */
package io.bqx.core.track;
