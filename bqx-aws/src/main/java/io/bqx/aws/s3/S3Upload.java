package io.bqx.aws.s3;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.http.ContentStreamProvider;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.ChecksumAlgorithm;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.CreateMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.UploadPartResponse;

/** Puts one file into a bucket: at once if it is small, else in parts. */
final class S3Upload {

  /** Above the service's least, 5 MiB, and few enough parts for any file of a month. */
  static final int PART = 8 << 20;

  private static final Logger LOG = LoggerFactory.getLogger(S3Upload.class);
  private static final String TYPE = "application/vnd.apache.parquet";
  private static final ChecksumAlgorithm CHECKSUM = ChecksumAlgorithm.CRC32_C;

  private final S3Client client;
  private final String bucket;
  private final String key;
  private final S3Encryption encryption;

  S3Upload(S3Client client, String bucket, String key, S3Encryption encryption) {
    this.client = client;
    this.bucket = bucket;
    this.key = key;
    this.encryption = encryption;
  }

  void put(Path file, Map<String, String> metadata) throws IOException {
    long size = Files.size(file);
    if (size <= PART) {
      putWhole(file, metadata);
    } else {
      putInParts(file, metadata);
    }
    long stored = client.headObject(r -> r.bucket(bucket).key(key)).contentLength();
    if (stored != size) {
      throw new IOException(
          "s3://"
              + bucket
              + "/"
              + key
              + " has "
              + stored
              + " bytes after "
              + size
              + " were written: somebody else writes it as well");
    }
  }

  private void putWhole(Path file, Map<String, String> metadata) {
    PutObjectRequest.Builder request =
        PutObjectRequest.builder()
            .bucket(bucket)
            .key(key)
            .contentType(TYPE)
            .metadata(metadata)
            .checksumAlgorithm(CHECKSUM);
    encryption.algorithm().ifPresent(request::serverSideEncryption);
    encryption.key().ifPresent(request::ssekmsKeyId);
    client.putObject(request.build(), RequestBody.fromFile(file));
  }

  private void putInParts(Path file, Map<String, String> metadata) throws IOException {
    CreateMultipartUploadRequest.Builder request =
        CreateMultipartUploadRequest.builder()
            .bucket(bucket)
            .key(key)
            .contentType(TYPE)
            .metadata(metadata)
            .checksumAlgorithm(CHECKSUM);
    encryption.algorithm().ifPresent(request::serverSideEncryption);
    encryption.key().ifPresent(request::ssekmsKeyId);
    String upload = client.createMultipartUpload(request.build()).uploadId();
    boolean complete = false;
    try {
      List<CompletedPart> parts = putParts(file, upload);
      client.completeMultipartUpload(
          r -> r.bucket(bucket).key(key).uploadId(upload).multipartUpload(m -> m.parts(parts)));
      complete = true;
    } finally {
      if (!complete) {
        abort(upload);
      }
    }
  }

  private List<CompletedPart> putParts(Path file, String upload) throws IOException {
    List<CompletedPart> parts = new ArrayList<>();
    byte[] buffer = new byte[PART];
    try (InputStream in = Files.newInputStream(file)) {
      for (int length = in.readNBytes(buffer, 0, PART);
          length > 0;
          length = in.readNBytes(buffer, 0, PART)) {
        parts.add(putPart(upload, parts.size() + 1, buffer, length));
      }
    }
    return parts;
  }

  private CompletedPart putPart(String upload, int number, byte[] buffer, int length) {
    UploadPartResponse stored =
        client.uploadPart(
            r ->
                r.bucket(bucket)
                    .key(key)
                    .uploadId(upload)
                    .partNumber(number)
                    .checksumAlgorithm(CHECKSUM),
            RequestBody.fromContentProvider(
                ContentStreamProvider.fromInputStreamSupplier(
                    () -> new ByteArrayInputStream(buffer, 0, length)),
                length,
                TYPE));
    return CompletedPart.builder()
        .partNumber(number)
        .eTag(stored.eTag())
        .checksumCRC32C(stored.checksumCRC32C())
        .build();
  }

  private void abort(String upload) {
    try {
      client.abortMultipartUpload(r -> r.bucket(bucket).key(key).uploadId(upload));
    } catch (SdkException e) {
      LOG.warn(
          "Cannot abort an upload that was given up [key={}] [upload={}]; a later export does",
          key,
          upload,
          e);
    }
  }
}
