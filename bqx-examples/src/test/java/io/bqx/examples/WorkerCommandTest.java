package io.bqx.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.bqx.aws.testing.StubAws;
import io.bqx.features.Universe;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WorkerCommandTest {

  private static final String WORKER_GROUP = "sg-" + "0".repeat(16) + "1";
  private static final String DATABASE_GROUP = "sg-" + "0".repeat(16) + "2";
  private static final String SPEC =
      """
      name: phase2
      image: ami-0123456789abcdef0
      subnets: [subnet-0123456789abcdef0]
      security-groups: [WORKER_GROUP]
      database-security-group: DATABASE_GROUP
      instance-profile: bqx-worker
      job:
        jar: s3://bqx-example/bqx.jar
        jar-sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
        jdbc-url: jdbc:postgresql://127.0.0.1:1/fx
        secret: bqx/database
        arguments: --from 2024-07 --to 2025-06
        workers: 32
        logs: s3://bqx-example/logs
      """;

  @TempDir private Path folder;

  private final StubAws aws = new StubAws();

  @BeforeEach
  void noMachineNeedsTime() throws IOException {
    Files.writeString(
        folder.resolve("worker.yaml"),
        SPEC.replace("WORKER_GROUP", WORKER_GROUP).replace("DATABASE_GROUP", DATABASE_GROUP));
    aws.answer(
        "DescribeInstances",
        content ->
            content
                .replace("<name>pending</name>", "<name>running</name>")
                .replace("<name>stopping</name>", "<name>stopped</name>")
                .replace("<name>shutting-down</name>", "<name>terminated</name>"));
  }

  @AfterEach
  void stop() {
    aws.close();
  }

  @Test
  void aWorkerIsLaunchedOnceLookedAtAndTerminated() {
    CommandRun launched = worker("launch");
    assertThat(launched.exitCode()).as(launched.output()).isZero();
    assertThat(launched.out())
        .isEqualTo("i-0123456789abcde01 runs: spot c7i.8xlarge in us-east-1a, 203.0.113.7\n");
    assertThat(launched.err()).contains("Asking for spot c7i.8xlarge in subnet-0123456789abcdef0");

    assertThat(worker("launch").out()).startsWith("i-0123456789abcde01 was there already");
    aws.machines().get(0).tag("bqx:initialised", "complete");
    assertThat(worker("launch", "--await", "5").out()).startsWith("i-0123456789abcde01 is ready");

    aws.object("bqx-example/logs/phase2/i-0123456789abcde01/run.log", "336 of 336 partitions\n");
    CommandRun status = worker("status");
    assertThat(status.exitCode()).isZero();
    assertThat(status.out())
        .contains("state            running\n", "machines so far  1")
        .endsWith("The end of its log:\n  336 of 336 partitions\n");

    CommandRun refused = worker("terminate", "--confirm", "TERMINATE");
    assertThat(refused.exitCode()).isEqualTo(1);
    assertThat(refused.err()).contains("logs-archived     closed", "ledger-complete is closed");

    aws.object("bqx-example/logs/phase2/i-0123456789abcde01/run.end", "success 0\n");
    CommandRun unconfirmed = worker(terminate());
    assertThat(unconfirmed.exitCode()).isEqualTo(1);
    assertThat(unconfirmed.err()).contains("the word TERMINATE was not given");
    assertThat(aws.calls("TerminateInstances")).isEmpty();

    CommandRun terminated = worker(terminate("--confirm", "TERMINATE"));
    assertThat(terminated.exitCode()).as(terminated.output()).isZero();
    assertThat(terminated.out())
        .isEqualTo("\ni-0123456789abcde01 is terminated\nNothing is left over\n");
    assertThat(terminated.err())
        .contains("The gate export-verified is skipped: this run exports nothing");
  }

  @Test
  void theStatusTellsWhatTheLedgerSaysAndWhatTheMachineHasCost() throws IOException {
    aws.answer(
        "DescribeSpotPriceHistory",
        content ->
            "<spotPriceHistorySet><item><spotPrice>0.45</spotPrice><timestamp>2024-08-01T11:00:00Z</timestamp></item></spotPriceHistorySet>");
    Path bars = Files.createDirectory(folder.resolve("bars"));
    try (BarFiles files = new BarFiles(bars)) {
      SyntheticMarket.of(Universe.g8()).months(1).rowsPerMonth(5).stream()
          .forEach(month -> month.bars().forEach(files::add));
    }
    GuardedServer server = GuardedServer.get();
    String database = "--jdbc-url=" + server.jdbcUrl(server.newDatabase("worker"));
    CommandRun imported =
        CommandRun.of(
            Map.of(),
            "import",
            database,
            "--user=" + GuardedServer.SUPERUSER,
            "--format=csv",
            bars.toString());
    assertThat(imported.exitCode()).as(imported.output()).isZero();
    worker("launch");

    CommandRun status = worker("status", database, "--user=" + GuardedServer.SUPERUSER);

    assertThat(status.exitCode()).as(status.output()).isZero();
    assertThat(status.out())
        .containsPattern("machine +i-0123456789abcde01, spot c7i.8xlarge in us-east-1a")
        .containsPattern("state +running\n")
        .containsPattern("age +\\S+")
        .containsPattern("cost so far +[0-9,.]+ USD\n")
        .containsPattern(
            "ledger +0 of 196 stages of partitions done, 0 running, 0 failed, 196 remaining\n")
        .containsPattern("pace +none lately\n")
        .containsPattern("to go +not known\n")
        .containsPattern("last heartbeat +no worker has a month\n");
  }

  @Test
  void withDryRunNothingIsChanged() throws IOException {
    assertThat(worker("launch", "--dry-run").out())
        .contains("  ec2:RunInstances ", "[only if AWS refuses those before]");
    worker("launch");
    assertThat(worker("launch", "--dry-run").out()).isEqualTo("Nothing would be changed\n");
    assertThat(worker("terminate", "--dry-run", "--snapshot").out())
        .containsSubsequence(
            "Would call, and has not called:",
            "  ec2:CreateSnapshots ",
            "  ec2:TerminateInstances InstanceIds=[i-0123456789abcde01]");
    assertThat(worker("status", "--dry-run").out())
        .isEqualTo(
            """
            Would call, and has not called:
              ec2:DescribeInstances Filters=[{Name=tag:bqx:worker Values=[phase2]}]
              s3:GetObject Bucket=bqx-example Key=logs/phase2/i-0123456789abcde01/run.log Range=bytes=-4096
              ec2:DescribeSpotInstanceRequests Filters=[{Name=tag:bqx:worker Values=[phase2]}]
              ec2:DescribeSpotPriceHistory c7i.8xlarge in us-east-1a since LAUNCHED
            """
                .replace("LAUNCHED", launched()));
    assertThat(aws.calls("RunInstances")).hasSize(1);
    assertThat(aws.calls("TerminateInstances")).isEmpty();
    assertThat(aws.calls("AuthorizeSecurityGroupIngress")).isEmpty();
  }

  @Test
  void withDryRunAPreflightCallsNothingAtAll() {
    assertThat(worker("preflight", "--dry-run").out())
        .contains(
            "  ec2:DescribeSubnets SubnetIds=[subnet-0123456789abcdef0]\n",
            "  servicequotas:GetServiceQuota ServiceCode=ec2 QuotaCode=L-34B43A08\n",
            "  ec2:DescribeSpotPriceHistory ")
        .doesNotContain("AuthorizeSecurityGroupIngress");
    assertThat(worker("preflight", "--fix", "--dry-run").out())
        .contains("  ec2:AuthorizeSecurityGroupIngress GroupId=" + DATABASE_GROUP)
        .contains("[only if no rule admits the worker]");
    assertThat(aws.calls()).isEmpty();
  }

  @Test
  void aMachineGetsAnotherType() {
    aws.machine("i-0123456789abcdef0", "t3.small", Map.of());

    assertThat(resize("t3.large", "--dry-run").out())
        .contains("  ec2:ModifyInstanceAttribute InstanceId=i-0123456789abcdef0");
    CommandRun resized = resize("t3.large");

    assertThat(resized.exitCode()).as(resized.output()).isZero();
    assertThat(resized.out())
        .startsWith(
            "i-0123456789abcdef0 is a t3.large now (2 vCPUs, 4,096 MiB), before a t3.small\n");
    assertThat(resize("m6g.large").exitCode()).isEqualTo(1);
  }

  @Test
  void theScriptOfTheMachineCanBeRead() {
    CommandRun run = worker("launch", "--print-user-data");

    assertThat(run.out()).startsWith("#!/bin/bash\n").contains("BQX_WORKERS='32'");
    assertThat(aws.calls()).isEmpty();
  }

  @Test
  void badUsageIsToldFromFailure() {
    assertThat(run("launch").exitCode()).isEqualTo(2);
    assertThat(worker("launch", "--await", "0").exitCode()).isEqualTo(2);
    assertThat(worker("launch", "--region", "there").err()).contains("is not a region");
    assertThat(worker("terminate", "--skip-gate", "export-verified").exitCode()).isEqualTo(2);
    assertThat(worker("terminate", "--export", "./features").err())
        .contains("--export also needs the database");
    assertThat(resize("huge").err()).contains("'huge' is not an instance type");
    CommandRun unread = run("launch", "--spec", folder.resolve("none.yaml").toString());
    assertThat(unread.exitCode()).isEqualTo(1);
    assertThat(unread.err()).contains("none.yaml does not exist");
  }

  @Test
  void aRunThatIsAskedForWronglyBeginsNothing() {
    assertThat(worker("run").err()).contains("Which database?");
    assertThat(workerRun("--plan", "none.properties").err())
        .contains("--plan none.properties cannot be");
    assertThat(workerRun("--jar", "none.jar").err()).contains("--jar none.jar cannot be read");
    assertThat(workerRun("--plan", folder.resolve("worker.yaml").toString()).err())
        .contains("--plan goes with --report");
    assertThat(workerRun("--report", folder.resolve("worker.yaml").toString()).err())
        .contains("is a file; name a folder");
    assertThat(workerRun("--export", "ftp://there").err())
        .contains("--export: ftp://there is neither");
    assertThat(workerRun("--relaunches", "-1").err()).contains("--relaunches is -1");
    assertThat(workerRun("--hung-after", "0").err()).contains("--hung-after is 0");
    assertThat(workerRun("--skip-gate", "export-verified", "--reason", " ").err())
        .contains("without a reason");
    assertThat(aws.calls()).isEmpty();
  }

  private String launched() throws IOException {
    return Files.readString(folder.resolve("state.json"))
        .replaceFirst("(?s).*\"launched\" : \"([^\"]+)\".*", "$1");
  }

  private static String[] terminate(String... more) {
    List<String> arguments = new ArrayList<>(List.of("terminate"));
    for (String gate : List.of("ledger-complete", "validation-green", "export-verified")) {
      arguments.addAll(List.of("--skip-gate", gate, "--reason", "this run exports nothing"));
    }
    arguments.addAll(List.of(more));
    return arguments.toArray(String[]::new);
  }

  private CommandRun workerRun(String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of("run", "--jdbc-url", "jdbc:postgresql://127.0.0.1:1/fx", "--user", "me"));
    arguments.addAll(List.of(more));
    CommandRun asked = worker(arguments.toArray(String[]::new));
    assertThat(asked.exitCode()).as(asked.output()).isEqualTo(2);
    return asked;
  }

  private CommandRun resize(String type, String... more) {
    List<String> arguments =
        new ArrayList<>(List.of("resize", "--instance", "i-0123456789abcdef0", "--to", type));
    arguments.addAll(List.of(more));
    return run(arguments.toArray(String[]::new));
  }

  private CommandRun worker(String... arguments) {
    List<String> all = new ArrayList<>(List.of(arguments));
    all.add(1, folder.resolve("worker.yaml").toString());
    all.add(1, "--spec");
    all.add("--state");
    all.add(folder.resolve("state.json").toString());
    return run(all.toArray(String[]::new));
  }

  private CommandRun run(String... arguments) {
    List<String> all = new ArrayList<>(List.of("worker"));
    all.addAll(List.of(arguments));
    return CommandRun.of(
        Map.of(
            "AWS_REGION", "us-east-1",
            "AWS_ACCESS_KEY_ID", "test",
            "AWS_SECRET_ACCESS_KEY", "test",
            "AWS_ENDPOINT_URL", aws.endpoint().toString()),
        all.toArray(String[]::new));
  }
}
