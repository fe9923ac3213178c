package io.bqx.examples;

import java.net.InetAddress;
import java.util.Locale;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The options that say whether and where metrics are served. */
final class MetricsOptions {

  private static final int HIGHEST_PORT = 65_535;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Option(
      names = "--metrics-port",
      paramLabel = "PORT",
      description =
          "Serve metrics for Prometheus at http://ADDRESS:PORT/metrics during the run; 0 takes a free port. Not served if"
              + " not given.")
  private Integer port;

  @Option(
      names = "--metrics-address",
      paramLabel = "ADDRESS",
      description =
          "With --metrics-port: the address to listen at. If not given, the loopback address, which only this machine"
              + " reaches; whoever reaches another one can read the metrics.")
  private InetAddress address;

  /**
   * Checks the values.
   *
   * @throws ParameterException if the port is none or an address has no port
   */
  void check() {
    if (port != null && (port < 0 || port > HIGHEST_PORT)) {
      throw badUsage("--metrics-port is %d; it must be from 0 to %d", port, HIGHEST_PORT);
    }
    if (port == null && address != null) {
      throw badUsage("--metrics-address goes with --metrics-port");
    }
  }

  /** Starts to serve, if a port was given. */
  Optional<MetricsServer> start() {
    return Optional.ofNullable(port)
        .map(
            at ->
                MetricsServer.start(
                    address == null ? InetAddress.getLoopbackAddress() : address, at));
  }

  private ParameterException badUsage(String message, Object... arguments) {
    return new ParameterException(
        command.commandLine(), String.format(Locale.ROOT, message, arguments));
  }
}
