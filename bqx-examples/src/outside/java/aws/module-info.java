/** A program that plans a rented worker. */
module outside.aws {
  requires io.bqx.aws;
  requires io.bqx.core;
  requires software.amazon.awssdk.auth;
  requires software.amazon.awssdk.regions;
}
