/**
 * Access to AWS: the clients that everything else calls it with, what becomes of errors, and how
 * time passes while something is waited for.
 */
package io.bqx.aws;
