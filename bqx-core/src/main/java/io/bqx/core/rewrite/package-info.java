/**
 * Rewrites a month of a table: writes a fresh table beside it, checks it, and puts it in the old
 * one's place in one short transaction.
 *
 * <p>A reader sees the old partition or the new one, never a mix and never none. A crash at any
 * point leaves the old one; the fresh table that is left over carries its claim's token in its name
 * and is dropped by the next run.
 */
package io.bqx.core.rewrite;
