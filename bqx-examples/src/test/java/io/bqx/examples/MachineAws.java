package io.bqx.examples;

import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * As much of the command {@code aws} as a worker's scripts call, for an emulator that checks no
 * signature: copies between files and S3, and tags.
 */
final class MachineAws {

  private static final String SIGNED =
      "AWS4-HMAC-SHA256 Credential=test/20250101/us-east-1/%s/aws4_request, SignedHeaders=host,"
          + " Signature=none";

  private final HttpClient http = HttpClient.newHttpClient();
  private final String endpoint = System.getenv("AWS_ENDPOINT_URL");

  private MachineAws() {}

  /** Called as {@code aws} is; ends with an error if it is asked for anything else. */
  public static void main(String[] words) throws IOException, InterruptedException {
    List<String> arguments = List.of(words);
    MachineAws aws = new MachineAws();
    String last = arguments.get(arguments.size() - 1);
    if (arguments.subList(0, 2).equals(List.of("s3", "cp"))) {
      String from = arguments.get(arguments.size() - 2);
      if (from.startsWith("s3://")) {
        aws.fetch(from, Path.of(last));
      } else {
        aws.putAll(Path.of(from), last);
      }
    } else if (arguments.subList(0, 2).equals(List.of("ec2", "create-tags"))) {
      aws.tag(
          arguments.get(arguments.indexOf("--resources") + 1),
          last.replaceFirst("Key=(.*),Value=.*", "$1"),
          last.replaceFirst(".*,Value=", ""));
    } else {
      throw new IllegalArgumentException(arguments.toString());
    }
  }

  private URI object(String address) {
    return URI.create(endpoint + "/" + address.substring("s3://".length()));
  }

  private void fetch(String address, Path file) throws IOException, InterruptedException {
    Files.write(file, send(HttpRequest.newBuilder(object(address)).GET(), "s3"));
  }

  private void putAll(Path folder, String address) throws IOException, InterruptedException {
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        BodyPublisher content = BodyPublishers.ofFile(file);
        send(HttpRequest.newBuilder(object(address + "/" + file.getFileName())).PUT(content), "s3");
      }
    }
  }

  private void tag(String resource, String key, String value)
      throws IOException, InterruptedException {
    String form =
        "Action=CreateTags&Version=2016-11-15&ResourceId.1=%s&Tag.1.Key=%s&Tag.1.Value=%s"
            .formatted(
                resource,
                URLEncoder.encode(key, StandardCharsets.UTF_8),
                URLEncoder.encode(value, StandardCharsets.UTF_8));
    send(
        HttpRequest.newBuilder(URI.create(endpoint + "/"))
            .header("Content-Type", "application/x-www-form-urlencoded")
            .POST(BodyPublishers.ofString(form)),
        "ec2");
  }

  private byte[] send(HttpRequest.Builder request, String service)
      throws IOException, InterruptedException {
    HttpResponse<byte[]> answer =
        http.send(
            request.header("Authorization", SIGNED.formatted(service)).build(),
            BodyHandlers.ofByteArray());
    if (answer.statusCode() >= 300) {
      throw new IOException(
          "HTTP status "
              + answer.statusCode()
              + ": "
              + new String(answer.body(), StandardCharsets.UTF_8));
    }
    return answer.body();
  }
}
