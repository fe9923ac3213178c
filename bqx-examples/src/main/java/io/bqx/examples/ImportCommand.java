package io.bqx.examples;

import io.bqx.core.ingest.BarFormat;
import io.bqx.core.ingest.BarImport;
import io.bqx.core.ingest.ImportReport;
import io.bqx.features.CurrencyPair;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZoneId;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Loads files of bars. */
@Command(
    name = "import",
    description = {
      "Loads bars into the tables m1_PAIR: one file, or every .csv and .csv.gz file of a folder.",
      "",
      "A file is loaded whole or not at all; a bad line is named with its number and reason. The pair is taken from the file"
          + " name (eurusd.csv.gz, DAT_ASCII_EURUSD_M1_2014.csv). Importing the same file again changes nothing."
    },
    footer = {
      "",
      "Examples:",
      "  bqx import --embedded ./db --format csv ./bars",
      "  bqx import --embedded ./db --format histdata DAT_ASCII_EURUSD_M1_2014.csv",
      "  bqx import --embedded ./db --format mt5 --zone EET --pair eurusd export.csv",
      "",
      "Exit codes: 0 every file is loaded, 1 one was refused, 2 bad usage."
    })
final class ImportCommand implements Callable<Integer> {

  @Spec private CommandSpec command;
  @Mixin private DatabaseOptions database;

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      required = true,
      description =
          "csv (time,open,high,low,close,volume with ISO times), histdata, mt5 or dukascopy.")
  private BarFormat format;

  @Option(
      names = "--zone",
      paramLabel = "ZONE",
      description =
          "The time zone of local times in the files, for example EET. Needed by mt5, whose files do not say it; histdata"
              + " has its own.")
  private ZoneId zone;

  @Option(
      names = "--pair",
      paramLabel = "PAIR",
      description = "The pair of a single file whose name does not tell it.")
  private CurrencyPair pair;

  @Option(
      names = "--replace",
      description = "Overwrite stored bars that differ; otherwise they are an error.")
  private boolean replace;

  @Parameters(paramLabel = "PATH", description = "A file, or a folder of files.")
  private Path path;

  @Override
  public Integer call() {
    database.check();
    check();
    Console console = new Console(command);
    try (Database open = database.open(new Interruption(console.err()))) {
      BarImport job =
          BarImport.into(open.dataSource()).schema(open.schema()).format(format).replace(replace);
      if (zone != null) {
        job.zone(zone);
      }
      if (pair != null) {
        job.pair(pair);
      }
      ImportReport report = (Files.isDirectory(path) ? job.folder(path) : job.file(path)).run();
      console.print(ImportText.lines(report));
      report.failed().forEach(file -> console.err().println("bqx: " + file.cause().getMessage()));
      console.err().flush();
      return report.exitCode();
    }
  }

  private void check() {
    if (!Files.exists(path)) {
      throw badUsage("PATH %s does not exist", path);
    }
    if (pair != null && Files.isDirectory(path)) {
      throw badUsage("--pair goes with a single file, but %s is a folder", path);
    }
    if (format == BarFormat.MT5 && zone == null) {
      throw badUsage(
          "--zone is missing: mt5 files hold the broker's server time; often it is --zone EET");
    }
    if (format.fixedZone().isPresent()
        && zone != null
        && !zone.normalized().equals(format.fixedZone().get())) {
      throw badUsage(
          "--zone %s contradicts --format %s, whose times are UTC%s; leave --zone out",
          zone, format.id(), format.fixedZone().get());
    }
  }

  private ParameterException badUsage(String message, Object... arguments) {
    return new ParameterException(
        command.commandLine(), String.format(Locale.ROOT, message, arguments));
  }
}
