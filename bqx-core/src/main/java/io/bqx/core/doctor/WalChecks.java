package io.bqx.core.doctor;

import static io.bqx.core.doctor.SystemViews.call;
import static io.bqx.core.doctor.SystemViews.column;
import static io.bqx.core.doctor.SystemViews.flag;
import static io.bqx.core.doctor.SystemViews.number;
import static io.bqx.core.doctor.SystemViews.text;
import static io.bqx.core.doctor.SystemViews.view;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jooq.DSLContext;
import org.jooq.Field;
import org.jooq.Record2;
import org.jooq.impl.DSL;

/** What becomes of each byte that is written: WAL, checkpoints, standbys, archive. */
final class WalChecks {

  private static final long ENOUGH_WAL = 8L << 30;
  private static final long MUCH_WAL_HELD = 1L << 30;
  private static final int CHECKPOINTS_THAT_TELL = 10;
  private static final int FIRST_WITH_CHECKPOINTER_VIEW = 170_000;

  private WalChecks() {}

  static List<Finding> level(Examination at) {
    if (at.isAurora()) {
      return List.of();
    }
    String level = at.settings().value("wal_level");
    String why =
        "A partition is loaded into a table made in the same transaction, of which wal_level = minimal writes no WAL;"
            + " at replica and logical every byte is written twice";
    if (level.equals("minimal")) {
      return List.of(Finding.ok("wal_level", level, why));
    }
    if (at.platform() != Platform.SELF_MANAGED) {
      return List.of(
          Finding.ok("wal_level", level, why + ". The server's provider needs it for its backups"));
    }
    int users =
        at.dsl().fetchCount(view("pg_replication_slots", "s"))
            + at.dsl().fetchCount(view("pg_stat_replication", "r"));
    if (users > 0 || !at.settings().value("archive_mode").equals("off")) {
      return List.of(
          Finding.ok("wal_level", level, why + ". Standbys, slots or an archive need it here"));
    }
    return List.of(
        Finding.advice(
            "wal_level",
            level + ", although there is no standby, slot or archive",
            why,
            "If there are no backups by pg_basebackup either: ALTER SYSTEM SET wal_level = 'minimal'; ALTER SYSTEM"
                + " SET max_wal_senders = 0; then restart the server"));
  }

  static List<Finding> checkpoints(Examination at) {
    if (at.isAurora()) {
      return List.of();
    }
    Record2<Long, Long> counts = checkpointCounts(at.dsl(), at.settings());
    return List.of(checkpoints(at, counts.value1(), counts.value2()));
  }

  private static Record2<Long, Long> checkpointCounts(DSLContext dsl, ServerSettings settings) {
    return settings.number("server_version_num") >= FIRST_WITH_CHECKPOINTER_VIEW
        ? dsl.select(number("s", "num_timed"), number("s", "num_requested"))
            .from(view("pg_stat_checkpointer", "s"))
            .fetchSingle()
        : dsl.select(number("s", "checkpoints_timed"), number("s", "checkpoints_req"))
            .from(view("pg_stat_bgwriter", "s"))
            .fetchSingle();
  }

  /** Judges the checkpoints since the statistics were reset: by time, and on request. */
  static Finding checkpoints(Examination at, long timed, long requested) {
    ServerSettings settings = at.settings();
    long size = settings.bytes("max_wal_size");
    String found =
        String.format(
            Locale.ROOT,
            "max_wal_size %s, checkpoint_timeout %s, %d checkpoints by time and %d on request",
            Amounts.bytes(size),
            Amounts.duration(settings.duration("checkpoint_timeout")),
            timed,
            requested);
    String why =
        "A checkpoint that the volume of WAL forces writes all changed pages while the job writes its own; a month of"
            + " 28 pairs is about 3.6 GB of WAL";
    boolean oftenForced =
        timed + requested >= CHECKPOINTS_THAT_TELL && requested > timed && size < ENOUGH_WAL;
    boolean willBeForced = !settings.value("wal_level").equals("minimal") && size < ENOUGH_WAL / 2;
    return oftenForced || willBeForced
        ? Finding.advice(
            "checkpoints",
            found,
            why,
            at.change("max_wal_size", Amounts.bytes(ENOUGH_WAL).replace(" ", ""), false)
                + ", if the disk of pg_wal has that much room")
        : Finding.ok("checkpoints", found, why);
  }

  static List<Finding> durability(Examination at) {
    if (at.isAurora()) {
      return List.of();
    }
    List<Finding> findings = new ArrayList<>();
    ServerSettings settings = at.settings();
    for (String setting : List.of("fsync", "full_page_writes")) {
      if (settings.has(setting) && !settings.isOn(setting)) {
        findings.add(
            Finding.advice(
                setting,
                "off",
                "After a power failure the whole database may be damaged, and the job gains little by it: it writes"
                    + " whole new pages, once",
                at.change(setting, "on", false)));
      }
    }
    String standbys = settings.value("synchronous_standby_names");
    String commit = settings.value("synchronous_commit");
    if (!standbys.isEmpty() && !commit.equals("off") && !commit.equals("local")) {
      findings.add(
          Finding.advice(
              "synchronous_commit",
              commit + ", with synchronous standbys: " + standbys,
              "The commit of each partition waits until a standby has all of its WAL, about 127 MB",
              at.changeForUser("synchronous_commit", "local")
                  + " A failover may then lose the last partitions, with their ledger entries: the next run does them"
                  + " again"));
    }
    return findings.isEmpty()
        ? List.of(
            Finding.ok(
                "durability",
                "synchronous_commit " + commit + ", no synchronous standby",
                "The job commits once for each partition; waiting for the local disk then costs little"))
        : findings;
  }

  static List<Finding> archive(Examination at) {
    if (at.platform() != Platform.SELF_MANAGED
        || at.settings().value("archive_mode").equals("off")) {
      return List.of();
    }
    Field<Boolean> failing =
        DSL.field(
            "{0} > coalesce({1}, '-infinity')",
            Boolean.class, column("a", "last_failed_time"), column("a", "last_archived_time"));
    return at.dsl()
        .select(number("a", "archived_count"), number("a", "failed_count"), failing)
        .from(view("pg_stat_archiver", "a"))
        .fetch(row -> archive(row.value1(), row.value2(), Boolean.TRUE.equals(row.value3())));
  }

  /** Judges the archive of WAL; whether it fails says its last attempt. */
  static Finding archive(long archived, long failed, boolean failing) {
    String found =
        String.format(Locale.ROOT, "%d segments archived, %d attempts failed", archived, failed);
    String why =
        "All WAL of the job has to be archived; what is not, stays in pg_wal and fills its disk";
    return failing
        ? Finding.problem(
            "archive",
            found + ", the last one too",
            why,
            "Mend archive_command or archive_library first; the server's log says why it fails")
        : Finding.ok("archive", found, why);
  }

  static List<Finding> slots(Examination at) {
    List<Finding> findings = new ArrayList<>();
    Field<Long> held =
        call(
                "pg_wal_lsn_diff",
                Object.class,
                DSL.when(
                        DSL.condition(call("pg_is_in_recovery", Boolean.class)),
                        call("pg_last_wal_receive_lsn", Object.class))
                    .otherwise(call("pg_current_wal_lsn", Object.class)),
                column("s", "restart_lsn"))
            .cast(Long.class);
    boolean bounded =
        at.settings().has("max_slot_wal_keep_size")
            && at.settings().number("max_slot_wal_keep_size") >= 0;
    at.dsl()
        .select(text("s", "slot_name"), text("s", "slot_type"), flag("s", "active"), held)
        .from(view("pg_replication_slots", "s"))
        .where(flag("s", "temporary").isFalse(), column("s", "restart_lsn").isNotNull())
        .orderBy(text("s", "slot_name"))
        .forEach(
            row ->
                findings.add(
                    slot(row.value1(), row.value2(), row.value3(), row.value4(), bounded)));
    return findings;
  }

  /** Judges a replication slot; whether the WAL that it may hold is bounded by a setting. */
  static Finding slot(String slot, String kind, boolean active, long held, boolean bounded) {
    String found =
        String.format(
            Locale.ROOT,
            "%s slot %s is %s and holds %s of WAL",
            kind,
            slot,
            active ? "in use" : "not in use",
            Amounts.bytes(held));
    String why =
        "A slot keeps all WAL that its consumer has not read; the job adds about 127 MB for each partition, until the"
            + " disk is full";
    if (!active) {
      String drop = "SELECT pg_drop_replication_slot('" + slot.replace("'", "''") + "');";
      return bounded
          ? Finding.advice("replication slots", found, why, "If nobody comes back to it: " + drop)
          : Finding.problem(
              "replication slots",
              found,
              why,
              "Start its consumer, or drop it: " + drop + " max_slot_wal_keep_size sets a bound");
    }
    return held > MUCH_WAL_HELD
        ? Finding.advice(
            "replication slots",
            found,
            why,
            "See why its consumer is behind, or run with fewer --workers so that it keeps up")
        : Finding.ok("replication slots", found, why);
  }

  static List<Finding> memory(Examination at) {
    ServerSettings settings = at.settings();
    List<Finding> findings = new ArrayList<>();
    long buffers = settings.bytes("shared_buffers");
    String buffersWhy =
        "Rows go through a small ring of buffers, so more memory does not make writing faster; what it holds is read"
            + " again by the index build and by validate";
    findings.add(
        buffers < (64L << 20)
            ? Finding.advice(
                "shared_buffers",
                Amounts.bytes(buffers),
                buffersWhy,
                at.change("shared_buffers", "256MB", true))
            : Finding.ok("shared_buffers", Amounts.bytes(buffers), buffersWhy));
    long work = settings.bytes("maintenance_work_mem");
    String workWhy =
        "The index over the times of a month sorts about 2 MB; more memory than that gives nothing, less makes it sort"
            + " on disk";
    findings.add(
        work < (8L << 20)
            ? Finding.advice(
                "maintenance_work_mem",
                Amounts.bytes(work),
                workWhy,
                at.changeForUser("maintenance_work_mem", "64MB"))
            : Finding.ok("maintenance_work_mem", Amounts.bytes(work), workWhy));
    return findings;
  }

  static List<Finding> publications(Examination at) {
    List<String> names =
        at.dsl()
            .selectDistinct(text("p", "pubname"))
            .from(view("pg_publication_tables", "p"))
            .join(view("pg_class", "c"))
            .on(text("c", "relname").eq(text("p", "tablename")))
            .join(view("pg_namespace", "n"))
            .on(
                number("n", "oid")
                    .eq(number("c", "relnamespace"))
                    .and(text("n", "nspname").eq(text("p", "schemaname"))))
            .where(number("c", "oid").in(SessionChecks.relations(at)))
            .orderBy(text("p", "pubname"))
            .fetch(0, String.class);
    return names.isEmpty()
        ? List.of()
        : List.of(
            Finding.advice(
                "publications",
                "tables of the job are published: " + PrivilegeChecks.some(names),
                "Rows are loaded before their partition belongs to the published table: subscribers get none of them,"
                    + " but the old partition's rows stay there. Decoding the WAL slows the server down",
                "Take the tables out with ALTER PUBLICATION .. DROP TABLE, and copy them to the subscriber by other"
                    + " means after each run"));
  }

  static List<Finding> buffers(Examination at) {
    long size = at.settings().bytes("wal_buffers");
    return at.isAurora() || at.settings().value("wal_level").equals("minimal")
        ? List.of()
        : List.of(
            size >= (4L << 20)
                ? Finding.ok(
                    "wal_buffers",
                    Amounts.bytes(size),
                    "Several workers fill them at once; when they are full everybody waits for a write")
                : Finding.advice(
                    "wal_buffers",
                    Amounts.bytes(size),
                    "Several workers fill them at once; when they are full everybody waits for a write",
                    at.change("wal_buffers", "16MB", true)));
  }
}
