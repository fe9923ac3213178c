/**
 * Who logs in to the database: passwords that change while a job runs, asked for before every new
 * session and renewed when the server refuses them.
 */
package io.bqx.core.credentials;
