package io.bqx.core.ledger;

import java.time.Instant;
import java.util.Optional;

/**
 * What the ledger knows of one run.
 *
 * @param run its identity
 * @param description what it was asked to do
 * @param state how it ended; a run that was killed stays {@link RunState#RUNNING}
 * @param started when it began, by the database's clock
 * @param finished when it ended, by the database's clock; empty if it never said so
 * @param message what it said at its end, for people to read
 */
public record RecordedRun(
    RunId run,
    RunDescription description,
    RunState state,
    Instant started,
    Optional<Instant> finished,
    Optional<String> message) {}
