package io.bqx.core.run;

import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What a run is doing when an event of an {@link ObservedDatabase} comes, or a statement runs. */
enum RunMoment {
  COPY_OUT("^copy-out|^COPY \\("),
  COPY_IN("^copy-in|^COPY \""),
  COMMIT("^(before|after) commit of alter table .* drop constraint"),
  RELEASE("ledger_claims.*\"finished\" = |ledger_claims\" set \"state\""),
  HEARTBEAT("update .*ledger_claims\" set \"heartbeat\""),
  CLAIM("ledger_claims"),
  RECORD("ledger_partitions"),
  STAGING("bqx_staging(?!.*(attach|rename|drop constraint))"),
  SWAP("lock table|drop table|rename|attach partition|drop constraint"),
  OTHER("");

  private final Pattern events;

  RunMoment(String events) {
    this.events = Pattern.compile(events);
  }

  /** The pattern of its events, and of some of the moments before it in this list. */
  String pattern() {
    return events.pattern();
  }

  static RunMoment of(String event) {
    return Stream.of(values())
        .filter(moment -> moment.events.matcher(event).find())
        .findFirst()
        .orElseThrow();
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }
}
