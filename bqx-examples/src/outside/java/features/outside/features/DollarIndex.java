package outside.features;

import io.bqx.features.CurrencyPair;
import io.bqx.features.FeatureEngine;
import io.bqx.features.FeatureFrame;
import io.bqx.features.MarketPanel;
import io.bqx.features.Series;
import io.bqx.features.TimeAxis;
import io.bqx.features.Universe;
import java.util.Map;
import java.util.stream.LongStream;

/** Computes the dollar's index of a market of two pairs. */
public final class DollarIndex {

  private DollarIndex() {}

  /** Prints the index, and which modules computed it. */
  public static void main(String[] arguments) {
    TimeAxis minutes = TimeAxis.of(LongStream.range(0, 6).map(m -> m * 60_000_000).toArray());
    Series eurusd = Series.of(minutes, 1, 1.25, 1, 1.25, 2, 1);
    Series usdjpy = Series.of(minutes, 100, 125, 100, 80, 100, 125);
    FeatureFrame indices =
        FeatureEngine.forUniverse(Universe.g8())
            .windows(3)
            .bqxWindows(2)
            .currencyIndices()
            .compute(
                MarketPanel.align(
                    Universe.g8(),
                    Map.of(CurrencyPair.of("eurusd"), eurusd, CurrencyPair.of("usdjpy"), usdjpy)));
    System.out.println("usd_basket_index = " + indices.value("usd_basket_index", 5));
    System.out.println(
        "modules: "
            + DollarIndex.class.getModule().getName()
            + ", "
            + FeatureEngine.class.getModule().getName());
  }
}
