/**
 * The stages of the job: which columns of which table each one computes, from what, and with which
 * formula.
 */
package io.bqx.core.stage;
