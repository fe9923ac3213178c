/** The roles of least privilege that bqx works with, as SQL scripts: who owns, writes, reads. */
package io.bqx.core.roles;
