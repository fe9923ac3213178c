package io.bqx.aws.worker;

import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import software.amazon.awssdk.services.ec2.model.Instance;

/** Finds out by tags what a lost state file knew. */
final class Rediscovery {

  private Rediscovery() {}

  static WorkerState stateOf(String name, Machines machines, Instant now) {
    WorkerState state = WorkerState.empty(name);
    List<Instance> oldestFirst =
        machines.instancesOf(name).stream()
            .sorted(Comparator.comparing(Instance::launchTime))
            .toList();
    for (Instance instance : oldestFirst) {
      Machine machine = Machine.of(instance);
      Attempt found =
          new Attempt(
                  machine.attempt(),
                  Attempt.Phase.LAUNCHED,
                  instance.clientToken() == null ? "" : instance.clientToken(),
                  machine.market(),
                  machine.instanceType(),
                  machine.subnet(),
                  machine.image(),
                  Optional.empty(),
                  Optional.empty(),
                  Optional.empty(),
                  machine.launched(),
                  Optional.empty(),
                  Optional.empty())
              .launchedAs(machine);
      state = state.with(machine.isAlive() ? found : found.endedAt(now));
    }
    return state;
  }
}
