package io.bqx.examples;

import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.lang.management.MemoryUsage;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import javax.management.ListenerNotFoundException;
import javax.management.Notification;
import javax.management.NotificationEmitter;
import javax.management.NotificationListener;
import javax.management.openmbean.CompositeData;
import javax.management.openmbean.TabularData;

/**
 * The most bytes of heap that were in use since it was begun, garbage included.
 *
 * <p>Between collections use only grows, so it is greatest where a collection begins, or now. The
 * peaks of the heap's pools, which the JVM also tells, are of different moments: their sum can be
 * more than the heap.
 */
final class HeapPeak implements AutoCloseable, NotificationListener {

  private final List<NotificationEmitter> collectors;
  private final Set<String> pools;
  private final AtomicLong peak = new AtomicLong();

  private HeapPeak(List<NotificationEmitter> collectors, Set<String> pools) {
    this.collectors = collectors;
    this.pools = pools;
  }

  /** Begins to look at the heap. */
  static HeapPeak begin() {
    List<GarbageCollectorMXBean> beans = ManagementFactory.getGarbageCollectorMXBeans();
    HeapPeak heap =
        new HeapPeak(
            beans.stream()
                .filter(NotificationEmitter.class::isInstance)
                .map(NotificationEmitter.class::cast)
                .toList(),
            ManagementFactory.getMemoryPoolMXBeans().stream()
                .filter(pool -> pool.getType() == MemoryType.HEAP)
                .map(MemoryPoolMXBean::getName)
                .collect(Collectors.toUnmodifiableSet()));
    heap.collectors.forEach(collector -> collector.addNotificationListener(heap, null, null));
    return heap;
  }

  @Override
  public void handleNotification(Notification notification, Object handback) {
    if (notification.getUserData() instanceof CompositeData collection
        && collection.get("gcInfo") instanceof CompositeData details
        && details.get("memoryUsageBeforeGc") instanceof TabularData before) {
      see(
          before.values().stream()
              .map(CompositeData.class::cast)
              .filter(pool -> pools.contains((String) pool.get("key")))
              .mapToLong(pool -> MemoryUsage.from((CompositeData) pool.get("value")).getUsed())
              .sum());
    }
  }

  private void see(long used) {
    peak.accumulateAndGet(used, Math::max);
  }

  /** The most bytes so far. */
  long bytes() {
    see(ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed());
    return peak.get();
  }

  @Override
  public void close() {
    for (NotificationEmitter collector : collectors) {
      try {
        collector.removeNotificationListener(this);
      } catch (ListenerNotFoundException e) {
        throw new IllegalStateException("The listener was added by begin()", e);
      }
    }
  }
}
