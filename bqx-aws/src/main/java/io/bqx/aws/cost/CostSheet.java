package io.bqx.aws.cost;

import java.util.List;
import java.util.Objects;

/**
 * What one way of doing something costs, line by line.
 *
 * @param name the way: {@code temporary worker}
 * @param items the lines
 */
public record CostSheet(String name, List<CostItem> items) {

  /** Takes a copy of the lines. */
  public CostSheet {
    Objects.requireNonNull(name, "name");
    items = List.copyOf(items);
  }

  /** The sum of the lines, each rounded to cents. */
  public Usd total() {
    return items.stream().map(CostItem::amount).reduce(Usd.ZERO, Usd::plus).rounded();
  }
}
