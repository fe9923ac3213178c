/** Which database errors pass by themselves, and how work is repeated until they have. */
package io.bqx.core.retry;
