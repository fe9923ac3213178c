package io.bqx.core.doctor;

import static io.bqx.core.doctor.SystemViews.call;
import static io.bqx.core.doctor.SystemViews.text;
import static org.jooq.impl.DSL.name;
import static org.jooq.impl.DSL.select;
import static org.jooq.impl.DSL.table;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jooq.impl.DSL;

/** What kind of server it is, and whether it takes writes. */
final class ServerChecks {

  private static final int OLDEST = 14;

  private ServerChecks() {}

  static List<Finding> version(Examination at) {
    ServerSettings settings = at.settings();
    String found =
        String.format(
            Locale.ROOT,
            "PostgreSQL %s, encoding %s, data checksums %s",
            settings.value("server_version"),
            settings.value("server_encoding"),
            settings.value("data_checksums"));
    long version = settings.number("server_version_num");
    return List.of(
        version / 10_000 >= OLDEST
            ? Finding.ok("version", found, "The job needs PostgreSQL " + OLDEST + " or newer")
            : Finding.problem(
                "version",
                found,
                "The job needs PostgreSQL " + OLDEST + " or newer",
                "Upgrade the server, or use another one"));
  }

  static List<Finding> writer(Examination at) {
    boolean standby =
        at.dsl().select(call("pg_is_in_recovery", Boolean.class)).fetchSingle().value1();
    if (standby) {
      return List.of(
          Finding.problem(
              "writer",
              "a standby or reader, which takes no writes",
              "Every statement of the job that writes would fail with SQLSTATE 25006",
              "Connect to the primary: the cluster endpoint of Aurora, or several hosts in the URL with"
                  + " targetServerType=primary"));
    }
    if (at.settings().isOn("default_transaction_read_only")) {
      return List.of(
          Finding.problem(
              "writer",
              "a primary, but default_transaction_read_only is on for this session",
              "Every statement of the job that writes would fail with SQLSTATE 25006",
              at.changeForUser("default_transaction_read_only", "off")
                  + " if it was set for the role or the database; otherwise "
                  + at.change("default_transaction_read_only", "off", false)));
    }
    return List.of(Finding.ok("writer", "a primary", "The job writes"));
  }

  static List<Finding> aurora(Examination at) {
    if (!at.isAurora()) {
      return List.of();
    }
    String version = at.dsl().select(call("aurora_version", String.class)).fetchSingle().value1();
    int readers =
        at.dsl()
            .fetchCount(
                select(text("r", "server_id"))
                    .from(table("{0}()", name("pg_catalog", "aurora_replica_status")).as("r"))
                    .where(text("r", "session_id").ne(DSL.inline("MASTER_SESSION_ID"))));
    List<Finding> findings = new ArrayList<>();
    findings.add(
        Finding.ok(
            "aurora",
            "Aurora " + version + ", " + Amounts.count(readers, "reader"),
            "Its storage takes the WAL and makes the pages: checkpoints, max_wal_size, full_page_writes and"
                + " wal_compression are without effect and are not looked at. Every byte of a partition is WAL there"));
    findings.add(
        Finding.advice(
            "aurora capacity",
            "instance class, minimum and maximum ACU, and storage type cannot be read from inside the database",
            "A Serverless v2 writer grows from what it has shrunk to, and the more slowly the smaller it is, while the"
                + " job already runs; each worker keeps about one processor of the server busy, and 1 ACU is about 2 GiB"
                + " of memory with its share of processors. With Standard storage each write request is charged; with"
                + " I/O-Optimized none is",
            String.format(
                Locale.ROOT,
                "Look at ServerlessV2ScalingConfiguration and StorageType in the answer of 'aws rds"
                    + " describe-db-clusters'. For the time of the job raise MinCapacity to about %d ACU (4 for each of"
                    + " %s), or lower --workers; and compare the prices of both storage types for the bytes that"
                    + " 'job' names",
                4 * at.workers(),
                Amounts.count(at.workers(), "worker"))));
    return findings;
  }
}
