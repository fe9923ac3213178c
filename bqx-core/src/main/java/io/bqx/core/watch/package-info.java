/**
 * Notices work that makes no progress, finds out what it waits for, and ends it if asked to.
 *
 * <p>{@link io.bqx.core.watch.Watchdog} is the way in; {@link io.bqx.core.watch.Stall} is what it
 * tells.
 */
package io.bqx.core.watch;
