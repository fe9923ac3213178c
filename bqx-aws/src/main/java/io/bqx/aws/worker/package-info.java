/**
 * The life of a rented machine: looked at beforehand, launched, waited for, watched, terminated;
 * and the resident machine made larger or smaller. Begin reading at {@link
 * io.bqx.aws.worker.Worker}.
 */
package io.bqx.aws.worker;
