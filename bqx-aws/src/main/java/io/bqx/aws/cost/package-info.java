/**
 * What a rented machine costs, planned and actual, in US dollars and UTC, and what other ways of
 * doing the work would cost.
 */
package io.bqx.aws.cost;
