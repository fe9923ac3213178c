/**
 * The notice that EC2 gives before it takes a Spot machine back: read on the machine itself, and
 * answered by ending the run in order.
 */
package io.bqx.aws.interruption;
