/**
 * Logins of a database that AWS keeps or vouches for: secrets of Secrets Manager and tokens of RDS.
 */
package io.bqx.aws.credentials;
