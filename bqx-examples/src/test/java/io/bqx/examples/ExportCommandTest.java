package io.bqx.examples;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.jr.ob.JSON;
import io.bqx.aws.testing.S3Mock;
import io.bqx.features.FeatureColumn;
import io.bqx.features.FeatureSchema;
import io.bqx.features.Universe;
import io.bqx.features.Windows;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Timestamp;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import software.amazon.awssdk.services.s3.S3Client;

/** Export and verification from the command line, of a month of ten pairs and all columns. */
class ExportCommandTest {

  private static final String[] CREDENTIALS = {"aws.accessKeyId", "aws.secretAccessKey"};

  @TempDir private static Path folder;
  private static ServerHolder holder;

  @TempDir private Path features;

  @BeforeAll
  static void computeFeatures() throws IOException {
    Path bars =
        FewPairs.bars(
            SyntheticMarket.of(FewPairs.TEN).months(1).rowsPerMonth(150), folder.resolve("bars"));
    holder = ServerHolder.startQuick(folder.resolve("db"));
    assertThat(bqx("import", "--format", "csv", bars.toString()).exitCode()).isZero();
    CommandRun run = bqx("run", "--from", "2024-07", "--to", "2024-07");
    assertThat(run.exitCode()).as(run.output()).isZero();
  }

  @AfterAll
  static void stopTheServer() throws IOException {
    holder.close();
  }

  private static CommandRun bqx(String command, String... more) {
    List<String> words = new ArrayList<>(List.of(command.split(" ")));
    words.addAll(List.of("--embedded", folder.resolve("db").toString()));
    words.addAll(List.of(more));
    return CommandRun.of(Map.of(), words.toArray(String[]::new));
  }

  private static Connection postgres() throws IOException, SQLException {
    return DriverManager.getConnection(
        holder.jdbcUrl(), "postgres", Files.readString(folder.resolve("db/password")).strip());
  }

  @Test
  void allColumnsOfEveryPairAreExportedAndVerified() throws Exception {
    CommandRun exported = bqx("export", "--to", features.toString());
    assertThat(exported.exitCode()).as(exported.output()).isZero();
    assertThat(exported.out()).contains(": 10 written, 18 no bars", features + " holds 10 files");
    assertThat(exported.err()).contains("28 of 28 files written");

    Map<String, Object> manifest =
        JSON.std.mapFrom(Files.readString(features.resolve("_bqx/manifest.json")));
    assertThat(manifest).containsEntry("file_count", 10);

    List<FeatureColumn> columns =
        FeatureSchema.tier1(Universe.g8(), Windows.ofDefaults()).columns();
    assertThat(columns).hasSize(463);
    Path file = features.resolve("pair=usdjpy/month=2024-07/part-0.parquet");
    try (Connection duckDb = DriverManager.getConnection("jdbc:duckdb:");
        Connection postgres = postgres()) {
      assertThat(rows(duckDb, "SELECT column_name FROM (DESCRIBE SELECT * FROM '" + file + "')"))
          .extracting(row -> row.get(0))
          .containsAll(columns.stream().<Object>map(FeatureColumn::name).toList());
      assertThat(
              rows(
                  duckDb,
                  "SELECT * FROM read_parquet('"
                      + file
                      + "', hive_partitioning = false) ORDER BY 1"))
          .isEqualTo(rows(postgres, "SELECT * FROM bqx.reg_bqx_usdjpy ORDER BY 1"));
      assertThat(
              rows(
                  duckDb,
                  "SELECT count(*), count(DISTINCT pair) FROM '"
                      + features
                      + "/pair=*/**/*.parquet'"))
          .containsExactly(List.of(((Number) manifest.get("rows")).longValue(), 10L));
    }

    CommandRun again = bqx("export", "--to", features.toString());
    assertThat(again.out()).contains("10 up to date");

    CommandRun verified = bqx("export verify", "--to", features.toString());
    assertThat(verified.exitCode()).as(verified.output()).isZero();
    assertThat(verified.out())
        .contains("10 of 28 files verified in ")
        .endsWith("The export is verified\n");

    Files.write(file, new byte[] {1, 2, 3});
    CommandRun damaged =
        bqx("export verify", "--to", features.toString(), "--pairs", "usdjpy,eurusd");
    assertThat(damaged.exitCode()).isEqualTo(1);
    assertThat(damaged.out())
        .contains("1 of 2 files verified in ")
        .contains("Failed: usdjpy 2024-07: pair=usdjpy/month=2024-07/part-0.parquet has 3 bytes")
        .endsWith("The export is NOT verified\n");
    assertThat(bqx("export", "--to", features.toString(), "--workers", "1").out())
        .contains("1 written, 9 up to date");
  }

  @Test
  void toS3AndBack() throws Exception {
    for (String credential : CREDENTIALS) {
      System.setProperty(credential, "test");
    }
    try (S3Mock s3 = S3Mock.start();
        S3Client client = s3.client()) {
      client.createBucket(r -> r.bucket("models"));
      String[] to = {
        "--to",
        "s3://models/fx",
        "--endpoint-url",
        s3.endpoint().toString(),
        "--region",
        S3Mock.REGION,
        "--spool",
        features.toString(),
        "--pairs",
        "eurusd,gbpusd,usdjpy"
      };

      CommandRun exported = bqx("export", with(to, "--sse", "AES256"));
      assertThat(exported.exitCode()).as(exported.output()).isZero();
      assertThat(exported.out()).contains("3 written", "s3://models/fx holds 3 files");
      assertThat(
              client
                  .headObject(
                      r -> r.bucket("models").key("fx/pair=eurusd/month=2024-07/part-0.parquet"))
                  .metadata())
          .containsKeys("bqx-crc32c", "bqx-sha256", "bqx-source");

      assertThat(bqx("export", to).out()).contains("3 up to date");
      CommandRun verified = bqx("export verify", to);
      assertThat(verified.exitCode()).as(verified.output()).isZero();
      assertThat(verified.out()).contains("3 of 3 files verified", "The export is verified");

      client.deleteObject(
          r -> r.bucket("models").key("fx/pair=gbpusd/month=2024-07/part-0.parquet"));
      CommandRun missing = bqx("export verify", to);
      assertThat(missing.exitCode()).isEqualTo(1);
      assertThat(missing.out()).contains("part-0.parquet is missing; export again");
      assertThat(bqx("export", to).out()).contains("1 written, 2 up to date");
      assertThat(features).isEmptyDirectory();
    } finally {
      for (String credential : CREDENTIALS) {
        System.clearProperty(credential);
      }
    }
  }

  private static String[] with(String[] words, String... more) {
    List<String> all = new ArrayList<>(List.of(words));
    all.addAll(List.of(more));
    return all.toArray(String[]::new);
  }

  private static List<List<Object>> rows(Connection connection, String sql) throws SQLException {
    List<List<Object>> rows = new ArrayList<>();
    try (Statement statement = connection.createStatement()) {
      if (!connection.getMetaData().getURL().contains("postgresql")) {
        statement.execute("SET TimeZone = 'UTC'");
      }
      try (ResultSet result = statement.executeQuery(sql)) {
        while (result.next()) {
          List<Object> row = new ArrayList<>();
          for (int column = 1; column <= result.getMetaData().getColumnCount(); column++) {
            Object value = result.getObject(column);
            if (value instanceof Timestamp time) {
              value = time.toLocalDateTime().atOffset(ZoneOffset.UTC);
            } else if (value instanceof Short number) {
              value = number.intValue();
            }
            row.add(value);
          }
          rows.add(row);
        }
      }
    }
    return rows;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "export --embedded db | Where to? Missing --to DIR or --to s3://BUCKET/PREFIX",
        "export verify --embedded db | Where to? Missing --to DIR or --to s3://BUCKET/PREFIX",
        "export --embedded db --to x --from 2024-07 | Which months? Missing --until MONTH",
        "export --embedded db --to x --from 2024-07 --until 2024-06 | --until 2024-06 is before --from 2024-07",
        "export --embedded db --to x --pairs audsek | there is no pair audsek among the 28",
        "export --embedded db --to x --workers 0 | --workers is 0",
        "export --embedded db --to x --encoding gzip | the encodings are byte-stream-split and plain",
        "export --embedded db --to x --sse AES256 | go with --to s3://BUCKET/PREFIX, and x is a folder",
        "export --embedded db --to s3://b | is no address in S3",
        "export --embedded db --to s3://bucket/x --sse-kms-key-id k | goes with --sse aws:kms",
        "export --embedded db --to s3://bucket/x --sse DES | expected AES256 or aws:kms",
        "export --embedded db --to ftp://host/x | is neither a folder nor s3://BUCKET/PREFIX",
        "export verify --embedded db --to x --sample 1 | --sample is 1; it must be 2 or more"
      })
  void badUsageIsToldBeforeAnythingIsDone(String words, String message) {
    CommandRun run = CommandRun.of(Map.of(), words.split(" "));
    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err()).contains(message);
  }
}
