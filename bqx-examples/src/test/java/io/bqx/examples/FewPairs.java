package io.bqx.examples;

import io.bqx.features.Currency;
import io.bqx.features.Universe;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Some of the 28 pairs, for tests of what does not depend on how many there are. */
final class FewPairs {

  /** EURJPY, EURUSD and USDJPY. */
  static final Universe THREE =
      Universe.of(
          List.of(Currency.USD, Currency.EUR, Currency.JPY),
          List.of(Currency.EUR, Currency.USD, Currency.JPY));

  /** Those and seven with GBP and AUD. */
  static final Universe TEN =
      Universe.of(
          List.of(Currency.USD, Currency.EUR, Currency.JPY, Currency.GBP, Currency.AUD),
          List.of(Currency.EUR, Currency.GBP, Currency.AUD, Currency.USD, Currency.JPY));

  private FewPairs() {}

  /** Writes a file of bars for each pair into a new folder, which is returned. */
  static Path bars(SyntheticMarket market, Path folder) {
    try (BarFiles files = new BarFiles(Files.createDirectory(folder))) {
      market.stream().forEach(month -> month.bars().forEach(files::add));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return folder;
  }
}
