/** The {@code bqx} command line and small programs that show how to embed the library. */
package io.bqx.examples;
