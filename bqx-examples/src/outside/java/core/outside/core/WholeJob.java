package outside.core;

import io.bqx.core.ingest.BarFormat;
import io.bqx.core.ingest.BarImport;
import io.bqx.core.ingest.ImportReport;
import io.bqx.core.run.Phase2;
import io.bqx.core.run.RunReport;
import io.bqx.core.validation.Check;
import io.bqx.core.validation.ValidationReport;
import io.bqx.features.FeatureEngine;
import java.nio.file.Path;
import java.time.YearMonth;
import java.util.stream.Collectors;
import org.postgresql.ds.PGSimpleDataSource;

/** Imports bars, computes all stages of a month and validates them. */
public final class WholeJob {

  private WholeJob() {}

  /**
   * Prints what was imported, computed and found, and which modules did it.
   *
   * @param arguments JDBC URL, user, schema, folder of bars, month
   */
  public static void main(String[] arguments) {
    PGSimpleDataSource dataSource = new PGSimpleDataSource();
    dataSource.setUrl(arguments[0]);
    dataSource.setUser(arguments[1]);
    dataSource.setPassword(System.getenv("OUTSIDE_PASSWORD"));
    String schema = arguments[2];
    YearMonth month = YearMonth.parse(arguments[4]);

    ImportReport imported =
        BarImport.into(dataSource)
            .schema(schema)
            .format(BarFormat.CSV)
            .folder(Path.of(arguments[3]))
            .run();
    Phase2 job = Phase2.on(dataSource).schema(schema).months(month, month).workers(1);
    RunReport run = job.run();
    ValidationReport checks = job.validate();

    System.out.println("bars: " + imported.inserted());
    System.out.println("rows: " + run.rows() + ", failures: " + run.failures().size());
    System.out.println(
        "failed checks: "
            + checks.failures().stream()
                .map(Check::validator)
                .distinct()
                .collect(Collectors.joining(", ")));
    System.out.println(
        "modules: "
            + WholeJob.class.getModule().getName()
            + ", "
            + Phase2.class.getModule().getName()
            + ", "
            + FeatureEngine.class.getModule().getName());
  }
}
