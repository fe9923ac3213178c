package io.bqx.aws.worker;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import software.amazon.awssdk.services.ec2.model.Filter;
import software.amazon.awssdk.services.ec2.model.ResourceType;
import software.amazon.awssdk.services.ec2.model.Tag;
import software.amazon.awssdk.services.ec2.model.TagSpecification;

/** The tags by which everything that belongs to a worker is found again. */
final class Tags {

  static final String PREFIX = "bqx:";
  static final String WORKER = PREFIX + "worker";
  static final String ATTEMPT = PREFIX + "attempt";
  static final String INITIALISED = PREFIX + "initialised";
  static final String FINAL = PREFIX + "final-snapshot-of";
  static final String RESIZE = PREFIX + "resize-snapshot-of";

  private Tags() {}

  /** The tags of everything that one attempt makes. */
  static Map<String, String> of(WorkerSpec spec, int attempt) {
    Map<String, String> tags = new LinkedHashMap<>(spec.tags());
    tags.putIfAbsent("Name", "bqx-" + spec.name());
    tags.put(WORKER, spec.name());
    tags.put(ATTEMPT, String.valueOf(attempt));
    return tags;
  }

  static List<TagSpecification> specifications(Map<String, String> tags, ResourceType... types) {
    List<Tag> all =
        tags.entrySet().stream()
            .map(tag -> Tag.builder().key(tag.getKey()).value(tag.getValue()).build())
            .toList();
    List<TagSpecification> specifications = new ArrayList<>();
    for (ResourceType type : types) {
      specifications.add(TagSpecification.builder().resourceType(type).tags(all).build());
    }
    return specifications;
  }

  static Filter filter(String tag, String value) {
    return Filter.builder().name("tag:" + tag).values(value).build();
  }

  static Optional<String> value(List<Tag> tags, String key) {
    return tags.stream().filter(tag -> tag.key().equals(key)).map(Tag::value).findFirst();
  }
}
