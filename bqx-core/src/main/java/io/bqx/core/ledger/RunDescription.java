package io.bqx.core.ledger;

import io.bqx.core.catalog.Layout;
import java.nio.charset.StandardCharsets;
import java.time.YearMonth;
import java.util.List;
import java.util.Objects;
import java.util.zip.CRC32C;

/**
 * What a run was asked to do.
 *
 * @param worker who runs it, for people to read
 * @param from the first month
 * @param to the last month, included
 * @param stages the ids of the stages
 * @param parameters all parameters in their canonical text
 * @param layout where the market's columns are to be stored
 */
public record RunDescription(
    String worker,
    YearMonth from,
    YearMonth to,
    List<String> stages,
    String parameters,
    Layout layout) {

  /**
   * Copies the list.
   *
   * @throws IllegalArgumentException if {@code to} is before {@code from}
   */
  public RunDescription {
    Objects.requireNonNull(worker, "worker");
    Objects.requireNonNull(parameters, "parameters");
    Objects.requireNonNull(layout, "layout");
    stages = List.copyOf(stages);
    if (to.isBefore(from)) {
      throw new IllegalArgumentException(
          "The last month, " + to + ", is before the first, " + from);
    }
  }

  /** Begins the description of a run over the months {@code from} to {@code to}, both included. */
  public static Builder months(YearMonth from, YearMonth to) {
    return new Builder(from, to);
  }

  /** CRC32C of everything but the worker: equal for two runs that were asked to do the same. */
  public long requestCrc() {
    CRC32C crc = new CRC32C();
    crc.update(
        String.join(
                "\n",
                from.toString(),
                to.toString(),
                String.join(",", stages),
                parameters,
                layout.toString())
            .getBytes(StandardCharsets.UTF_8));
    return crc.getValue();
  }

  /** Collects what a run was asked to do. */
  public static final class Builder {

    private final YearMonth from;
    private final YearMonth to;
    private String worker = "";
    private List<String> stages = List.of();
    private String parameters = "";
    private Layout layout = Layout.WIDE;

    private Builder(YearMonth from, YearMonth to) {
      this.from = from;
      this.to = to;
    }

    /** Who runs it; empty if not called. */
    public Builder worker(String name) {
      this.worker = name;
      return this;
    }

    /** The ids of the stages; none if not called. */
    public Builder stages(List<String> ids) {
      this.stages = ids;
      return this;
    }

    /** The parameters in their canonical text; empty if not called. */
    public Builder parameters(String canonicalText) {
      this.parameters = canonicalText;
      return this;
    }

    /** Where the market's columns are to be stored; wide if not called. */
    public Builder layout(Layout wanted) {
      this.layout = wanted;
      return this;
    }

    /**
     * The description.
     *
     * @throws IllegalArgumentException if the last month is before the first
     */
    public RunDescription build() {
      return new RunDescription(worker, from, to, stages, parameters, layout);
    }
  }
}
