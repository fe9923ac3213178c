/**
 * What features are worth for forecasting: ridge regressions that walk forward through a market,
 * their forecasts, and how good those are, with intervals and checks for look-ahead.
 *
 * <p>Arrays and series in, numbers out: nothing here knows of databases. {@link
 * io.bqx.core.evaluation.Evaluation} is the way in; {@code docs/backtest.md} states method,
 * formulas and units. Needs {@code org.ejml:ejml-ddense}, which is an optional dependency.
 */
package io.bqx.core.evaluation;
