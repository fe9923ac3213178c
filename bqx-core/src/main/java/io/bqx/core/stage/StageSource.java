package io.bqx.core.stage;

import io.bqx.features.FeatureFrame;
import io.bqx.features.MarketPanel;
import io.bqx.features.Series;

/**
 * What a stage is computed from. Sources of one pair are on the rows of that pair's bars; market
 * sources are on the market grid.
 *
 * @param <I> the type that the stage's formula takes
 */
public final class StageSource<I> {

  /** The rate index of the pair, in index points. */
  public static final StageSource<Series> RATE_INDEX =
      new StageSource<>("rate_index", Series.class, false);

  /** The shortest backward return of the pair, a fraction: the source of {@code reg_bqx}. */
  public static final StageSource<Series> BQX_RETURN =
      new StageSource<>("bqx_return", Series.class, false);

  /** The regression terms of the pair's shortest backward return. */
  public static final StageSource<FeatureFrame> REGRESSION_TERMS =
      new StageSource<>("regression_terms", FeatureFrame.class, false);

  /** The closes of all pairs. */
  public static final StageSource<MarketPanel> MARKET_CLOSES =
      new StageSource<>("market_closes", MarketPanel.class, true);

  /** The regression predictions over the shortest window of all pairs. */
  public static final StageSource<MarketPanel> MARKET_PREDICTIONS =
      new StageSource<>("market_predictions", MarketPanel.class, true);

  private final String name;
  private final Class<I> type;
  private final boolean market;

  private StageSource(String name, Class<I> type, boolean market) {
    this.name = name;
    this.type = type;
    this.market = market;
  }

  /** Whether the values are the same for all pairs at the same time. */
  public boolean isMarket() {
    return market;
  }

  /** The type of the values. */
  public Class<I> type() {
    return type;
  }

  /** The name of the source: {@code "market_closes"}. */
  @Override
  public String toString() {
    return name;
  }
}
