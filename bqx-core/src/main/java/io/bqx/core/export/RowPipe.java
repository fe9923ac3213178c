package io.bqx.core.export;

import io.bqx.core.CancelledException;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

/**
 * A few blocks of rows that go round between the thread that reads the database and the one that
 * encodes, so that both are at work at the same time.
 */
final class RowPipe {

  private static final int BLOCKS = 4;

  private final BlockingQueue<RowBlock> empty = new ArrayBlockingQueue<>(BLOCKS + 1);
  private final BlockingQueue<RowBlock> full = new ArrayBlockingQueue<>(BLOCKS + 1);
  private final RowBlock end = new RowBlock(0);
  private volatile boolean stopped;

  RowPipe(int valueColumns) {
    for (int block = 0; block < BLOCKS; block++) {
      empty.add(new RowBlock(valueColumns));
    }
  }

  /**
   * For the reader: an empty block to be filled.
   *
   * @throws CancelledException if nobody wants more rows
   */
  RowBlock blockToFill() {
    RowBlock block = take(empty);
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
