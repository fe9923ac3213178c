/** Exports in Amazon S3, and in stores that speak its protocol. */
package io.bqx.aws.s3;
