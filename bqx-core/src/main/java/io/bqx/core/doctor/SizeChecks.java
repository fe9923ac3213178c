package io.bqx.core.doctor;

import static io.bqx.core.doctor.SystemViews.call;
import static org.jooq.impl.DSL.currentCatalog;

import io.bqx.core.catalog.PairTable;
import io.bqx.core.catalog.PartitionCatalog;
import io.bqx.core.catalog.PartitionInfo;
import io.bqx.core.catalog.TableFamily;
import io.bqx.features.CurrencyPair;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.YearMonth;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;

/** How much there is to write, and whether there is room for it. */
final class SizeChecks {

  /** Bytes on disk of a row of all three tables that stages write, indexes included. */
  static final long BYTES_PER_BAR = 4_096 + 345 + 380 + 3 * 23;

  /** Bars of a pair in a month where none are known. */
  private static final long USUAL_BARS = 31_000;

  private SizeChecks() {}

  static List<Finding> ofJob(Examination at) {
    Map<YearMonth, Long> months = barsByMonth(at);
    long database =
        at.dsl()
            .select(call("pg_database_size", Long.class, currentCatalog()))
            .fetchSingle()
            .value1();
    if (months.isEmpty()) {
      return List.of(
          Finding.advice(
              "job",
              at.months().map(m -> "no bars of " + m).orElse("no bars at all"),
              "Without bars there is nothing to compute",
              "Load them with 'bqx import', and check --schema"));
    }
    long bars = months.values().stream().mapToLong(Long::longValue).sum();
    long bytes = bars * BYTES_PER_BAR;
    long inHand = months.values().stream().mapToLong(Long::longValue).max().orElse(0);
    OptionalLong free = freeBytes(at);
    return List.of(
        judge(
            String.format(
                Locale.ROOT,
                "%s, about %s: about %s to write; the database has %s%s",
                Amounts.count(months.size(), "month"),
                Amounts.count(bars, "bar"),
                Amounts.bytes(bytes),
                Amounts.bytes(database),
                free.isPresent() ? ", its disk " + Amounts.bytes(free.getAsLong()) + " free" : ""),
            bytes,
            inHand * BYTES_PER_BAR,
            free,
            at.isAurora()));
  }

  /**
   * Judges the room on the disk.
   *
   * @param bytes what tables take that do not exist yet
   * @param inHand what stands on the disk twice while a month is rewritten
   * @param free bytes free on the server's disk, if that is known
   */
  static Finding judge(String found, long bytes, long inHand, OptionalLong free, boolean grows) {
    String why =
        "A rewrite needs room for the new rows beside the old ones, and a table that does not exist yet for all of its"
            + " rows; on a full disk the partition fails and the old one stays";
    if (free.isEmpty()) {
      return grows
          ? Finding.ok("job", found, why + ". Aurora's storage grows by itself")
          : Finding.ok(
              "job", found, why + ". The free room of the server's disk cannot be read from here");
    }
    if (free.getAsLong() < inHand) {
      return Finding.problem(
          "job", found, why, "Make room on the server's disk, or run fewer months at once");
    }
    return free.getAsLong() < bytes
        ? Finding.advice(
            "job",
            found,
            why,
            "Make room unless most of the months are there already, or run fewer months at once")
        : Finding.ok("job", found, why);
  }

  private static Map<YearMonth, Long> barsByMonth(Examination at) {
    PartitionCatalog catalog = new PartitionCatalog(at.dsl(), at.schema());
    Map<YearMonth, Long> bars = new HashMap<>();
    for (CurrencyPair pair : at.universe().pairs()) {
      PairTable table = PairTable.of(at.schema(), TableFamily.M1, pair);
      for (PartitionInfo partition : catalog.partitionsOf(table)) {
        partition
            .month()
            .filter(month -> at.months().map(m -> m.contain(month)).orElse(true))
            .ifPresent(month -> bars.merge(month, barsIn(partition), Long::sum));
      }
    }
    return bars;
  }

  private static long barsIn(PartitionInfo partition) {
    return partition.estimatedRows() < 0 ? USUAL_BARS : partition.estimatedRows();
  }

  /**
   * Bytes free where the server keeps its data: only if it runs on this machine and this process
   * may see the folder.
   */
  private static OptionalLong freeBytes(Examination at) {
    String directory = at.settings().value("data_directory");
    if (directory.isEmpty() || !ClientChecks.isOnThisMachine(at)) {
      return OptionalLong.empty();
    }
    Path data = Path.of(directory);
    try {
      return Files.exists(data.resolve("PG_VERSION"))
          ? OptionalLong.of(Files.getFileStore(data).getUsableSpace())
          : OptionalLong.empty();
    } catch (IOException e) {
      return OptionalLong.empty();
    }
  }
}
