package io.bqx.features;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import org.junit.jupiter.api.Test;

class FeatureFrameTest {

  private static final TimeAxis AXIS = LongMarket.axis(2);
  private static final List<FeatureColumn> COLUMNS = List.of(column("one"), column("two"));

  private static FeatureColumn column(String name) {
    return FeatureColumn.ofDouble(name, "2.12", "fraction", 0);
  }

  @Test
  void isMissingEverywhereUntilAFormulaFillsIt() {
    FeatureFrame frame = FeatureFrame.allocate(AXIS, COLUMNS);
    assertThat(frame.series("two").toArray()).containsExactly(Double.NaN, Double.NaN);
    frame.unsafeColumn(1)[0] = 5;
    assertThat(frame.value("two", 0)).isEqualTo(5);
    assertThat(frame.value(1, 0)).isEqualTo(5);
    assertThat(frame.rows()).isEqualTo(2);
  }

  @Test
  void joinsColumnsOfTheSameRows() {
    FeatureFrame left = FeatureFrame.allocate(AXIS, COLUMNS);
    FeatureFrame right = FeatureFrame.allocate(AXIS, List.of(column("three")));
    FeatureFrame both = left.and(right);
    right.unsafeColumn(0)[1] = 3;
    assertThat(both.columns())
        .extracting(FeatureColumn::name)
        .containsExactly("one", "two", "three");
    assertThat(both.value("three", 1)).isEqualTo(3);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> left.and(left))
        .withMessageContaining("one");
    FeatureFrame elsewhere = FeatureFrame.allocate(LongMarket.axis(3), List.of(column("three")));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> left.and(elsewhere))
        .withMessageContaining("3 rows");
  }

  @Test
  void refusesAColumnThatItDoesNotHave() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> FeatureFrame.allocate(AXIS, COLUMNS).value("three", 0))
        .withMessageContaining("'three'");
  }

  @Test
  void formulasRefuseAFrameOfOtherColumnsOrRows() {
    Series y = Series.of(AXIS, 1, 2);
    RegressionTerms terms = RegressionTerms.of(Windows.ofDefaults());
    assertThatIllegalArgumentException()
        .isThrownBy(() -> terms.computeInto(y, FeatureFrame.allocate(AXIS, COLUMNS)))
        .withMessageContaining("other columns");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> terms.computeInto(y, FeatureFrame.allocate(LongMarket.axis(3), terms.columns())))
        .withMessageContaining("3 rows");
  }
}
