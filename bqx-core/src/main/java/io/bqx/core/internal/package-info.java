/** What packages of this library share and its users do not need; may change in any release. */
package io.bqx.core.internal;
