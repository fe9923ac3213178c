package io.bqx.aws.cost;

/** How a machine is paid for. */
public enum Market {
  /** At the price of the moment, until EC2 takes it back. */
  SPOT,
  /** At the list price. */
  ON_DEMAND
}
