package io.bqx.core.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.bqx.features.CurrencyPair;
import io.bqx.features.Universe;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Mutated files of bars are read exactly or refused with file, line and reason.
 *
 * <p>The system properties {@code bqx.fuzz.files} and {@code bqx.fuzz.seed} say how many files and
 * which is the first; a failure names the seed of its file.
 */
class BarFileFuzzTest {

  private static final Logger LOG = LoggerFactory.getLogger(BarFileFuzzTest.class);
  private static final Instant NOW = Instant.parse("2024-08-01T12:00:00Z");
  private static final int LONGEST_MESSAGE = 16_000;
  private static final Duration LONGEST_READING = Duration.ofMinutes(2);

  @TempDir private Path folder;

  private static int files() {
    return Integer.getInteger("bqx.fuzz.files", 2_000);
  }

  @Test
  void everyMutatedFileIsReadExactlyOrRefusedWithItsBadLines() throws IOException {
    long first = Long.getLong("bqx.fuzz.seed", 1);
    Set<String> mutations = new TreeSet<>();
    int read = 0;
    for (int n = 0; n < files(); n++) {
      long seed = first + n;
      MutatedBarFile file = MutatedBarFile.of(seed);
      boolean accepted =
          assertTimeoutPreemptively(
              LONGEST_READING, () -> check(seed, file), () -> describe(seed, file));
      read += accepted ? 1 : 0;
      mutations.addAll(file.mutations());
    }
    int refused = files() - read;
    LOG.info(
        "{} mutated files from seed {}: {} read exactly, {} refused",
        files(),
        first,
        read,
        refused);
    if (files() >= 1000) {
      assertThat(read).isGreaterThan(files() / 5);
      assertThat(refused).isGreaterThan(files() / 5);
      assertThat(mutations).hasSize(44);
    }
  }

  private boolean check(long seed, MutatedBarFile mutated) throws IOException {
    Path file = Files.write(folder.resolve("eurusd.csv"), mutated.bytes());
    StrictBarReading.Expectation expected =
        new StrictBarReading(mutated.format(), mutated.zone(), NOW).of(mutated.bytes());
    BarFileReader reader =
        BarFileReader.of(mutated.format(), Universe.g8()).clock(Clock.fixed(NOW, ZoneOffset.UTC));
    reader = mutated.zone() == null ? reader : reader.zone(mutated.zone());
    try {
      List<String> bars = BarFiles.lines(reader.read(file, CurrencyPair.of("eurusd")));
      assertThat(Optional.of(bars)).as(() -> describe(seed, mutated)).isEqualTo(expected.bars());
      return true;
    } catch (BarFileException refusal) {
      assertThat(expected.bars())
          .as(() -> describe(seed, mutated) + "\n" + refusal.getMessage())
          .isEmpty();
      assertNames(seed, mutated, refusal, expected.badLines());
      return false;
    } catch (RuntimeException | StackOverflowError | OutOfMemoryError e) {
      return fail(describe(seed, mutated), e);
    }
  }

  private static void assertNames(
      long seed,
      MutatedBarFile mutated,
      BarFileException refusal,
      Optional<TreeSet<Long>> badLines) {
    List<Long> named = refusal.problems().stream().map(BarFileException.Problem::line).toList();
    assertThat(refusal.getMessage())
        .as(() -> describe(seed, mutated))
        .contains("eurusd.csv", refusal.problems().get(0).reason())
        .hasSizeLessThan(LONGEST_MESSAGE)
        .matches(message -> message.chars().noneMatch(c -> c < ' ' && c != '\n'));
    // Without a zone the first local time ends the reading.
    if (badLines.isPresent() && mutated.zone() == null && mutated.format() == BarFormat.CSV) {
      assertThat(badLines.get()).as(() -> describe(seed, mutated)).containsAll(named);
    } else if (badLines.isPresent()) {
      assertThat(named)
          .as(() -> describe(seed, mutated) + "\n" + refusal.getMessage())
          .containsExactlyElementsOf(badLines.get());
    }
  }

  private static String describe(long seed, MutatedBarFile file) {
    byte[] shown = Arrays.copyOf(file.bytes(), Math.min(file.bytes().length, 3000));
    return String.format(
        Locale.ROOT,
        "seed %d, %s in zone %s, %s:%n%s",
        seed,
        file.format().id(),
        file.zone(),
        file.mutations(),
        new String(shown, StandardCharsets.ISO_8859_1));
  }
}
