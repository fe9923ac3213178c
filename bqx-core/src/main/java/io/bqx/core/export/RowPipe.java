package io.bqx.core.export;

import io.bqx.core.CancelledException;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

/**
 * A few blocks of rows that go round between the thread that reads the database and the one that
 * encodes, so that both are at work at the same time.
 */
final class RowPipe {

  /**
   * More than the rows of a page, at whose end the encoder compresses the page of every column: the
   * reader goes on meanwhile, and the encoder has something to do afterwards.
   */
  private static final int BLOCKS = 12;

  private final BlockingQueue<RowBlock> empty = new ArrayBlockingQueue<>(BLOCKS + 1);
  private final BlockingQueue<RowBlock> full = new ArrayBlockingQueue<>(BLOCKS + 1);
  private final RowBlock end = new RowBlock(0);
  private final int valueColumns;
  private int made;
  private volatile boolean stopped;

  RowPipe(int valueColumns) {
    this.valueColumns = valueColumns;
  }

  /**
   * For the reader: an empty block to be filled.
   *
   * @throws CancelledException if nobody wants more rows
   */
  RowBlock blockToFill() {
    RowBlock block = empty.poll();
    if (block == null) {
      block = made++ < BLOCKS ? new RowBlock(valueColumns) : take(empty);
    }
    if (stopped) {
      throw new CancelledException("The rows that were being read are not wanted any more");
    }
    block.clear();
    return block;
  }

  /** For the reader: a block is filled. */
  void filled(RowBlock block) {
    full.add(block);
  }

  /** For the reader: there are no more rows, for whatever reason. */
  void end() {
    full.add(end);
  }

  /** For the encoder: the next rows; a block without any after the last ones. */
  RowBlock next() {
    return take(full);
  }

  /** For the encoder: the rows of a block have been used. */
  void used(RowBlock block) {
    empty.add(block);
  }

  /** For the encoder: wants no more rows. */
  void stop() {
    stopped = true;
    empty.offer(end);
  }

  private static RowBlock take(BlockingQueue<RowBlock> queue) {
    try {
      return queue.take();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancelledException("Interrupted while rows were exported", e);
    }
  }
}
