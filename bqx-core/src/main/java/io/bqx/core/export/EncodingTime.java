package io.bqx.core.export;

import java.time.Duration;

/**
 * How fast rows that are in memory become files.
 *
 * @param rows rows that were encoded
 * @param bytes bytes of the files
 * @param elapsed the time that encoding and writing took, without reading the rows
 */
public record EncodingTime(long rows, long bytes, Duration elapsed) {}
