package io.bqx.examples;

import io.bqx.core.BqxException;
import io.bqx.core.ingest.BarFormat;
import io.bqx.core.ingest.BarImport;
import io.bqx.core.ingest.ImportReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Imports a synthetic market, by way of bar files in a temporary folder. */
final class SyntheticBars {

  private SyntheticBars() {}

  static ImportReport load(SyntheticMarket market, Database database) {
    try {
      Path folder = Files.createTempDirectory("bqx-bars-");
      try {
        try (BarFiles files = new BarFiles(folder)) {
          market.stream().forEach(month -> month.bars().forEach(files::add));
        }
        return BarImport.into(database.dataSource())
            .schema(database.schema())
            .universe(market.universe())
            .format(BarFormat.CSV)
            .folder(folder)
            .run();
      } finally {
        Directories.deleteRecursively(folder);
      }
    } catch (IOException e) {
      throw new BqxException("Cannot write synthetic bars: " + Directories.reason(e), e);
    }
  }
}
