/**
 * What has been done to which partition, and who is working on which month: tables beside the data,
 * written in the same transactions as the data.
 */
package io.bqx.core.ledger;
