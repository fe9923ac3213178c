package io.bqx.examples;

import io.bqx.core.doctor.Doctor;
import io.bqx.core.doctor.DoctorReport;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Says what about a server would make a job fail or hold it back. */
@Command(
    name = "doctor",
    description = {
      "Looks at the server and says what would make a job fail or hold it back, why, and what to do: writer, privileges,"
          + " connections, WAL, timeouts, tables, what other sessions hold, room, network, memory.",
      "",
      "Changes nothing; with --probe it copies some rows into tables that it takes back again.",
      "",
      "Without --from and --to, the job is every month that has bars."
    },
    footer = {
      "",
      "Examples:",
      "  bqx doctor --embedded ./db",
      "  bqx doctor --jdbc-url jdbc:postgresql://db/fx --user me --workers 8 --probe",
      "",
      "Exit codes: 0 no problem (there may be advice), 1 a problem or no connection, 2 bad usage."
    })
final class DoctorCommand implements Callable<Integer> {

  @Spec private CommandSpec command;
  @Mixin private DatabaseOptions database;
  @Mixin private MonthOptions months;

  @Option(
      names = "--workers",
      paramLabel = "N",
      description =
          "How many partitions the job will write at the same time; the number of processors if not given.")
  private int workers = Runtime.getRuntime().availableProcessors();

  @Option(
      names = "--probe",
      description =
          "Also time a COPY of some thousand rows, over one connection and over one for each worker.")
  private boolean probe;

  @Override
  public Integer call() {
    database.check();
    months.check();
    if (workers < 1) {
      throw new ParameterException(
          command.commandLine(),
          String.format(Locale.ROOT, "--workers is %d; it must be 1 or more", workers));
    }
    Console console = new Console(command);
    try (Database open = database.open(new Interruption(console.err()))) {
      Doctor doctor = Doctor.on(open.dataSource()).schema(open.schema()).workers(workers);
      months.given().ifPresent(range -> doctor.months(range.from(), range.to()));
      if (probe) {
        doctor.probe();
      }
      DoctorReport report = doctor.examine();
      console.print(DoctorText.lines(report));
      return report.hasProblems() ? Bqx.FAILED : 0;
    }
  }
}
