package io.bqx.aws.worker;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What is recorded of a worker: its machines so far and every decision. Immutable.
 *
 * @param name the worker's name
 * @param attempts its machines, in order
 * @param decisions what was decided, in order
 */
public record WorkerState(String name, List<Attempt> attempts, List<Decision> decisions) {

  /** Takes copies of the lists. */
  public WorkerState {
    attempts = List.copyOf(attempts);
    decisions = List.copyOf(decisions);
  }

  static WorkerState empty(String name) {
    return new WorkerState(name, List.of(), List.of());
  }

  /** The last machine, or the request for it. */
  public Optional<Attempt> last() {
    return attempts.isEmpty() ? Optional.empty() : Optional.of(attempts.get(attempts.size() - 1));
  }

  /** With this attempt in the place of the one of its number, or at the end. */
  WorkerState with(Attempt attempt) {
    List<Attempt> changed = new ArrayList<>(attempts);
    changed.removeIf(other -> other.number() == attempt.number());
    changed.add(attempt);
    return new WorkerState(name, changed, decisions);
  }

  WorkerState with(Decision decision) {
    List<Decision> changed = new ArrayList<>(decisions);
    changed.add(decision);
    return new WorkerState(name, attempts, changed);
  }

  /** With an end for every attempt but the one of this number. */
  WorkerState endingAllBut(int number, Instant at) {
    return new WorkerState(
        name,
        attempts.stream()
            .map(attempt -> attempt.number() == number ? attempt : attempt.endedAt(at))
            .toList(),
        decisions);
  }
}
