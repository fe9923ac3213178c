/**
 * The evaluation of features that are stored in a database: what the market's features add to those
 * of the pair.
 *
 * <p>{@link io.bqx.core.backtest.Backtest} is the way in; what is computed is in {@link
 * io.bqx.core.evaluation}.
 */
package io.bqx.core.backtest;
