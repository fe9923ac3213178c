package io.bqx.core.export;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** What is known of the files at a destination, by what was put with them or what they say. */
final class FileFacts {

  private static final String PREFIX = "bqx.";
  private static final String SHA256 = "sha256";

  private final ExportDestination destination;
  private final ColumnarFormat format;
  private final SpoolFolder spool;
  private final Optional<ExportManifest> manifest;

  FileFacts(
      ExportDestination destination,
      ColumnarFormat format,
      SpoolFolder spool,
      Optional<ExportManifest> manifest) {
    this.destination = destination;
    this.format = format;
    this.spool = spool;
    this.manifest = manifest;
  }

  /** What a file says about itself. */
  static Map<String, String> metadata(ExportedFile file, PartitionState state) {
    Map<String, String> metadata = new LinkedHashMap<>();
    file.attributes().forEach((key, value) -> metadata.put(PREFIX + key, value));
    metadata.put(PREFIX + "runs", String.join(" ", state.runs()));
    metadata.put(PREFIX + "stages", ExportJson.stages(state));
    metadata.put(PREFIX + "columns", ExportJson.columns(state.columns()));
    return metadata;
  }

  /** The attributes in what a file says about itself. */
  static Map<String, String> attributesOf(Map<String, String> metadata) {
    Map<String, String> attributes = new LinkedHashMap<>();
    metadata.forEach(
        (key, value) -> {
          if (key.startsWith(PREFIX)) {
            attributes.put(key.substring(PREFIX.length()), value);
          }
        });
    return attributes;
  }

  /** What is kept with a file at the destination. */
  static Map<String, String> attributesToPut(ExportedFile file) {
    Map<String, String> attributes = file.attributes();
    attributes.put(SHA256, file.sha256());
    return attributes;
  }

  /** The file of that name; empty if there is none, or none that this release of bqx has made. */
  Optional<ExportedFile> find(String name) throws IOException {
    Optional<StoredFile> stored = destination.find(name);
    if (stored.isEmpty()) {
      return Optional.empty();
    }
    Map<String, String> attributes = stored.get().attributes();
    String digest = attributes.get(SHA256);
    return digest != null
        ? ExportedFile.of(attributes, stored.get().bytes(), digest)
        : look(stored.get());
  }

  private Optional<ExportedFile> look(StoredFile stored) throws IOException {
    Path copy = spool.newFile();
    try {
      Path file = destination.fetch(stored.name(), copy);
      Map<String, String> attributes;
      try (ColumnarFormat.Reader reader = format.open(file)) {
        attributes = attributesOf(reader.metadata());
      } catch (IOException e) {
        return Optional.empty();
      }
      Optional<ExportedFile> found = ExportedFile.of(attributes, stored.bytes(), "");
      return found.isEmpty()
          ? found
          : ExportedFile.of(attributes, stored.bytes(), digestOf(found.get(), file));
    } finally {
      Files.deleteIfExists(copy);
    }
  }

  private String digestOf(ExportedFile found, Path file) throws IOException {
    Optional<ExportedFile> listed =
        manifest
            .flatMap(m -> m.file(found.pair(), found.month()))
            .filter(
                entry ->
                    entry.bytes() == found.bytes()
                        && entry.crc32c() == found.crc32c()
                        && entry.source().equals(found.source()));
    return listed.isPresent() ? listed.get().sha256() : Sha256.of(file);
  }
}
