/**
 * The formulas: from one-minute bars to 463 model features, as pure functions over arrays.
 *
 * <p>Everything here is deterministic and free of I/O, clocks, threads and logging. A missing value
 * is {@code NaN}. Windows count rows, never minutes. {@code docs/features.md} specifies every
 * number; each formula names the section that it implements.
 */
package io.bqx.features;
