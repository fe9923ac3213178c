package io.bqx.core.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.bqx.core.copy.RowEncoder;
import io.bqx.core.stage.Stage;
import io.bqx.core.stage.Stages;
import io.bqx.features.FeatureColumn;
import io.bqx.features.FeatureFrame;
import io.bqx.features.FeatureType;
import io.bqx.features.TimeAxis;
import io.bqx.features.Universe;
import io.bqx.features.Windows;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;

/** What a block knows beforehand is what looking at the rows of a pair would tell. */
class MarketBlockProperties {

  private static final int FROM = 7;
  private static final List<FeatureColumn> COLUMNS =
      List.of(
          column("price", FeatureType.DOUBLE),
          column("open", FeatureType.BOOLEAN),
          column("count", FeatureType.SMALLINT),
          column("change", FeatureType.DOUBLE),
          column("share", FeatureType.DOUBLE));
  private static final Stage<?> STAGE =
      Stages.builtIn(Universe.g8(), Windows.ofDefaults(), 0.02, 0).all().get(0);

  @Property(tries = 200)
  void statisticsAndChecksumAreThoseOfTheRowsThatAPairTakes(
      @ForAll long seed,
      @ForAll @IntRange(min = 8, max = 120) int rows,
      @ForAll @IntRange(min = 1, max = 130) int rowsPerPiece,
      @ForAll @DoubleRange(min = 0, max = 1) double missing,
      @ForAll @DoubleRange(min = 0, max = 1) double absent) {
    FeatureFrame frame = frame(new Random(seed), rows, missing);
    Random random = new Random(~seed);
    int[] taken =
        IntStream.range(FROM, rows).filter(row -> random.nextDouble() >= absent).toArray();

    MarketBlock block;
    try (Workers workers = new Workers(2)) {
      block = MarketBlock.encode(frame, FROM, "own", rowsPerPiece, workers);
    }

    ColumnStatistics direct = ColumnStatistics.of(frame, taken, taken.length);
    assertThat(block.statistics(taken, taken.length)).isEqualTo(direct);

    Segment.Computed spliced = Segment.ofMarket(STAGE, block);
    Segment.Computed encoded = Segment.ofPair(STAGE, frame);
    RowEncoder splicedBytes = new RowEncoder(64);
    RowEncoder encodedBytes = new RowEncoder(64);
    for (int row : taken) {
      spliced.append(frame.axis().epochMicros(row), null, splicedBytes);
      encoded.append(frame.axis().epochMicros(row), null, encodedBytes);
    }
    assertThat(spliced.crc()).isEqualTo(encoded.crc());
    assertThat(Arrays.copyOf(splicedBytes.array(), splicedBytes.length()))
        .isEqualTo(Arrays.copyOf(encodedBytes.array(), encodedBytes.length()));
    assertThat(spliced.statistics()).isEqualTo(direct);
  }

  /** Values with repeated extremes in some columns and single ones in others. */
  private static FeatureFrame frame(Random random, int rows, double missing) {
    TimeAxis minutes =
        TimeAxis.of(LongStream.range(0, rows).map(row -> row * 60_000_000).toArray());
    FeatureFrame frame = FeatureFrame.allocate(minutes, COLUMNS);
    for (int c = 0; c < COLUMNS.size(); c++) {
      double[] values = frame.unsafeColumn(c);
      for (int row = 0; row < rows; row++) {
        double value =
            switch (COLUMNS.get(c).type()) {
              case BOOLEAN -> random.nextInt(2);
              case SMALLINT -> random.nextInt(5) - 2;
              default -> 100 + random.nextGaussian();
            };
        values[row] = random.nextDouble() < missing ? Double.NaN : value;
      }
    }
    return frame;
  }

  private static FeatureColumn column(String name, FeatureType type) {
    return new FeatureColumn(name, type, "own", "", 0);
  }
}
