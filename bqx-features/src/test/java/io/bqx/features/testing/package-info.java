/**
 * For tests of one's own formulas: contracts that every formula keeps, series and markets at
 * random, and comparisons at a tolerance. Needs jqwik and AssertJ.
 */
package io.bqx.features.testing;
