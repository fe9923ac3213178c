package io.bqx.examples;

import io.bqx.aws.worker.SupervisionPolicy;
import java.time.Duration;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The options that say how a run on a rented machine is watched. */
final class SupervisionOptions {

  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Option(
      names = "--relaunches",
      paramLabel = "N",
      description =
          "How many machines may follow the first one when they are lost; 5 if not given.")
  private Integer relaunches;

  @Option(
      names = "--ready-within",
      paramLabel = "MINUTES",
      description = "How long a machine may take to become ready; 20 if not given.")
  private Integer readyWithin;

  @Option(
      names = "--hung-after",
      paramLabel = "MINUTES",
      description =
          "After how much silence of its job a machine that runs is replaced; 15 if not given. Longer than the job takes to"
              + " find out what is due.")
  private Integer hungAfter;

  @Option(
      names = "--give-up-after",
      paramLabel = "MINUTES",
      description =
          "How long to watch in all; the maximum run time of the specification if not given.")
  private Integer giveUpAfter;

  /**
   * The policy; what was not given is as usual.
   *
   * @throws ParameterException if a number cannot be right
   */
  SupervisionPolicy policy() {
    SupervisionPolicy policy = SupervisionPolicy.ofDefaults();
    try {
      if (relaunches != null) {
        policy = policy.relaunches(relaunches);
      }
      if (readyWithin != null) {
        policy = policy.readyWithin(minutes("--ready-within", readyWithin));
      }
      if (hungAfter != null) {
        policy = policy.hungAfter(minutes("--hung-after", hungAfter));
      }
      return giveUpAfter == null ? policy : policy.bound(minutes("--give-up-after", giveUpAfter));
    } catch (IllegalArgumentException e) {
      throw new ParameterException(command.commandLine(), "--" + e.getMessage());
    }
  }

  private Duration minutes(String option, int number) {
    if (number < 1) {
      throw new ParameterException(
          command.commandLine(), option + " is " + number + "; it must be 1 minute or more");
    }
    return Duration.ofMinutes(number);
  }
}
