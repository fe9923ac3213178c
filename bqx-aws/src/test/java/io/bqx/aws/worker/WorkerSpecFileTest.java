package io.bqx.aws.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WorkerSpecFileTest {

  private static final String YAML =
      """
      name: phase2
      instance-type: [c7i.8xlarge, c6i.8xlarge]
      market: spot
      max-price: 0.60
      subnets:
        - subnet-0123456789abcdef0
        - subnet-0123456789abcdef1
      security-groups: [WORKER_GROUP]
      key-pair: bqx
      instance-profile: bqx-worker
      root-volume-gb: 40
      max-run-time: 36 h
      ready-signal: ssm
      ssh-cidr: 203.0.113.0/24
      database-security-group: DATABASE_GROUP
      tags:
        project: fx
      job:
        jar: s3://bqx-example/bqx.jar
        jar-sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
        jdbc-url: jdbc:postgresql://db.example.com:5432/fx
        secret: bqx/database
        arguments: --from 2024-07 --to 2025-06
        workers: 32
        logs: s3://bqx-example/logs
      """;

  @TempDir private Path folder;

  @Test
  void yamlSaysEverything() throws IOException {
    WorkerSpec spec = WorkerSpec.fromFile(file("worker.yaml", YAML));

    assertThat(spec.name()).isEqualTo("phase2");
    assertThat(spec.instanceTypes()).containsExactly("c7i.8xlarge", "c6i.8xlarge");
    assertThat(spec.maxPrice()).contains(new BigDecimal("0.60"));
    assertThat(spec.subnets()).containsExactly(TestSpecs.SUBNET_A, TestSpecs.SUBNET_B);
    assertThat(spec.maxRunTime()).isEqualTo(Duration.ofHours(36));
    assertThat(spec.readySignal()).isEqualTo(ReadySignal.SSM);
    assertThat(spec.tags()).isEqualTo(Map.of("project", "fx"));
    assertThat(spec.job()).isEqualTo(TestSpecs.job());
  }

  @Test
  void propertiesSayTheSame() throws IOException {
    WorkerSpec spec =
        WorkerSpec.fromFile(
            file(
                "worker.properties",
                """
                name=phase2
                instance-type=c7i.8xlarge, c6i.8xlarge
                subnets=subnet-0123456789abcdef0,subnet-0123456789abcdef1
                security-groups=WORKER_GROUP
                instance-profile=bqx-worker
                tags.project=fx
                job.jar=s3://bqx-example/bqx.jar
                job.jar-sha256=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
                job.jdbc-url=jdbc:postgresql://db.example.com:5432/fx
                job.secret=bqx/database
                job.arguments=--from 2024-07 --to 2025-06
                job.workers=32
                job.logs=s3://bqx-example/logs/
                """));

    assertThat(spec.instanceTypes()).containsExactly("c7i.8xlarge", "c6i.8xlarge");
    assertThat(spec.subnets()).containsExactly(TestSpecs.SUBNET_A, TestSpecs.SUBNET_B);
    assertThat(spec.tags()).isEqualTo(Map.of("project", "fx"));
    assertThat(spec.job()).isEqualTo(TestSpecs.job());
  }

  @Test
  void aMistakeIsNamedWithFileKeyAndReason() throws IOException {
    refused(YAML.replace("0.60", "cheap"), "max-price: 'cheap' is not a number");
    refused(YAML.replace("36 h", "soon"), "max-run-time: 'soon' is not a length of time");
    refused(YAML.replace("market: spot", "market: black"), "market: 'black' is not a market");
    refused(YAML.replace("workers: 32", "workers: many"), "job.workers: 'many' is not a whole");
    refused(YAML.replace("workers: 32", "workers: 0"), "job: 0 workers");
    refused(YAML.replace("  secret: bqx/database\n", ""), "job.secret is missing");
    refused(YAML.replace("name: phase2", "name: [a, b]"), "name has several values");
    refused(YAML.replace("key-pair", "keypair"), "keypair is not a key; the keys are");
    refused(YAML.replace("subnet-0123456789abcdef1", "here"), "subnets: 'here' cannot be right");
    refused(YAML.replace("s3://bqx-example/logs", "logs"), "job.logs: 'logs' is no address in S3");
  }

  @Test
  void aFileThatIsNoneIsNamed() throws IOException {
    assertThatThrownBy(() -> WorkerSpec.fromFile(folder.resolve("none.yaml")))
        .isInstanceOf(WorkerSpecException.class)
        .hasMessageContaining("none.yaml does not exist");
    assertThatThrownBy(() -> WorkerSpec.fromFile(file("worker.json", "{}")))
        .hasMessageContaining("must end in .yaml, .yml or .properties");
    assertThatThrownBy(() -> WorkerSpec.fromFile(file("worker.yaml", "name: [")))
        .hasMessageContaining("is not YAML");
    assertThatThrownBy(() -> WorkerSpec.fromFile(file("worker.yaml", "- a")))
        .hasMessageContaining("holds no keys");
  }

  private void refused(String text, String reason) throws IOException {
    Path file = file("worker.yaml", text);
    assertThatThrownBy(() -> WorkerSpec.fromFile(file))
        .isInstanceOf(WorkerSpecException.class)
        .hasMessageStartingWith(file + ": " + reason);
  }

  private Path file(String name, String text) throws IOException {
    return Files.writeString(
        folder.resolve(name),
        text.replace("WORKER_GROUP", TestSpecs.WORKER_GROUP)
            .replace("DATABASE_GROUP", TestSpecs.DATABASE_GROUP));
  }
}
