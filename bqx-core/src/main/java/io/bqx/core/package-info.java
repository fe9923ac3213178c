/**
 * The partition engine: typed access to monthly partitions of PostgreSQL tables, the stages that
 * add feature columns to them, the ledger, validation and the import of bars.
 */
package io.bqx.core;
