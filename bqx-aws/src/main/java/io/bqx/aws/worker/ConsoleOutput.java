package io.bqx.aws.worker;

import io.bqx.aws.AwsCallException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import software.amazon.awssdk.services.ec2.Ec2Client;
import software.amazon.awssdk.services.ec2.model.GetConsoleOutputRequest;

/** The last lines that a machine has printed on its console. */
final class ConsoleOutput {

  private static final int LINES = 15;

  private ConsoleOutput() {}

  /** The lines; one that says why there are none, if they cannot be had. */
  static List<String> endOf(Ec2Client ec2, String id) {
    GetConsoleOutputRequest request =
        GetConsoleOutputRequest.builder().instanceId(id).latest(true).build();
    String encoded;
    try {
      encoded =
          Calls.make("Cannot read the console of " + id, () -> ec2.getConsoleOutput(request))
              .output();
    } catch (AwsCallException e) {
      return List.of("(" + e.getMessage() + ")");
    }
    if (encoded == null || encoded.isBlank()) {
      return List.of("(the console has printed nothing yet)");
    }
    String text =
        new String(Base64.getMimeDecoder().decode(encoded), StandardCharsets.UTF_8).stripTrailing();
    List<String> lines = Arrays.asList(text.split("\\R"));
    return lines.subList(Math.max(0, lines.size() - LINES), lines.size());
  }
}
