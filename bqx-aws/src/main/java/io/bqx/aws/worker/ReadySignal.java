package io.bqx.aws.worker;

import java.util.Locale;

/** How a machine makes known that its initialisation is complete. */
public enum ReadySignal {
  /** It tags itself with {@code bqx:initialised}. */
  TAG,
  /** It writes the parameter {@code /bqx/NAME/initialised} of Systems Manager. */
  SSM,
  /** It answers on a TCP port, which must be reachable from where one waits. */
  TCP;

  /** How it is written in files and texts: {@code tag}. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * The signal that is written like this.
   *
   * @throws IllegalArgumentException if there is none
   */
  public static ReadySignal named(String text) {
    for (ReadySignal signal : values()) {
      if (signal.toString().equals(text)) {
        return signal;
      }
    }
    throw new IllegalArgumentException("'" + text + "' is not a signal; write tag, ssm or tcp");
  }
}
