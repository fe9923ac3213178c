package io.bqx.examples;

import io.bqx.core.export.DoubleEncoding;
import io.bqx.core.export.ExportDestination;
import io.bqx.core.export.ExportReport;
import io.bqx.core.export.ParquetExport;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Writes features as Parquet files. */
@Command(
    name = "export",
    subcommands = ExportVerifyCommand.class,
    description = {
      "Writes features as Parquet files, one per pair and month: pair=eurusd/month=2024-07/part-0.parquet, with the manifest"
          + " _bqx/manifest.json beside them.",
      "",
      "Stop it at any time, also with kill -9, and run it again: no half file is ever visible, and a file that holds what the"
          + " database has is not written again. 'bqx export verify' reads the files back."
    },
    footer = {
      "",
      "Examples:",
      "  bqx export --embedded ./db --to ./features",
      "  bqx export --embedded ./db --to ./features --from 2024-07 --until 2024-08 --pairs eurusd,usdjpy",
      "  bqx export --jdbc-url jdbc:postgresql://db/fx --user me --to s3://bucket/features --sse aws:kms",
      "  bqx export verify --embedded ./db --to ./features",
      "",
      "Exit codes: 0 every file is there, 1 one could not be written or the export was stopped, 2 bad usage."
    })
final class ExportCommand implements Callable<Integer> {

  @Spec private CommandSpec command;
  @Mixin private DatabaseOptions database;
  @Mixin private DestinationOptions destination;
  @Mixin private ExportScopeOptions scope;

  @Option(
      names = "--encoding",
      paramLabel = "ENCODING",
      description =
          "How doubles are laid out: byte-stream-split, which makes files a tenth smaller, or plain, which every reader knows;"
              + " ${DEFAULT-VALUE} if not given.")
  private DoubleEncoding encoding = DoubleEncoding.BYTE_STREAM_SPLIT;

  @Option(
      names = "--redo",
      description = "Write files that are there already, for example because one was altered.")
  private boolean redo;

  @Override
  public Integer call() {
    database.check();
    destination.check();
    scope.check();
    Console console = new Console(command);
    Interruption interruption = new Interruption(console.err());
    try (Database open = database.open(interruption);
        ExportDestination to = destination.open()) {
      interruption.cancelBy(Thread.currentThread()::interrupt);
      ParquetExport export =
          scope
              .applyTo(ParquetExport.on(open.dataSource()).schema(open.schema()).to(to))
              .encoding(encoding)
              .listener(new ExportProgress(console.err(), "written"));
      ExportReport report = (redo ? export.redo() : export).run();
      console.print(ExportText.lines(report, to));
      return report.exitCode();
    }
  }
}
