package io.bqx.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bqx.core.BqxException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedServerTest {

  @TempDir private static Path shared;

  private static Path folder() {
    return shared.resolve("with spaces/database");
  }

  @BeforeAll
  static void writeAValue() throws SQLException {
    try (EmbeddedServer server = EmbeddedServer.in(folder())) {
      execute(server, "create table kept (value int)");
      execute(server, "insert into kept values (42)");
    }
  }

  @Test
  void aTemporaryServerIsFastAndLeavesNothingBehind() throws SQLException {
    EmbeddedServer server = EmbeddedServer.temporary();
    Path directory = server.passwordFile().getParent();
    try (server) {
      assertThat(query(server, "show fsync")).isEqualTo("off");
      assertThat(query(server, "show server_version")).startsWith("16.");
    }
    server.close();
    assertThat(directory).doesNotExist();
    assertThatThrownBy(() -> query(server, "select 1")).isInstanceOf(SQLException.class);
  }

  @Test
  void aFolderKeepsItsDataAndIsDurable() throws SQLException {
    try (EmbeddedServer server = EmbeddedServer.in(folder())) {
      assertThat(query(server, "select value from kept")).isEqualTo("42");
      assertThat(query(server, "show fsync")).isEqualTo("on");
      assertThat(query(server, "show full_page_writes")).isEqualTo("on");
      assertThat(query(server, "show synchronous_commit")).isEqualTo("on");
    }
  }

  @Test
  void onlyThePasswordLetsYouIn() throws SQLException, IOException {
    try (EmbeddedServer server = EmbeddedServer.in(folder())) {
      String password = Files.readString(server.passwordFile()).strip();
      DriverManager.getConnection(server.jdbcUrl(), server.user(), password).close();
      assertThatThrownBy(
              () -> DriverManager.getConnection(server.jdbcUrl(), server.user(), "wrong"))
          .hasMessageContaining("password authentication failed");
      assertThat(server.jdbcUrl()).doesNotContain(password);
      if (Files.getFileStore(server.passwordFile()).supportsFileAttributeView("posix")) {
        assertThat(
                PosixFilePermissions.toString(Files.getPosixFilePermissions(server.passwordFile())))
            .isEqualTo("rw-------");
      }
    }
  }

  @Test
  void anotherProcessConnectsToTheRunningServerAndTheLastOneStopsIt() throws Exception {
    EmbeddedServer first = EmbeddedServer.in(folder());
    try (ServerHolder second = ServerHolder.start(folder().toString())) {
      assertThat(second.jdbcUrl()).isEqualTo(first.jdbcUrl());
      first.close();
      assertThat(query(first, "select value from kept")).isEqualTo("42");
    }
    assertThatThrownBy(() -> query(first, "select 1")).isInstanceOf(SQLException.class);
  }

  @Test
  void aServerWhoseProcessWasKilledIsUsedAgainAndStopped() throws Exception {
    ServerHolder killed = ServerHolder.start(folder().toString());
    killed.kill();
    EmbeddedServer server = EmbeddedServer.in(folder());
    try (server) {
      assertThat(server.jdbcUrl()).isEqualTo(killed.jdbcUrl());
      assertThat(query(server, "select value from kept")).isEqualTo("42");
    }
    assertThatThrownBy(() -> query(server, "select 1")).isInstanceOf(SQLException.class);
  }

  @Test
  void aServerThatWasKilledTogetherWithItsProcessIsRecovered() throws Exception {
    ServerHolder killed = ServerHolder.start(folder().toString());
    long postmaster = RunningServer.of(folder().resolve("data")).orElseThrow().pid();
    killed.kill();
    ProcessHandle.of(postmaster).orElseThrow().destroyForcibly();
    try (EmbeddedServer server = EmbeddedServer.in(folder())) {
      assertThat(query(server, "select value from kept")).isEqualTo("42");
    }
  }

  @Test
  void aProcessThatIsAskedToEndStopsItsServer() throws Exception {
    ServerHolder holder = ServerHolder.start(folder().toString());
    assertThat(holder.terminate()).isNotZero();
    assertThat(RunningServer.pidFile(folder().resolve("data"))).doesNotExist();
  }

  @Test
  void aProcessThatIsAskedToEndWhileItClosesItsServerStopsItAllTheSame() throws Exception {
    for (int round = 0; round < 2; round++) {
      ServerHolder holder = ServerHolder.start(folder().toString());
      holder.closeAndTerminate();
      assertThat(RunningServer.pidFile(folder().resolve("data"))).doesNotExist();
    }
  }

  @Test
  void aPidFileThatNamesAnotherProgramIsIgnored() throws Exception {
    Path pidFile = RunningServer.pidFile(folder().resolve("data"));
    Files.writeString(
        pidFile,
        ProcessHandle.current().pid()
            + "\n/elsewhere\n1700000000\n5999\n\n127.0.0.1\n1 2\nready\n");
    try (EmbeddedServer server = EmbeddedServer.in(folder())) {
      assertThat(query(server, "select value from kept")).isEqualTo("42");
    }
  }

  @Test
  void aFolderIsOpenOnlyOncePerProcess() {
    try (EmbeddedServer server = EmbeddedServer.in(folder())) {
      assertThatThrownBy(() -> EmbeddedServer.in(folder()))
          .isInstanceOf(BqxException.class)
          .hasMessageContaining(folder().toString())
          .hasMessageContaining("open in this process already");
      assertThat(server.dataSource()).isNotNull();
    }
  }

  @Test
  void theTemporaryFolderOfAKilledProcessIsRemovedByTheNextOne() throws Exception {
    ServerHolder killed = ServerHolder.start();
    killed.kill();
    Path abandoned = Path.of(dataDirectoryOfTheServerAt(killed)).getParent();
    Files.setLastModifiedTime(
        abandoned.resolve("bqx.lock"), FileTime.from(Instant.now().minus(Duration.ofHours(1))));
    EmbeddedServer.temporary().close();
    assertThat(abandoned).doesNotExist();
  }

  @Test
  void aFolderWithOtherThingsInItIsRefused(@TempDir Path foreign) throws IOException {
    Files.writeString(foreign.resolve("thesis.txt"), "precious");
    assertThatThrownBy(() -> EmbeddedServer.in(foreign))
        .isInstanceOf(BqxException.class)
        .hasMessage(
            "Cannot use %s for an embedded PostgreSQL: the folder holds other things. Choose a new or an empty folder."
                .formatted(foreign));
    assertThat(foreign).isDirectoryContaining("glob:**/thesis.txt");
  }

  @Test
  void aBulkLoadNeedsANewFolder() {
    assertThatThrownBy(() -> EmbeddedServer.forBulkLoad(folder()))
        .isInstanceOf(BqxException.class)
        .hasMessageContaining("the folder is not empty");
  }

  @Test
  void aBulkLoadedFolderBecomesADurableServer(@TempDir Path parent) throws SQLException {
    Path directory = parent.resolve("loaded");
    try (EmbeddedServer server = EmbeddedServer.forBulkLoad(directory)) {
      assertThat(query(server, "show fsync")).isEqualTo("off");
      execute(server, "create table loaded as select 7 as value");
    }
    try (EmbeddedServer server = EmbeddedServer.in(directory)) {
      assertThat(query(server, "show fsync")).isEqualTo("on");
      assertThat(query(server, "select value from loaded")).isEqualTo("7");
    }
  }

  private static String dataDirectoryOfTheServerAt(ServerHolder holder) throws IOException {
    Path temporary = Path.of(System.getProperty("java.io.tmpdir"));
    try (var folders = Files.newDirectoryStream(temporary, "bqx-temporary-*")) {
      for (Path folder : folders) {
        Path data = folder.resolve("data");
        int port = RunningServer.of(data).map(RunningServer::port).orElse(0);
        if (holder.jdbcUrl().contains(":" + port + "/")) {
          return data.toString();
        }
      }
    }
    throw new AssertionError("No temporary folder has the server of " + holder.jdbcUrl());
  }

  private static void execute(EmbeddedServer server, String sql) throws SQLException {
    try (Connection connection = server.dataSource().getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static String query(EmbeddedServer server, String sql) throws SQLException {
    try (Connection connection = server.dataSource().getConnection();
        Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(sql)) {
      result.next();
      return result.getString(1);
    }
  }
}
