package io.bqx.examples;

import io.bqx.core.export.ExportDestination;
import io.bqx.core.export.ExportVerification;
import io.bqx.core.export.ParquetExport;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Reads exported files back and compares them with the database. */
@Command(
    name = "verify",
    description = {
      "Reads exported files back: sizes and digests against the manifest, every page's checksum, columns, all values against"
          + " the checksums in the ledger, and sampled rows against the database, bit by bit. Names what is missing,"
          + " truncated, altered, out of date or foreign, and records what is right in _bqx/verified.json, which the"
          + " termination of a worker asks for.",
    },
    footer = {
      "",
      "Examples:",
      "  bqx export verify --embedded ./db --to ./features",
      "  bqx export verify --embedded ./db --to s3://bucket/features --sample 1000",
      "",
      "Exit codes: 0 every file is right and there is no other, 1 one is not, 2 bad usage."
    })
final class ExportVerifyCommand implements Callable<Integer> {

  @Spec private CommandSpec command;
  @Mixin private DatabaseOptions database;
  @Mixin private DestinationOptions destination;
  @Mixin private ExportScopeOptions scope;

  @Option(
      names = "--sample",
      paramLabel = "N",
      defaultValue = "100",
      description =
          "Rows of each file that are compared with the database; ${DEFAULT-VALUE} if not given.")
  private int sample;

  @Override
  public Integer call() {
    database.check();
    destination.check();
    scope.check();
    if (sample < 2) {
      throw new ParameterException(
          command.commandLine(),
          String.format(Locale.ROOT, "--sample is %d; it must be 2 or more", sample));
    }
    Console console = new Console(command);
    Interruption interruption = new Interruption(console.err());
    try (Database open = database.open(interruption);
        ExportDestination to = destination.open()) {
      interruption.cancelBy(Thread.currentThread()::interrupt);
      ExportVerification verification =
          scope
              .applyTo(ParquetExport.on(open.dataSource()).schema(open.schema()).to(to))
              .sampledRows(sample)
              .listener(new ExportProgress(console.err(), "verified"))
              .verify();
      console.print(ExportText.lines(verification));
      return verification.exitCode();
    }
  }
}
