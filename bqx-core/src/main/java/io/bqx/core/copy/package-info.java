/**
 * Rows in PostgreSQL's binary COPY format, written and read as whole blocks of bytes.
 *
 * <p>This is the one place where {@code NaN} becomes {@code NULL}, {@code NULL} becomes {@code
 * NaN}, and an infinity is refused.
 */
package io.bqx.core.copy;
