package io.bqx.features;

import java.util.ArrayList;
import java.util.List;

/**
 * A pair with exactly one leg inside a bloc.
 *
 * @param pair its position in the universe
 * @param sign +1 if the base is inside, -1 if the quote is
 */
record BlocMember(int pair, int sign) {

  /** The members of a bloc among the pairs that are in the source. */
  static List<BlocMember> of(CurrencyGroup bloc, MarketPanel source) {
    List<BlocMember> members = new ArrayList<>();
    for (CurrencyPair pair : source.presentPairs()) {
      int sign = bloc.signOf(pair);
      if (sign != 0) {
        members.add(new BlocMember(source.universe().indexOf(pair), sign));
      }
    }
    return List.copyOf(members);
  }
}
