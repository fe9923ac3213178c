/** A program that needs the formulas alone. */
module outside.features {
  requires io.bqx.features;
}
