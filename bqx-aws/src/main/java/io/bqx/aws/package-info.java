/** The life cycle, credentials and cost of the rented machine that runs the partition engine. */
package io.bqx.aws;
