package io.bqx.aws.worker;

import io.bqx.aws.s3.S3Address;
import java.util.List;

/** Specifications for tests. */
final class TestSpecs {

  /** Well-formed, and nobody's. */
  static final String WORKER_GROUP = "sg-" + "0".repeat(16) + "1";

  static final String DATABASE_GROUP = "sg-" + "0".repeat(16) + "2";

  static final String SUBNET_A = "subnet-0123456789abcdef0";
  static final String SUBNET_B = "subnet-0123456789abcdef1";
  static final String SHA_256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

  private TestSpecs() {}

  static WorkerJob job() {
    return new WorkerJob(
        S3Address.of("s3://bqx-example/bqx.jar"),
        SHA_256,
        "jdbc:postgresql://db.example.com:5432/fx",
        "bqx/database",
        List.of("--from", "2024-07", "--to", "2025-06"),
        32,
        S3Address.of("s3://bqx-example/logs"));
  }

  /** A Spot machine in two subnets, with everything else as it is by default. */
  static WorkerSpec.Builder builder(String name) {
    return builder(name, job());
  }

  static WorkerSpec.Builder builder(String name, WorkerJob job) {
    return WorkerSpec.named(name)
        .subnets(SUBNET_A, SUBNET_B)
        .securityGroups(WORKER_GROUP)
        .instanceProfile("bqx-worker")
        .job(job);
  }
}
