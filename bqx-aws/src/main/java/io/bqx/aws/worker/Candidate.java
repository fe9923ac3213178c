package io.bqx.aws.worker;

import io.bqx.aws.cost.Market;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** One way to get a machine: a market, a type and a subnet. */
record Candidate(Market market, String instanceType, String subnet) {

  private static final int TOKEN_DIGITS = 40;

  /** The markets that a specification allows, in order of preference. */
  static List<Market> markets(WorkerSpec spec) {
    return spec.market() == Market.SPOT && spec.fallbackToOnDemand()
        ? List.of(Market.SPOT, Market.ON_DEMAND)
        : List.of(spec.market());
  }

  /** All ways that a specification allows, best first. */
  static List<Candidate> of(WorkerSpec spec, List<String> subnets) {
    List<Candidate> candidates = new ArrayList<>();
    for (Market market : markets(spec)) {
      for (String type : spec.instanceTypes()) {
        for (String subnet : subnets) {
          candidates.add(new Candidate(market, type, subnet));
        }
      }
    }
    return candidates;
  }

  /**
   * The client token of an attempt to get it: the same for every repetition of the request, also by
   * another process, and another one for every other request.
   */
  String token(String worker, int attempt) {
    String identity =
        String.join("|", worker, String.valueOf(attempt), market.toString(), instanceType, subnet);
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(identity.getBytes(StandardCharsets.UTF_8));
      return "bqx-" + HexFormat.of().formatHex(hash).substring(0, TOKEN_DIGITS);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java has SHA-256", e);
    }
  }

  @Override
  public String toString() {
    return market + " " + instanceType + " in " + subnet;
  }
}
