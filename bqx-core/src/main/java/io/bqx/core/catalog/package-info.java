/**
 * Typed access to the monthly partitioned tables: what they are called, what exists in the
 * database, and the few statements that define them.
 *
 * <p>Every identifier comes from the types of this package, is qualified by its schema and quoted
 * by jOOQ. What exists is read from PostgreSQL's catalogue, never inferred from a name.
 */
package io.bqx.core.catalog;
