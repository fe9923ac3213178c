package io.bqx.aws.worker;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * What is recorded of a worker: its machines so far, what became of them, and every decision.
 * Immutable.
 *
 * @param name the worker's name
 * @param attempts its machines, in order
 * @param interruptions the losses of machines before the job was done, in order
 * @param steps the steps of its run, in the order in which they were last begun
 * @param decisions what was decided, in order
 */
public record WorkerState(
    String name,
    List<Attempt> attempts,
    List<WorkerInterruption> interruptions,
    List<StepRecord> steps,
    List<Decision> decisions) {

  /** Takes copies of the lists. */
  public WorkerState {
    attempts = List.copyOf(attempts);
    interruptions = List.copyOf(interruptions);
    steps = List.copyOf(steps);
    decisions = List.copyOf(decisions);
  }

  static WorkerState empty(String name) {
    return new WorkerState(name, List.of(), List.of(), List.of(), List.of());
  }

  /** The last machine, or the request for it. */
  public Optional<Attempt> last() {
    return attempts.isEmpty() ? Optional.empty() : Optional.of(attempts.get(attempts.size() - 1));
  }

  /** The last attempt that brought a machine. */
  public Optional<Attempt> lastMachine() {
    return attempts.stream()
        .filter(attempt -> attempt.instance().isPresent())
        .reduce((before, after) -> after);
  }

  /** How a machine was lost; empty if it was not. */
  public Optional<WorkerInterruption> interruptionOf(Attempt machine) {
    return interruptions.stream()
        .filter(interruption -> interruption.machine() == machine.number())
        .findFirst();
  }

  /** Whether a step is complete. */
  boolean has(RunStep step) {
    return steps.stream()
        .anyMatch(record -> record.step() == step && record.finished().isPresent());
  }

  /** With this attempt in the place of the one of its number, or a new one. */
  WorkerState with(Attempt attempt) {
    List<Attempt> changed =
        replaced(attempts, other -> other.number() == attempt.number(), attempt);
    changed.sort(Comparator.comparing(Attempt::number));
    return new WorkerState(name, changed, interruptions, steps, decisions);
  }

  /** With this interruption in the place of the one of its machine, or at the end. */
  WorkerState with(WorkerInterruption interruption) {
    return new WorkerState(
        name,
        attempts,
        replaced(interruptions, other -> other.machine() == interruption.machine(), interruption),
        steps,
        decisions);
  }

  /** With this record in the place of the one of its step, or at the end. */
  WorkerState with(StepRecord step) {
    return new WorkerState(
        name,
        attempts,
        interruptions,
        replaced(steps, other -> other.step() == step.step(), step),
        decisions);
  }

  private static <T> List<T> replaced(List<T> list, Predicate<T> old, T fresh) {
    List<T> changed = new ArrayList<>(list);
    changed.removeIf(old);
    changed.add(fresh);
    return changed;
  }

  WorkerState with(Decision decision) {
    List<Decision> changed = new ArrayList<>(decisions);
    changed.add(decision);
    return new WorkerState(name, attempts, interruptions, steps, changed);
  }

  /** With an end for every attempt but the one of this number. */
  WorkerState endingAllBut(int number, Instant at) {
    return new WorkerState(
        name,
        attempts.stream()
            .map(attempt -> attempt.number() == number ? attempt : attempt.endedAt(at))
            .toList(),
        interruptions,
        steps,
        decisions);
  }
}
