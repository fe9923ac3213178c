package io.bqx.aws.worker;

import io.bqx.aws.AwsCallException;
import io.bqx.core.BqxException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.HeadObjectRequest;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.S3Exception;

/** Puts {@code bqx.jar} where the machine will fetch it, unless it is there. */
final class JarUpload {

  /** The attribute of the object that tells what it holds. */
  private static final String SHA_256 = "bqx-sha256";

  private static final int NOT_FOUND = 404;

  private final S3Client s3;
  private final WorkerJob job;
  private final Optional<Path> jar;

  /**
   * An upload.
   *
   * @param jar the file; empty if it must be there already
   */
  JarUpload(S3Client s3, WorkerJob job, Optional<Path> jar) {
    this.s3 = s3;
    this.job = job;
    this.jar = jar;
  }

  /** The call that would be made; empty if the file is there. */
  Optional<PlannedCall> plan() {
    return jar.isPresent() && !isThere(stored())
        ? Optional.of(PlannedCall.of("s3", request()))
        : Optional.empty();
  }

  /**
   * Puts it there.
   *
   * @return what was done
   * @throws BqxException if there is no file to put there, or another one than the specification
   *     names
   */
  String upload() {
    Optional<Map<String, String>> stored = stored();
    if (jar.isEmpty()) {
      if (stored.isEmpty()) {
        throw new BqxException(
            "There is no " + job.jar() + ", and no bqx.jar was named that could be put there");
      }
      return job.jar() + " is there; the machine refuses it unless its SHA-256 is right";
    }
    requireMeant(jar.get());
    if (isThere(stored)) {
      return job.jar() + " is there already";
    }
    Calls.make(
        "Cannot put " + jar.get() + " at " + job.jar(),
        () -> s3.putObject(request(), RequestBody.fromFile(jar.get())));
    return jar.get()
        + " is at "
        + job.jar()
        + (stored.isPresent() ? ", in the place of another" : "");
  }

  private boolean isThere(Optional<Map<String, String>> stored) {
    return stored.filter(found -> job.jarSha256().equals(found.get(SHA_256))).isPresent();
  }

  private Optional<Map<String, String>> stored() {
    HeadObjectRequest request =
        HeadObjectRequest.builder().bucket(job.jar().bucket()).key(job.jar().key()).build();
    try {
      return Optional.of(
          Calls.make("Cannot look for " + job.jar(), () -> s3.headObject(request)).metadata());
    } catch (AwsCallException e) {
      if (e.getCause() instanceof S3Exception answer && answer.statusCode() == NOT_FOUND) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /** S3 compares what it gets with the checksum, and keeps no other file. */
  private PutObjectRequest request() {
    return PutObjectRequest.builder()
        .bucket(job.jar().bucket())
        .key(job.jar().key())
        .contentType("application/java-archive")
        .metadata(Map.of(SHA_256, job.jarSha256()))
        .checksumSHA256(
            Base64.getEncoder().encodeToString(HexFormat.of().parseHex(job.jarSha256())))
        .build();
  }

  private void requireMeant(Path file) {
    String found = sha256(file);
    if (!found.equals(job.jarSha256())) {
      throw new BqxException(
          String.format(
              Locale.ROOT,
              "%s is not the file that the specification means: its SHA-256 is %s, and"
                  + " job.jar-sha256 is %s. Name the right file, or correct the specification",
              file,
              found,
              job.jarSha256()));
    }
  }

  private static String sha256(Path file) {
    try (InputStream content =
        new DigestInputStream(Files.newInputStream(file), MessageDigest.getInstance("SHA-256"))) {
      content.transferTo(OutputStream.nullOutputStream());
      return HexFormat.of().formatHex(((DigestInputStream) content).getMessageDigest().digest());
    } catch (IOException e) {
      throw new BqxException("Cannot read " + file + ": " + e.getMessage(), e);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
