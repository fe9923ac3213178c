package io.bqx.aws.worker;

import io.bqx.aws.AwsCallException;
import io.bqx.aws.s3.S3Address;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import software.amazon.awssdk.core.ResponseBytes;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;

/** The logs that the machines of a worker have copied to S3. */
final class ShippedLogs {

  private static final String LOG = "run.log";
  private static final String END = "run.end";

  /** The last 4 KiB. */
  private static final String ENDING = "bytes=-4096";

  private final S3Client s3;
  private final S3Address folder;

  ShippedLogs(S3Client s3, WorkerSpec spec) {
    this.s3 = s3;
    this.folder = spec.job().logs().resolve(spec.name());
  }

  /** The request for the end of the run's log. */
  GetObjectRequest lookAtEnd(String machine) {
    return request(place(machine, LOG), ENDING);
  }

  /** The last lines of the run's log; empty if there is none yet. */
  List<String> lastLines(String machine, int lines) {
    return read(machine, LOG, ENDING)
        .map(text -> Arrays.asList(text.stripTrailing().split("\\R")))
        .map(all -> all.subList(Math.max(0, all.size() - lines), all.size()))
        .orElse(List.of());
  }

  /** How the run on a machine ended last; empty if it has not, as far as S3 shows. */
  Optional<JobEnd> end(String machine) {
    return read(machine, END, "bytes=0-").flatMap(JobEnd::of);
  }

  /** The gate that the log is there, and that it is complete: the run wrote down how it ended. */
  Gate.State archived(String machine) {
    if (read(machine, LOG, "bytes=0-0").isEmpty()) {
      return Gate.State.closed("there is no " + place(machine, LOG));
    }
    return read(machine, END, "bytes=0-")
        .map(end -> Gate.State.open(place(machine, END) + ": " + end.strip()))
        .orElseGet(
            () ->
                Gate.State.closed(
                    "there is no " + place(machine, END) + ": the run has not ended"));
  }

  private S3Address place(String machine, String name) {
    return folder.resolve(machine).resolve(name);
  }

  private static GetObjectRequest request(S3Address place, String range) {
    return GetObjectRequest.builder().bucket(place.bucket()).key(place.key()).range(range).build();
  }

  private Optional<String> read(String machine, String name, String range) {
    S3Address place = place(machine, name);
    GetObjectRequest request = request(place, range);
    try {
      ResponseBytes<GetObjectResponse> content =
          Calls.make("Cannot read " + place, () -> s3.getObjectAsBytes(request));
      return Optional.of(content.asString(StandardCharsets.UTF_8));
    } catch (AwsCallException e) {
      return switch (e.code()) {
        case "NoSuchKey" -> Optional.empty();
        case "InvalidRange" -> Optional.of("");
        default -> throw e;
      };
    }
  }
}
