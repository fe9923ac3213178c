package io.bqx.aws.worker;

import io.bqx.aws.AwsClients;
import io.bqx.aws.cost.CostModel;
import io.bqx.aws.cost.MachineTime;
import io.bqx.aws.cost.Market;
import io.bqx.aws.cost.PriceList;
import io.bqx.aws.cost.SpotPriceHistory;
import io.bqx.aws.cost.Usd;
import io.bqx.core.BqxException;
import java.util.Optional;

/** Tells what a machine has cost. */
public interface RunningCost {

  /**
   * What a machine has cost; empty if its price is not known.
   *
   * @param machine a machine that was launched
   * @param time its time until it ended, or until now
   */
  Optional<Usd> of(Attempt machine, MachineTime time);

  /**
   * The cost at AWS's prices: On-Demand at the list price, on the Spot market at the prices of the
   * machine's zone as they changed. Storage and traffic are not in it.
   */
  static RunningCost atPricesOf(AwsClients clients) {
    return (machine, time) -> {
      try {
        return Optional.of(
            machine.market() == Market.SPOT
                ? SpotPriceHistory.read(
                        clients.ec2(),
                        machine.instanceType(),
                        machine.zone().orElseThrow(),
                        time.started(),
                        time.ended())
                    .cost(time)
                : CostModel.onDemand(
                    time,
                    PriceList.of(clients.pricing())
                        .onDemandHour(machine.instanceType(), clients.region())));
      } catch (BqxException notKnown) {
        return Optional.empty();
      }
    };
  }
}
