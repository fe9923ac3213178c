package io.bqx.aws.cost;

import java.util.Arrays;
import java.util.Optional;

/**
 * What is paid for beside the machine, with the price that is taken if none is given: AWS's list
 * price in us-east-1.
 */
public enum Rate {
  /** A gigabyte of a gp3 volume for a month. */
  GP3_STORAGE("gp3-storage", "GB-month", "0.08"),
  /** A gigabyte of an EBS snapshot for a month. */
  SNAPSHOTS("snapshots", "GB-month", "0.05"),
  /** An Aurora capacity unit for an hour (Serverless v2, standard). */
  AURORA_CAPACITY("aurora-capacity", "ACU-hour", "0.12"),
  /** A gigabyte in S3 Standard for a month. */
  S3_STORAGE("s3-storage", "GB-month", "0.023"),
  /** A thousand PUT, COPY, POST or LIST requests of S3 Standard. */
  S3_REQUESTS("s3-requests", "1000 requests", "0.005");

  private final String key;
  private final String unit;
  private final Usd usual;

  Rate(String key, String unit, String usual) {
    this.key = key;
    this.unit = unit;
    this.usual = Usd.of(usual);
  }

  /** Its name in files: {@code gp3-storage}. */
  public String key() {
    return key;
  }

  /** What the price is for: {@code GB-month}. */
  public String unit() {
    return unit;
  }

  /** The price if none is given. */
  public Usd usual() {
    return usual;
  }

  static Optional<Rate> named(String key) {
    return Arrays.stream(values()).filter(rate -> rate.key.equals(key)).findFirst();
  }
}
