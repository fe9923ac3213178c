/** Features of currency pairs computed over arrays: pure mathematics, no I/O and no dependency. */
module io.bqx.features {
  exports io.bqx.features;
}
