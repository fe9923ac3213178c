package io.bqx.aws.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bqx.aws.cost.Market;
import io.bqx.aws.s3.S3Address;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WorkerSpecTest {

  @Test
  void whatIsNotSaidHasTheUsualValue() {
    WorkerSpec spec = TestSpecs.builder("phase2").build();

    assertThat(spec.instanceTypes()).containsExactly("c7i.8xlarge");
    assertThat(spec.market()).isEqualTo(Market.SPOT);
    assertThat(spec.maxPrice()).isEmpty();
    assertThat(spec.fallbackToOnDemand()).isTrue();
    assertThat(spec.image()).startsWith("/aws/service/ami-amazon-linux-latest/al2023");
    assertThat(spec.maxRunTime()).isEqualTo(Duration.ofHours(48));
    assertThat(spec.readySignal()).isEqualTo(ReadySignal.TAG);
    assertThat(spec.rootVolumeGigabytes()).isEqualTo(30);
  }

  @Test
  void aBuilderThatGoesOnDoesNotChangeWhatItHasBuilt() {
    WorkerSpec.Builder builder = TestSpecs.builder("phase2");
    WorkerSpec before = builder.build();
    builder.maxPrice(new BigDecimal("0.60"));

    assertThat(before.maxPrice()).isEmpty();
    assertThat(builder.build().maxPrice()).contains(new BigDecimal("0.60"));
  }

  @Test
  void aSettingIsGivenOnce() {
    assertThatThrownBy(() -> TestSpecs.builder("phase2").subnets(TestSpecs.SUBNET_A))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageStartingWith("subnets was already set to [subnet-");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "Phase2", "2phase", "phase 2", "-x", "a'b"})
  void aNameIsLowerCaseLettersDigitsAndHyphens(String name) {
    assertThatThrownBy(() -> WorkerSpec.named(name))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'" + name + "' is not a name");
  }

  @Test
  void anImpossibleValueIsRefusedWhereItIsGiven() {
    WorkerSpec.Builder spec = WorkerSpec.named("phase2");

    assertThatThrownBy(() -> spec.subnets("subnet-x"))
        .hasMessageStartingWith("subnets: 'subnet-x'");
    assertThatThrownBy(() -> spec.subnets()).hasMessageStartingWith("subnets is empty");
    assertThatThrownBy(() -> spec.image("al2023")).hasMessageStartingWith("image: 'al2023'");
    assertThatThrownBy(() -> spec.instanceTypes("huge")).hasMessageContaining("c7i.8xlarge");
    assertThatThrownBy(() -> spec.maxPrice(BigDecimal.ZERO)).hasMessageContaining("above 0 USD");
    assertThatThrownBy(() -> spec.maxRunTime(Duration.ofMinutes(1)))
        .hasMessageContaining("between 10 minutes and 60 days");
    assertThatThrownBy(() -> spec.rootVolumeGigabytes(1)).hasMessageContaining("between 8 and");
    assertThatThrownBy(() -> spec.tags(Map.of("bqx:worker", "x")))
        .hasMessageContaining("'bqx:worker' is reserved");
    assertThatThrownBy(() -> spec.sshCidr("203.0.113.7")).hasMessageContaining("203.0.113.7/32");
  }

  @Test
  void aPlaceInTheNetworkIsNeededUnlessAnotherMachineShowsIt() {
    WorkerSpec.Builder spec =
        WorkerSpec.named("phase2").instanceProfile("bqx-worker").job(TestSpecs.job());

    assertThatThrownBy(spec::build).hasMessageStartingWith("subnets is missing");
    assertThat(spec.likeInstance("i-0123456789abcdef0").build().subnets()).isEmpty();
  }

  @Test
  void aMaximumPriceContradictsTheOnDemandMarket() {
    WorkerSpec.Builder spec =
        TestSpecs.builder("phase2").market(Market.ON_DEMAND).maxPrice(BigDecimal.ONE);

    assertThatThrownBy(spec::build)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("max-price is given, but the market is on-demand");
  }

  @Test
  void aJobTakesNoPasswordAndNoTextThatIsNoChecksum() {
    S3Address place = S3Address.of("s3://bqx-example/x");

    assertThatThrownBy(
            () ->
                new WorkerJob(
                    place,
                    TestSpecs.SHA_256,
                    "jdbc:postgresql://h/d?user=u&password=geheim",
                    "s",
                    List.of(),
                    1,
                    place))
        .hasMessageContaining("holds a password")
        .hasMessageNotContaining("geheim");
    assertThatThrownBy(
            () -> new WorkerJob(place, "abc", "jdbc:postgresql://h/d", "s", List.of(), 1, place))
        .hasMessageContaining("'abc' is not a SHA-256");
    assertThatThrownBy(
            () ->
                new WorkerJob(
                    place,
                    TestSpecs.SHA_256,
                    "jdbc:postgresql://h/d",
                    "s",
                    List.of("a\nSETTINGS"),
                    1,
                    place))
        .hasMessageContaining("control character");
    assertThatThrownBy(
            () ->
                new WorkerJob(
                    S3Address.of("s3://bqx-example"),
                    TestSpecs.SHA_256,
                    "jdbc:postgresql://h/d",
                    "s",
                    List.of(),
                    1,
                    place))
        .hasMessage(
            "s3://bqx-example is a whole bucket, and not bqx.jar; write s3://BUCKET/bqx.jar");
  }
}
