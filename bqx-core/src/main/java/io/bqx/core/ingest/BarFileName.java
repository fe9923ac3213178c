package io.bqx.core.ingest;

import io.bqx.features.CurrencyPair;
import io.bqx.features.Universe;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;

/** What a file's name says: whether it holds bars, and of which pair. */
final class BarFileName {

  private BarFileName() {}

  /**
   * Whether a folder's import takes the file: names that end in {@code .csv} or {@code .csv.gz}, in
   * either case.
   */
  static boolean isBarFile(Path file) {
    String name = file.getFileName().toString();
    return !name.startsWith(".") && name.matches("(?i).+\\.csv(\\.gz)?");
  }

  /**
   * The pair that the name holds as six letters between other characters: {@code eurusd.csv.gz},
   * {@code DAT_ASCII_EURUSD_M1_2014.csv}.
   *
   * @throws BadLineException if the name holds none of the universe's pairs, or several
   */
  static CurrencyPair pair(Path file, Universe universe) throws BadLineException {
    String name = Objects.toString(file.getFileName(), "");
    List<CurrencyPair> named =
        Arrays.stream(name.split("[^A-Za-z]+"))
            .filter(word -> word.length() == 6)
            .filter(word -> !word.substring(0, 3).equalsIgnoreCase(word.substring(3)))
            .map(CurrencyPair::of)
            .distinct()
            .toList();
    List<CurrencyPair> known = named.stream().filter(universe::contains).toList();
    if (known.size() == 1) {
      return known.get(0);
    }
    if (known.size() > 1) {
      throw new BadLineException(
          String.format(
              Locale.ROOT, "the file name holds several pairs: %s; give the pair", known));
    }
    if (named.isEmpty()) {
      throw new BadLineException(
          "the file name holds no currency pair such as eurusd; give the pair");
    }
    throw unknown(named.get(0), universe);
  }

  /** The refusal of a pair that the universe does not quote. */
  static BadLineException unknown(CurrencyPair pair, Universe universe) {
    return new BadLineException(
        universe.contains(pair.inverse())
            ? String.format(
                Locale.ROOT, "unknown pair %s: the universe quotes it as %s", pair, pair.inverse())
            : String.format(
                Locale.ROOT, "unknown pair %s: the universe quotes %s", pair, universe.pairs()));
  }
}
