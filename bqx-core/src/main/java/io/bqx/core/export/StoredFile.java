package io.bqx.core.export;

import java.util.Map;
import java.util.Objects;

/**
 * A file at a destination.
 *
 * @param name its relative name
 * @param bytes its size
 * @param attributes what was put with it; empty where the destination keeps no attributes, or does
 *     not tell them for this question
 */
public record StoredFile(String name, long bytes, Map<String, String> attributes) {

  /** Takes a copy of the attributes. */
  public StoredFile {
    Objects.requireNonNull(name, "name");
    attributes = Map.copyOf(attributes);
  }
}
