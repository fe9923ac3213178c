package io.bqx.aws.worker;

import io.bqx.aws.Waiting;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Keeps the state of a worker: every change is in the file before the next call of AWS. */
final class Journal {

  private static final Logger LOG = LoggerFactory.getLogger(Journal.class);

  private final StateFile file;
  private final Waiting waiting;
  private final WorkerListener listener;
  private WorkerState state;

  private Journal(StateFile file, WorkerState state, Waiting waiting, WorkerListener listener) {
    this.file = file;
    this.state = state;
    this.waiting = waiting;
    this.listener = listener;
  }

  /** The journal of a worker; if its file is lost, made anew from what the tags say. */
  static Journal open(
      String name, StateFile file, Machines machines, Waiting waiting, WorkerListener listener) {
    return file.read()
        .map(state -> new Journal(file, state, waiting, listener))
        .orElseGet(
            () -> {
              Journal journal =
                  new Journal(
                      file, Rediscovery.stateOf(name, machines, waiting.now()), waiting, listener);
              if (!journal.state.attempts().isEmpty()) {
                journal.decide(
                    "No state was found in %s; %d machines were found by their tags",
                    file.path(), journal.state.attempts().size());
              }
              return journal;
            });
  }

  WorkerState state() {
    return state;
  }

  void record(Attempt attempt) {
    save(state.with(attempt));
  }

  void record(WorkerInterruption interruption) {
    save(state.with(interruption));
  }

  void record(StepRecord step) {
    save(state.with(step));
  }

  void save(WorkerState changed) {
    state = changed;
    file.write(state);
  }

  void decide(String what, Object... arguments) {
    Decision decision = new Decision(waiting.now(), String.format(Locale.ROOT, what, arguments));
    save(state.with(decision));
    LOG.info("{}: {}", state.name(), decision.what());
    listener.decided(decision);
  }
}
