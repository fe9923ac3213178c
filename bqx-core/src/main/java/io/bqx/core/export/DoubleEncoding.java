package io.bqx.core.export;

import java.util.Arrays;
import java.util.Locale;

/** How a Parquet file lays out the bytes of doubles before they are compressed. */
public enum DoubleEncoding {
  /**
   * The first bytes of all values, then all second bytes, and so on ({@code BYTE_STREAM_SPLIT}).
   * Files are about a tenth smaller, and not every reader knows it: Spark's vectorized reader long
   * did not.
   */
  BYTE_STREAM_SPLIT,
  /** Value after value, which every reader knows. */
  PLAIN;

  /**
   * The encoding with the given name.
   *
   * @throws IllegalArgumentException if there is none; the message lists the encodings
   */
  public static DoubleEncoding named(String name) {
    return Arrays.stream(values())
        .filter(encoding -> encoding.toString().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "There is no encoding '"
                        + name
                        + "'; the encodings are "
                        + BYTE_STREAM_SPLIT
                        + " and "
                        + PLAIN));
  }

  /** The name in lower case with dashes: {@code "byte-stream-split"}. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
