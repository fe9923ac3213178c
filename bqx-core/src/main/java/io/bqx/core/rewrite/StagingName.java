package io.bqx.core.rewrite;

import java.util.Optional;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The name of a table that is being filled under a claim, and of what belongs to it. */
record StagingName(String table) {

  static final String PREFIX = "bqx_staging_";
  private static final int TOKEN_DIGITS = 12;
  private static final Pattern NAME =
      Pattern.compile(PREFIX + "([0-9a-f]{" + TOKEN_DIGITS + "})_.*", Pattern.DOTALL);

  static StagingName of(UUID claimToken, String partition) {
    return new StagingName(PREFIX + digitsOf(claimToken) + "_" + partition);
  }

  /** The part of a token that a staging table carries in its name. */
  static String digitsOf(UUID claimToken) {
    return claimToken.toString().replace("-", "").substring(0, TOKEN_DIGITS);
  }

  /** The part of the token in a table's name; empty if it is not the name of a staging table. */
  static Optional<String> digitsIn(String table) {
    Matcher matcher = NAME.matcher(table);
    return matcher.matches() ? Optional.of(matcher.group(1)) : Optional.empty();
  }

  String check() {
    return table + "_month";
  }

  String index(int number) {
    return table + "_i" + number;
  }
}
