/** A program that runs the whole job. */
module outside.core {
  requires io.bqx.core;
  requires io.bqx.features;
  requires java.naming;
  requires java.sql;
  requires org.postgresql.jdbc;
}
