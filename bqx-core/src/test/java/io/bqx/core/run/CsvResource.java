package io.bqx.core.run;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.zip.GZIPInputStream;

/** A gzipped CSV file of the test class path, split at its commas. */
record CsvResource(List<String> header, List<List<String>> rows) {

  static CsvResource read(String name) {
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(
                new GZIPInputStream(
                    Objects.requireNonNull(CsvResource.class.getResourceAsStream(name), name)),
                StandardCharsets.UTF_8))) {
      List<String> header = List.of(lines.readLine().split(","));
      List<List<String>> rows = new ArrayList<>();
      lines.lines().forEach(line -> rows.add(List.of(line.split(",", -1))));
      return new CsvResource(header, rows);
    } catch (IOException e) {
      throw new UncheckedIOException(name, e);
    }
  }
}
