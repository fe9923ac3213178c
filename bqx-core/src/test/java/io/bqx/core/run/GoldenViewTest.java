package io.bqx.core.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.bqx.core.catalog.FeatureView;
import io.bqx.core.catalog.Layout;
import io.bqx.core.run.PartitionOutcome.State;
import io.bqx.core.validation.ValidationReport;
import io.bqx.features.CurrencyPair;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The golden vectors again, read through the views of the shared layout. */
class GoldenViewTest {

  @Test
  void whatTheViewsShowAgreesWithTheGoldenVectors() throws Exception {
    try (GoldenMarket market = GoldenMarket.load()) {
      String[] stages = {"1.5", "2.12", "2.14", "2.3", "2.4", "2.16B"};
      RunReport report = market.job().stages(stages).layout(Layout.SHARED).workers(2).run();
      ValidationReport validation = market.job().stages(stages).validate();

      assertThat(report.counts()).containsOnly(Map.entry(State.DONE, 2L * (28 + 1)));
      assertThat(validation.failures()).isEmpty();
      for (String pair : List.of("audcad", "eurusd", "usdjpy", "cadchf", "gbpnzd", "chfjpy")) {
        FeatureView view = FeatureView.of(market.schema(), CurrencyPair.of(pair));
        market.assertAgrees(view.view(), pair, "reg_bqx", 463);
      }
    }
  }
}
